/** A copy being made: not there for anybody until `finish`, and none at all when nothing has changed. Memory does not grow with it. */

import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LineWriter } from '../lines';
import type { TreeRecord } from '../record';
import type { CopyHead, CopyLine, CopyTail } from './copy';
import { namesIn, putInPlace } from './files';
import type { PackStore, Release } from './pack-store';

/** How a copy that was made, or was not needed, ends. */
export interface Finished {
  /** Its number; undefined where nothing but times has changed since the last copy. */
  copy: number | undefined;
  entries: number;
  /** Of all files. */
  bytes: number;
}

export class CopyWriter {
  readonly #part: string;
  readonly #handle: FileHandle;
  readonly #packs: PackStore;
  readonly #release: Release;
  readonly #last: { number: number; contents: string } | undefined;
  readonly #file: Hash = createHash('sha256');
  readonly #contents: Hash = createHash('sha256');
  readonly #lines = new LineWriter();
  #number = 0;
  #entries = 0;
  #bytes = 0;

  /** @param last the last copy, if it is whole */
  constructor(
    part: string,
    handle: FileHandle,
    packs: PackStore,
    release: Release,
    last: { number: number; contents: string } | undefined,
  ) {
    this.#part = part;
    this.#handle = handle;
    this.#packs = packs;
    this.#release = release;
    this.#last = last;
  }

  /** Of the tree so far: files, folders and links, and bytes of files. */
  get progress(): { entries: number; bytes: number } {
    return { entries: this.#entries, bytes: this.#bytes };
  }

  async begin(head: CopyHead): Promise<void> {
    this.#number = head.number;
    await this.#add(head);
  }

  async add(record: TreeRecord): Promise<void> {
    this.#entries++;
    if (record.type === 'file') this.#bytes += record.size;
    this.#contents.update(`${JSON.stringify(whatMatters(record))}\n`);
    await this.#add(record);
  }

  /**
   * Makes it a copy, durable with all its chunks; or, where it is the same as the last one, what was seen last.
   * @param list sum of the agent's list; '' when the next run shall look again
   */
  async finish({ list, problems }: Pick<CopyTail, 'list' | 'problems'>): Promise<Finished> {
    const [entries, bytes] = [this.#entries, this.#bytes];
    const tail: CopyTail = { type: 'end', entries, bytes, problems, list, contents: this.#contents.digest('hex') };
    // In a frame of its own, so that it can be read without the others.
    await this.#write(await this.#lines.end());
    await this.#add(tail);
    await this.#write(await this.#lines.end());
    await this.#handle.sync();
    await this.#packs.seal();
    const isNew = this.#last?.contents !== tail.contents;
    const number = isNew ? this.#number : this.#last!.number;
    const folder = dirname(this.#part);
    const name = `${number}.${this.#file.digest('hex')}.${isNew ? 'jsonl' : 'seen'}.zst`;
    await putInPlace(this.#part, join(folder, name));
    await this.#handle.close();
    for (const other of await namesIn(folder)) {
      if (other.endsWith('.seen.zst') && other !== name) await rm(join(folder, other));
    }
    this.#release();
    return { copy: isNew ? number : undefined, entries, bytes };
  }

  /** Throws it away. */
  async abandon(): Promise<void> {
    this.#release();
    await this.#handle.close();
    await rm(this.#part, { force: true });
  }

  async #add(line: CopyLine): Promise<void> {
    const frame = this.#lines.add(line);
    if (frame) await this.#write(await frame);
  }

  async #write(bytes: Buffer): Promise<void> {
    this.#file.update(bytes);
    await this.#handle.appendFile(bytes);
  }
}

/** All but times, and what only tells where something lies on its disk. */
function whatMatters(record: TreeRecord): unknown[] {
  const { type, path } = record;
  if (type === 'hardlink') return [type, path, record.of];
  const { mode, uid, gid } = record;
  if (type === 'folder') return [type, path, mode, uid, gid];
  if (type === 'link') return [type, path, mode, uid, gid, record.target];
  return [type, path, mode, uid, gid, record.size, record.chunks];
}
