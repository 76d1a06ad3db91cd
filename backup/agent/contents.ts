/**
 * What is in files: cut into chunks and summed, and chunks read again to be sent. A file that changes while it is read is read
 * again, a few times; then it is kept as it was read, and marked.
 */

import { type BigIntStats, closeSync, fstatSync, readSync } from 'node:fs';
import type { FileRecord, Name } from '../record';
import { CHUNK_MAX, firstCut } from '../repository/chunker';
import { sumOf } from '../sum';
import type { ChunkMemory } from './chunk-memory';
import { PathError, type Root } from './root';
import { fileRecordOf } from './walk';

/** A file that changes so often while it is read is kept torn. */
const TRIES = 3;
/** Chunks of a file: of a longer one the record would be too long for a line (lines.ts). About 60 GiB. */
const CHUNKS_MAX = 1_000_000;
/** Read at once, bytes: many chunks, so that little is moved to the front of the next. */
const ROOM_BYTES = 8 * CHUNK_MAX;

/** Called now and then while a file is read: gives others their turn. */
export type Pause = () => Promise<void>;

/** A whole chunk of a file. */
export interface Chunk {
  sum: string;
  bytes: Buffer;
}

/** Reads one file at a time. */
export class ContentReader {
  readonly #root: Root;
  readonly #pause: Pause;
  readonly #memory: ChunkMemory | undefined;
  /** Files are read into it, one behind the other; then into another: what was read stays for who holds it. */
  #room = Buffer.alloc(0);
  /** Bytes of it that are taken. */
  #taken = 0;

  /** @param memory where what is read for a record is kept for a while */
  constructor(root: Root, pause: Pause, memory?: ChunkMemory) {
    this.#root = root;
    this.#pause = pause;
    this.#memory = memory;
  }

  /** A file's record with its chunks. @throws PathError, or the system's error */
  async record(path: Name): Promise<FileRecord> {
    for (let attempt = 1; ; attempt++) {
      const { record, isTorn } = await this.#read(path);
      if (!isTorn) return record;
      if (attempt === TRIES) return { ...record, torn: true };
    }
  }

  async #read(path: Name): Promise<{ record: FileRecord; isTorn: boolean }> {
    const descriptor = this.#root.open(path);
    try {
      const before = fileStatOf(descriptor);
      const chunks: [string, number][] = [];
      let size = 0;
      let sincePause = 0;
      for (const { sum, bytes } of this.#cut(descriptor)) {
        if (chunks.length === CHUNKS_MAX)
          throw new PathError(`expected a file of at most ${CHUNKS_MAX} chunks, some 60 GiB, got a longer one`);
        chunks.push([sum, bytes.length]);
        this.#memory?.keep(sum, bytes);
        size += bytes.length;
        sincePause += bytes.length;
        if (sincePause < ROOM_BYTES) continue;
        sincePause = 0;
        await this.#pause();
      }
      const after = fileStatOf(descriptor);
      return { record: { ...fileRecordOf(path, after), size, chunks }, isTorn: !isSame(before, after) };
    } finally {
      closeSync(descriptor);
    }
  }

  /** A file's chunks, one after the other. @throws PathError, or the system's error */
  *chunks(path: Name): Generator<Chunk, void> {
    const descriptor = this.#root.open(path);
    try {
      fileStatOf(descriptor);
      yield* this.#cut(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  *#cut(descriptor: number): Generator<Chunk, void> {
    let from = this.#taken;
    let end = from;
    for (let ended = false; !ended || from < end; ) {
      if (!ended && end - from < CHUNK_MAX) {
        // Where a chunk ends is known when the longest would fit.
        if (this.#room.length - from < CHUNK_MAX) [from, end] = [0, this.#moveOn(from, end)];
        end += readFully(descriptor, this.#room, end);
        ended = end < this.#room.length;
      }
      if (from === end) break;
      const bytes = this.#room.subarray(from, from + firstCut(this.#room, from, end));
      from += bytes.length;
      this.#taken = from;
      yield { sum: sumOf(bytes), bytes };
    }
  }

  /** Goes on in a new room with what was not taken of the last; gives how many bytes that is. */
  #moveOn(from: number, end: number): number {
    const room = Buffer.allocUnsafeSlow(ROOM_BYTES);
    this.#room.copy(room, 0, from, end);
    this.#room = room;
    return end - from;
  }
}

/** What the system says of an open file. @throws PathError when it is no file */
function fileStatOf(descriptor: number): BigIntStats {
  const stat = fstatSync(descriptor, { bigint: true });
  if (stat.isFile()) return stat;
  throw new PathError('expected a file, got something else: it changed meanwhile');
}

/** Reads until the room is full or the file ends; gives how many bytes. */
function readFully(descriptor: number, room: Buffer, at: number): number {
  let got = 0;
  while (at + got < room.length) {
    const count = readSync(descriptor, room, at + got, room.length - at - got, null);
    if (count === 0) break;
    got += count;
  }
  return got;
}

function isSame(before: BigIntStats, after: BigIntStats): boolean {
  return before.size === after.size && before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs;
}
