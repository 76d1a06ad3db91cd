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
/** Chunks of a file: of a longer one the record would be too long for a line. About 60 GiB. */
const CHUNKS_MAX = 1_000_000;
/** Read at once, bytes: many chunks, so that little is moved to the front. */
const WINDOW = 8 * CHUNK_MAX;

/** Called now and then while a file is read: gives others their turn. */
export type Pause = () => Promise<void>;

/** A whole chunk of a file, its bytes lent until the next one is taken. */
export interface Chunk {
  sum: string;
  bytes: Buffer;
}

/** One reader's memory. */
export class ContentReader {
  readonly #root: Root;
  readonly #pause: Pause;
  readonly #memory: ChunkMemory | undefined;
  /** Readers take turns with it, chunk by chunk: it must not be shared. */
  readonly #window = Buffer.allocUnsafe(WINDOW);

  /** @param memory where what is read for a record is kept for a while */
  constructor(root: Root, pause: Pause, memory?: ChunkMemory) {
    this.#root = root;
    this.#pause = pause;
    this.#memory = memory;
  }

  /** A file's record with its chunks. @throws PathError, or the system's error */
  async record(path: Name): Promise<FileRecord> {
    for (let attempt = 1; ; attempt++) {
      const chunks: [string, number][] = [];
      const reading = this.chunks(path);
      let next = await reading.next();
      for (; !next.done; next = await reading.next()) {
        if (chunks.length === CHUNKS_MAX)
          throw new PathError(`expected a file of at most ${CHUNKS_MAX} chunks, got more`);
        const { sum, bytes } = next.value;
        chunks.push([sum, bytes.length]);
        this.#memory?.keep(sum, bytes);
      }
      const { before, after } = next.value;
      const record: FileRecord = {
        ...fileRecordOf(path, after),
        size: chunks.reduce((sum, [, bytes]) => sum + bytes, 0),
        chunks,
      };
      if (isSame(before, after)) return record;
      if (attempt === TRIES) return { ...record, torn: true };
    }
  }

  /** A file's chunks, one after the other; at the end what the system said of it before and after. */
  async *chunks(path: Name): AsyncGenerator<Chunk, { before: BigIntStats; after: BigIntStats }> {
    const descriptor = this.#root.open(path);
    try {
      const before = fstatSync(descriptor, { bigint: true });
      if (!before.isFile()) throw new PathError('expected a file, got something else: it changed meanwhile');
      yield* this.#cut(descriptor);
      return { before, after: fstatSync(descriptor, { bigint: true }) };
    } finally {
      closeSync(descriptor);
    }
  }

  async *#cut(descriptor: number): AsyncGenerator<Chunk, void> {
    const window = this.#window;
    let from = 0;
    let end = 0;
    for (let ended = false; !ended || from < end; ) {
      if (!ended && end - from < CHUNK_MAX) {
        window.copyWithin(0, from, end);
        end -= from;
        from = 0;
        const got = readFully(descriptor, window, end);
        end += got;
        ended = end < WINDOW;
        if (!ended) await this.#pause();
      }
      if (from === end) return;
      const bytes = window.subarray(from, from + firstCut(window, from, end));
      from += bytes.length;
      yield { sum: sumOf(bytes), bytes };
    }
  }
}

/** Reads until the window is full or the file ends; gives how many bytes. */
function readFully(descriptor: number, window: Buffer, at: number): number {
  let got = 0;
  while (at + got < window.length) {
    const count = readSync(descriptor, window, at + got, window.length - at - got, null);
    if (count === 0) break;
    got += count;
  }
  return got;
}

function isSame(before: BigIntStats, after: BigIntStats): boolean {
  return before.size === after.size && before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs;
}
