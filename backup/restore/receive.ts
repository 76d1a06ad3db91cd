/**
 * A copy as it comes from a server (send.ts says how): its records one after the other, and the chunks of the files. The server is
 * not trusted: nothing is given that does not have its sum, and memory is bounded.
 */

import { ByteSource } from '../byte-source';
import { isLines, LinesError, takeLines } from '../lines';
import type { TreeRecord } from '../record';
import { DamageError } from '../repository/damage-error';
import { lengthOf, takeBlock } from '../repository/pack';
import { sumOf } from '../sum';
import { decompressFrame } from '../zstd-frame';
import { isTreeRecord } from './record-check';
import { SENT_BLOCKS } from './send';

/** Items taken from the stream before they are asked for: their blocks are decompressed meanwhile. */
const AHEAD = 4;

type Item = { lines: unknown[] } | { chunks: Promise<Map<string, Buffer>> };

export class ReceivedCopy {
  readonly #source: ByteSource;
  readonly #ahead: Promise<Item | undefined>[] = [];
  /** One item is taken at a time. */
  #taking: Promise<unknown> = Promise.resolve();
  /** The chunks of the last blocks. Bounded by SENT_BLOCKS. */
  readonly #blocks: Map<string, Buffer>[] = [];

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#source = new ByteSource(bytes);
  }

  /** The records in the order in which they came. @throws LinesError for a stream that is cut off or no copy */
  async *records(): AsyncGenerator<TreeRecord, void> {
    try {
      for (let entries = 0; ; ) {
        const item = await this.#next();
        if (!item) throw new LinesError(`expected the whole copy, got ${entries} entries of it`);
        if (!('lines' in item)) {
          await this.#remember(item.chunks);
          continue;
        }
        for (const line of item.lines) {
          if (isEnd(line, entries)) return;
          if (!isTreeRecord(line)) throw new LinesError('expected a record of a tree, got something else');
          entries++;
          yield line;
        }
      }
    } finally {
      await this.#source.close();
    }
  }

  /** A chunk of the file whose record came last; chunks are asked for in their order. @throws DamageError when it does not come whole */
  async read(sum: string): Promise<Buffer> {
    for (;;) {
      const block = this.#blocks.find((chunks) => chunks.has(sum));
      if (block) return wholeChunk(block.get(sum)!, sum);
      const item = await this.#peek();
      if (!item || 'lines' in item) throw new DamageError('the copy', `chunk ${sum} did not come`);
      await this.#next();
      await this.#remember(item.chunks);
    }
  }

  async #remember(coming: Promise<Map<string, Buffer>>): Promise<void> {
    this.#blocks.push(await coming);
    if (this.#blocks.length > SENT_BLOCKS) this.#blocks.shift();
  }

  #peek(): Promise<Item | undefined> {
    while (this.#ahead.length < AHEAD) {
      const item = this.#taking.then(() => this.#take());
      // Told where it is awaited.
      item.catch(() => undefined);
      this.#taking = item;
      this.#ahead.push(item);
    }
    return this.#ahead[0]!;
  }

  #next(): Promise<Item | undefined> {
    const item = this.#peek();
    this.#ahead.shift();
    return item;
  }

  async #take(): Promise<Item | undefined> {
    const begin = await this.#source.take(8);
    if (begin.length === 0) return undefined;
    if (isLines(begin)) return { lines: await takeLines(begin, this.#source) };
    const { chunks, frame } = await takeBlock(begin, this.#source);
    return { chunks: contentsOf(chunks, frame) };
  }
}

function isEnd(line: unknown, entries: number): boolean {
  const { type, entries: all } = (line ?? {}) as { type?: unknown; entries?: unknown };
  if (type !== 'end') return false;
  if (all === entries) return true;
  throw new LinesError(`expected ${String(all)} entries, got ${entries}`);
}

/** What a block says it holds, unchecked; empty chunks where it does not. */
async function contentsOf(
  chunks: readonly (readonly [sum: string, length: number])[],
  frame: Buffer,
): Promise<Map<string, Buffer>> {
  const contents = await decompressFrame(frame, lengthOf(chunks)).catch(() => Buffer.alloc(0));
  let at = 0;
  return new Map(chunks.map(([sum, length]) => [sum, contents.subarray(at, (at += length))]));
}

function wholeChunk(chunk: Buffer, sum: string): Buffer {
  if (sumOf(chunk) === sum) return chunk;
  throw new DamageError('the repository', `chunk ${sum} is not what it was`);
}
