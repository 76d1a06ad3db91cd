/**
 * What is in files: cut into chunks and summed, and chunks read again to be sent. A file that changes while it is read is read
 * again, a few times; then it is kept as it was read, and marked.
 */

import { type BigIntStats, closeSync, fstatSync, readSync } from 'node:fs';
import type { FileRecord, Name } from '../record';
import { CHUNKS_MAX, type ChunkLengths, firstCut, lengthsFor } from '../repository/chunker';
import { sumOf } from '../sum';
import type { ChunkMemory } from './chunk-memory';
import { PathError, type Root } from './root';
import { fileRecordOf } from './walk';

/** A file that changes so often while it is read is kept torn. */
const TRIES = 3;
/** Read at once, bytes: many chunks, so that little is moved to the front of the next; of a long file ROOM_CHUNKS of the longest. */
const ROOM_BYTES = 2 * 1024 * 1024;
const ROOM_CHUNKS = 2;

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
  readonly #longFrom: number;
  readonly #memory: ChunkMemory | undefined;
  /** Files are read into it, one behind the other; then into another: what was read stays for who holds it. */
  #room = Buffer.alloc(0);
  /** Bytes of it that are taken. */
  #taken = 0;

  /**
   * @param longFrom longer files are cut into longer chunks, bytes
   * @param memory where what is read for a record is kept for a while
   */
  constructor(root: Root, pause: Pause, longFrom: number, memory?: ChunkMemory) {
    this.#root = root;
    this.#pause = pause;
    this.#longFrom = longFrom;
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
      const lengths = lengthsFor(Number(before.size), this.#longFrom);
      for (const { sum, bytes } of this.#cut(descriptor, lengths)) {
        if (chunks.length === CHUNKS_MAX) throw tooLong(lengths);
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
      const { size } = fileStatOf(descriptor);
      yield* this.#cut(descriptor, lengthsFor(Number(size), this.#longFrom));
    } finally {
      closeSync(descriptor);
    }
  }

  *#cut(descriptor: number, lengths: ChunkLengths): Generator<Chunk, void> {
    let from = this.#taken;
    let end = from;
    for (let ended = false; !ended || from < end; ) {
      if (!ended && end - from < lengths.max) {
        // Where a chunk ends is known when the longest would fit.
        if (this.#room.length - from < lengths.max) [from, end] = [0, this.#moveOn(from, end, lengths)];
        end += readFully(descriptor, this.#room, end);
        ended = end < this.#room.length;
      }
      if (from === end) break;
      const bytes = this.#room.subarray(from, from + firstCut(this.#room, from, end, lengths));
      from += bytes.length;
      this.#taken = from;
      yield { sum: sumOf(bytes), bytes };
    }
  }

  /** Goes on in a new room with what was not taken of the last; gives how many bytes that is. */
  #moveOn(from: number, end: number, { max }: ChunkLengths): number {
    const room = Buffer.allocUnsafeSlow(Math.max(ROOM_BYTES, ROOM_CHUNKS * max));
    this.#room.copy(room, 0, from, end);
    this.#room = room;
    return end - from;
  }
}

function tooLong({ normal }: ChunkLengths): PathError {
  return new PathError(
    `expected a file of at most ${CHUNKS_MAX} chunks of some ${normal / 1024} KiB, got a longer one`,
  );
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
