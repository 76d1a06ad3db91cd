/**
 * The folder in which a server keeps everything: packs with the chunks of files, the lists of copies, what is registered, and
 * the record of runs. README.md beside this file describes it for those who have to read it without this program.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OperatorError } from '../../shared/errors';
import { lockFolder, type Unlock } from '../../shared/folder-lock';
import type { Registration } from '../registration';
import { Copies } from './copies';
import { DamageError } from './damage-error';
import { removeTemporary, writeWhole } from './files';
import { History } from './history';
import { PackStore } from './pack-store';
import { decodeSummed, encodeSummed } from './summed';

/** What the folder says it is. A later format has another number, and is refused. */
const FORMAT = { format: 'servent-backup', version: 1 };
const FORMAT_FILE = 'format.json';
const REGISTRY_FILE = 'registry.json';

export class Repository {
  readonly folder: string;
  readonly packs: PackStore;
  readonly copies: Copies;
  readonly history: History;
  /** Damage found on opening: what it concerns counts as missing. */
  readonly damage: readonly DamageError[];
  readonly #unlock: Unlock;

  private constructor(folder: string, packs: PackStore, history: History, damage: DamageError[], unlock: Unlock) {
    this.folder = folder;
    this.packs = packs;
    this.copies = new Copies(folder, packs);
    this.history = history;
    this.damage = damage;
    this.#unlock = unlock;
  }

  /**
   * Opens a folder, or makes an empty one a repository. Held against others until `close` or the process's end.
   * @throws OperatorError `lock` when another process has it open, `file` when it is something else or cannot be used
   */
  static async open(folder: string): Promise<Repository> {
    const unlock = lockFolder(folder);
    try {
      await checkFormat(folder);
      await removeTemporary(folder);
      const damage: DamageError[] = [];
      const packs = await PackStore.open(folder, (error) => damage.push(error));
      const repository = new Repository(folder, packs, await History.open(folder), damage, unlock);
      await repository.copies.recover();
      return repository;
    } catch (error) {
      unlock();
      throw error;
    }
  }

  /** What is registered. @throws DamageError */
  async registry(): Promise<Registration[]> {
    const text = await textOf(join(this.folder, REGISTRY_FILE));
    if (text === undefined) return [];
    const registry = decodeSummed(text) as { jobs: Registration[] } | undefined;
    if (!registry) throw new DamageError(REGISTRY_FILE, 'it is not what was written');
    return registry.jobs;
  }

  async saveRegistry(jobs: readonly Registration[]): Promise<void> {
    await writeWhole(join(this.folder, REGISTRY_FILE), Buffer.from(encodeSummed({ jobs })));
  }

  async close(): Promise<void> {
    await this.packs.close();
    await this.history.close();
    this.#unlock();
  }
}

async function checkFormat(folder: string): Promise<void> {
  const path = join(folder, FORMAT_FILE);
  const wanted = encodeSummed(FORMAT);
  const text = await textOf(path);
  if (text === wanted) return;
  if (text !== undefined) {
    const found = decodeSummed(text) as typeof FORMAT | undefined;
    const got = found ? `version ${found.version} of "${found.format}"` : 'something else';
    throw new OperatorError(
      'file',
      `expected version ${FORMAT.version} of a ${FORMAT.format} in "${path}", got ${got}`,
    );
  }
  await writeWhole(path, Buffer.from(wanted));
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
