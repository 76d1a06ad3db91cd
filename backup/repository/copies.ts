/**
 * The copies of each node and path: for each a list of what was in the tree, JSON lines in Zstandard frames, so that
 * `zstd -dc <file>` prints it. A file's name holds the SHA-256 of its bytes; it is there whole or not at all.
 *
 *     copies/<node and path>/source.json          which node and path
 *     copies/<node and path>/<number>.<sum>.jsonl.zst
 *     copies/<node and path>/<number>.<sum>.seen.zst    what the agent showed last, when nothing but times differed from that copy
 */

import { createHash } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../../shared/errors';
import { flushFolder } from '../../shared/flush-folder';
import { ByteSource } from '../byte-source';
import { LinesError, readLastLines, readLines } from '../lines';
import type { TreeRecord } from '../record';
import type { Copy, CopyHead, CopyLine, CopyTail, Source } from './copy';
import { CopyWriter } from './copy-writer';
import { DamageError } from './damage-error';
import { namesIn, readAt, removeTemporary, TEMPORARY, writeWhole } from './files';
import type { PackStore } from './pack-store';
import { decodeSummed, encodeSummed } from './summed';

/** What an agent showed last. */
export interface Shown {
  /** Its list's sum: an agent whose list has it need not send it. '' for none. */
  list: string;
  /** Nothing was ever seen, or nothing that can still be read. */
  isFirst: boolean;
  /** Reads them from the first on. @throws DamageError */
  records(): AsyncGenerator<TreeRecord>;
}

/** A name longer than that is cut, and told apart by a sum, bytes. */
const FOLDER_NAME_MAX = 150;
const SOURCE_FILE = 'source.json';
const NAME = /^\d+\.[0-9a-f]{64}\.jsonl\.zst$/;
const SEEN_NAME = /^\d+\.[0-9a-f]{64}\.seen\.zst$/;

export class Copies {
  readonly #folder: string;
  readonly #packs: PackStore;
  /** Files being read now: they are not removed. */
  readonly #reading = new Map<string, number>();

  constructor(folder: string, packs: PackStore) {
    this.#folder = folder;
    this.#packs = packs;
  }

