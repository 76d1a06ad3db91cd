/**
 * The copies of each node and path: for each a list of what was in the tree, JSON lines in Zstandard frames, so that
 * `zstd -dc <file>` prints it. A file's name holds the SHA-256 of its bytes; it is there whole or not at all.
 *
 *     copies/<node and path>/source.json          which node and path
 *     copies/<node and path>/<number>.<sum>.jsonl.zst
 */

import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ByteSource } from '../byte-source';
import { LinesError, LineWriter, readLines } from '../lines';
import type { TreeRecord } from '../record';
import { DamageError } from './damage-error';
import { flushFolder, namesIn, putInPlace, removeTemporary, TEMPORARY, writeWhole } from './files';

/** What is fetched from where. */
export interface Source {
  /** `host:port` of the agent. */
  node: string;
  /** Below the agent's root. */
  path: string;
}

/** A copy that is kept. */
export interface Copy {
  /** Grows with each copy of a source; never used again. */
  number: number;
  /** From the repository's folder. */
  file: string;
}

/** What a copy's first line says. */
export interface CopyHead extends Source {
  format: 1;
  number: number;
  /** When it was begun, milliseconds since 1970. */
  atMs: number;
}

/** What a copy's last line says. */
export interface CopyTail {
  type: 'end';
  /** Files, folders, links. */
  entries: number;
  /** Of all files, whether they were new or not. */
  bytes: number;
  /** Things that could not be read: their paths stand in the history. */
  problems: number;
}

/** A name longer than that is cut, and told apart by a sum, bytes. */
const FOLDER_NAME_MAX = 150;
export class Copies {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Removes what a crash left half written. */
  async recover(): Promise<void> {
    for (const name of await namesIn(join(this.#folder, 'copies'))) {
      await removeTemporary(join(this.#folder, 'copies', name));
    }
  }

  /** All sources of which there are, or were, copies. */
  async sources(): Promise<Source[]> {
    const names = await namesIn(join(this.#folder, 'copies'));
    return Promise.all(
      names.map(async (name) => {
        const file = join('copies', name, 'source.json');
        try {
          return JSON.parse(await readFile(join(this.#folder, file), 'utf8')) as Source;
        } catch (cause) {
          throw new DamageError(file, 'expected {"node", "path"}', { cause });
        }
      }),
    );
  }

  /** The copies of a source, oldest first. */
  async of(source: Source): Promise<Copy[]> {
    const folder = folderOf(source);
    return (await namesIn(join(this.#folder, folder)))
      .filter((name) => NAME.test(name))
      .map((name) => ({ number: Number(name.split('.')[0]), file: join(folder, name) }))
      .sort((one, other) => one.number - other.number);
  }

  /** Begins a copy; `number` must be higher than any before. */
  async begin(head: CopyHead): Promise<CopyWriter> {
    const folder = join(this.#folder, folderOf(head));
    if (await mkdir(folder, { recursive: true })) {
      await writeWhole(join(folder, 'source.json'), Buffer.from(JSON.stringify({ node: head.node, path: head.path })));
      await flushFolder(join(this.#folder, 'copies'));
    }
    const writer = new CopyWriter(folder, head.number, await open(join(folder, `${head.number}${TEMPORARY}`), 'w'));
    await writer.add(head);
    return writer;
  }

  /** The lines of a copy, first to last. @throws DamageError */
  async *read({ file }: Copy): AsyncGenerator<CopyHead | TreeRecord | CopyTail> {
    let last: unknown;
    try {
      for await (const line of readLines(new ByteSource(createReadStream(join(this.#folder, file))))) {
        yield (last = line) as CopyHead | TreeRecord | CopyTail;
      }
    } catch (cause) {
      if (!(cause instanceof LinesError)) throw cause;
      throw new DamageError(file, cause.message, { cause });
    }
    if ((last as CopyTail | undefined)?.type !== 'end') throw new DamageError(file, 'expected an end, got none');
  }

  /** Is the file what its name says? */
  async verify({ file }: Copy): Promise<DamageError | undefined> {
    const sum = createHash('sha256')
      .update(await readFile(join(this.#folder, file)))
      .digest('hex');
    return file.includes(sum) ? undefined : new DamageError(file, `its bytes have the sum ${sum}`);
  }

  async remove({ file }: Copy): Promise<void> {
    await rm(join(this.#folder, file));
  }
}

const NAME = /^\d+\.[0-9a-f]{64}\.jsonl\.zst$/;

/** A copy being made: not there for anybody until `finish`. Memory does not grow with it. */
export class CopyWriter {
  readonly #folder: string;
  readonly #number: number;
  readonly #handle: FileHandle;
  readonly #hash: Hash = createHash('sha256');
  readonly #lines = new LineWriter();

  constructor(folder: string, number: number, handle: FileHandle) {
    this.#folder = folder;
    this.#number = number;
    this.#handle = handle;
  }

  async add(line: CopyHead | TreeRecord | CopyTail): Promise<void> {
    const frame = this.#lines.add(line);
    if (frame) await this.#write(await frame);
  }

  /** Makes it a copy. What its chunks lie in must be durable by then. */
  async finish(tail: CopyTail): Promise<void> {
    await this.add(tail);
    await this.#write(await this.#lines.end());
    await this.#handle.sync();
    await this.#handle.close();
    const name = `${this.#number}.${this.#hash.digest('hex')}.jsonl.zst`;
    await putInPlace(join(this.#folder, `${this.#number}${TEMPORARY}`), join(this.#folder, name));
  }

  /** Throws it away. */
  async abandon(): Promise<void> {
    await this.#handle.close();
    await rm(join(this.#folder, `${this.#number}${TEMPORARY}`));
  }

  async #write(bytes: Buffer): Promise<void> {
    this.#hash.update(bytes);
    await this.#handle.appendFile(bytes);
  }
}

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