  /** Removes what a crash left half written. */
  async recover(): Promise<void> {
    for (const name of await namesIn(join(this.#folder, 'copies'))) {
      await removeTemporary(join(this.#folder, 'copies', name));
    }
  }

  /** All sources of which there are, or were, copies; damaged ones as such. */
  async sources(): Promise<(Source | DamageError)[]> {
    const sources: (Source | DamageError)[] = [];
    for (const name of await namesIn(join(this.#folder, 'copies'))) {
      // A crash may have come between the folder and the file in it.
      const source = await this.#sourceIn(join('copies', name));
      if (source) sources.push(source);
      else if ((await this.#in(join('copies', name), NAME)).length > 0) {
        sources.push(new DamageError(join('copies', name, SOURCE_FILE), 'it is not what was written'));
      }
    }
    return sources;
  }

  /** The copies of a source, oldest first. */
  of(source: Source): Promise<Copy[]> {
    return this.#in(folderOf(source), NAME);
  }

  /** All lists of whatever source, also those that are no copies: each is whole, or damaged. */
  async all(): Promise<Copy[]> {
    const folders = (await namesIn(join(this.#folder, 'copies'))).map((name) => join('copies', name));
    const lists = await Promise.all(
      folders.map(async (folder) => [...(await this.#in(folder, NAME)), ...(await this.#in(folder, SEEN_NAME))]),
    );
    return lists.flat();
  }

  /** What the agent showed last, of what can be read: nothing where there is no such list. */
  async last(source: Source): Promise<Shown> {
    const list = await this.#lastWhole(source);
    if (!list) return { list: '', isFirst: true, records: none };
    // What is damaged heals by being looked at again.
    const sum = this.#packs.isWhole ? (await this.tail(list)).list : '';
    return { list: sum, isFirst: false, records: () => this.records(list) };
  }

  /** Begins a copy. @param atMs now, milliseconds since 1970 */
  async begin(source: Source, atMs: number): Promise<CopyWriter> {
    const release = this.#packs.hold();
    try {
      const folder = folderOf(source);
      const last = (await this.of(source)).at(-1);
      const number = 1 + Math.max(last?.number ?? 0, (await this.#sourceIn(folder))?.purged ?? 0);
      if (!last) await this.#writeSource(source, number - 1);
      const whole = last && !(await this.verify(last)) ? last : undefined;
      const part = join(this.#folder, folder, `${number}${TEMPORARY}`);
      const writer = new CopyWriter(
        part,
        await open(part, 'w'),
        this.#packs,
        release,
        whole && { number: whole.number, contents: (await this.tail(whole)).contents },
      );
      await writer.begin({ type: 'copy', format: 1, ...source, number, atMs });
      return writer;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** What was in the tree, in order. @throws DamageError */
  async *records(copy: Copy): AsyncGenerator<TreeRecord> {
    for await (const line of this.#read(copy)) if (line.type !== 'copy' && line.type !== 'end') yield line;
  }

  /** What a copy says of itself. @throws DamageError */
  async head(copy: Copy): Promise<CopyHead> {
    for await (const line of this.#read(copy)) if (line.type === 'copy') return line;
    throw new DamageError(copy.file, 'expected a head, got none');
  }

  /** How a copy ends. @throws DamageError */
  async tail({ file }: Copy): Promise<CopyTail> {
    const handle = await open(join(this.#folder, file), 'r');
    try {
      const lines = await readLastLines((await handle.stat()).size, (at, length) => readAt(handle, at, length));
      const tail = lines.at(-1) as CopyTail | undefined;
      if (tail?.type === 'end') return tail;
      throw new DamageError(file, 'expected an end, got none');
    } catch (error) {
      throw damageOf(file, error);
    } finally {
      await handle.close();
    }
  }

  /** Is the file what its name says? */
  async verify({ file }: Copy): Promise<DamageError | undefined> {
    const hash = createHash('sha256');
    try {
      for await (const piece of createReadStream(join(this.#folder, file))) hash.update(piece as Buffer);
    } catch (error) {
      const damage = damageOf(file, error);
      if (damage instanceof DamageError) return damage;
      throw damage;
    }
    const sum = hash.digest('hex');
    return file.includes(sum) ? undefined : new DamageError(file, `its bytes have the sum ${sum}`);
  }

  /** Removes a copy, unless somebody is reading it: gives whether. */
  async remove({ file }: Copy): Promise<boolean> {
    if (this.#reading.has(file)) return false;
    await rm(join(this.#folder, file));
    return true;
  }

  /** Removes all that is kept of a source; what numbers there were stays known. Gives how many copies. */
  async purge(source: Source): Promise<number> {
    const copies = await this.of(source);
    const last = copies.at(-1);
    if (last) await this.#writeSource(source, last.number);
    let removed = 0;
    for (const copy of copies) if (await this.remove(copy)) removed++;
    for (const seen of await this.#in(folderOf(source), SEEN_NAME)) await this.remove(seen);
    return removed;
  }

  async *#read(copy: Copy): AsyncGenerator<CopyLine> {
    const { file } = copy;
    this.#reading.set(file, (this.#reading.get(file) ?? 0) + 1);
    let pieces: ReadStream | undefined;
    try {
      // A flipped bit may leave lines that look like lines.
      const damage = await this.verify(copy);
      if (damage) throw damage;
      pieces = createReadStream(join(this.#folder, file));
      let last: CopyLine | undefined;
      for await (const line of readLines(new ByteSource(pieces))) yield (last = line as CopyLine);
      if (last?.type !== 'end') throw new DamageError(file, 'expected an end, got none');
    } catch (error) {
      throw damageOf(file, error);
    } finally {
      pieces?.destroy();
      const others = this.#reading.get(file)! - 1;
      if (others === 0) this.#reading.delete(file);
      else this.#reading.set(file, others);
    }
  }

  /** The latest list of a source that is what its name says. */
  async #lastWhole(source: Source): Promise<Copy | undefined> {
    const copies = await this.of(source);
    const seen = (await this.#in(folderOf(source), SEEN_NAME)).at(-1);
    if (seen && seen.number === copies.at(-1)?.number) copies.push(seen);
    for (const copy of copies.reverse()) if (!(await this.verify(copy))) return copy;
    return undefined;
  }

  async #in(folder: string, form: RegExp): Promise<Copy[]> {
    return (await namesIn(join(this.#folder, folder)))
      .filter((name) => form.test(name))
      .map((name) => ({ number: Number(name.split('.')[0]), file: join(folder, name) }))
      .sort((one, other) => one.number - other.number);
  }

  /** @param purged the highest number of a copy that is gone */
  async #writeSource({ node, path }: Source, purged: number): Promise<void> {
    const folder = join(this.#folder, folderOf({ node, path }));
    await mkdir(folder, { recursive: true });
    await writeWhole(join(folder, SOURCE_FILE), Buffer.from(encodeSummed({ node, path, purged })));
    await flushFolder(join(this.#folder, 'copies'));
  }

  async #sourceIn(folder: string): Promise<(Source & { purged: number }) | undefined> {
    try {
      const text = await readFile(join(this.#folder, folder, SOURCE_FILE), 'utf8');
      return decodeSummed(text) as (Source & { purged: number }) | undefined;
    } catch (error) {
      if (isSystemError(error) && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

/** Lines that are none, and files that the disk does not give back, are damaged; other errors are none of it. */
function damageOf(file: string, error: unknown): unknown {
  if (error instanceof LinesError) return new DamageError(file, error.message, { cause: error });
  if (isSystemError(error) && error.code === 'EIO') return new DamageError(file, 'it cannot be read', { cause: error });
  return error;
}

async function* none(): AsyncGenerator<TreeRecord> {}

/** A folder's name that people can read, for any node and path: what no file system minds stands as it is. */
function folderOf({ node, path }: Source): string {
  const readable = `${node},${path}`.replace(/[^A-Za-z0-9._,-]/gu, (char) =>
    [...Buffer.from(char)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  );
  if (readable.length <= FOLDER_NAME_MAX) return join('copies', readable);
  const sum = createHash('sha256')
    .update(JSON.stringify([node, path]))
    .digest('hex');
  return join('copies', `${readable.slice(0, FOLDER_NAME_MAX)}~${sum.slice(0, 16)}`);
}
