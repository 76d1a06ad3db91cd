/** Cuts contents that come as a stream into chunks, and puts those that are new into packs. */

import { CHUNKS_MAX, type ChunkLengths, firstCut, LONG_FROM, lengthsFor } from '../repository/chunker';
import type { ChunkName } from '../repository/pack';
import type { PackStore } from '../repository/pack-store';
import { AgentError } from '../server/agent-error';
import { sumOf } from '../sum';
import { BLOCK_BYTES } from '../wire';
import { compressFrame } from '../zstd-frame';

/** What has come is cut when it is so many times the longest chunk: less of it is moved to the front then than is cut. */
const ROOM_CHUNKS = 2;

export class ChunkWriter {
  readonly #packs: PackStore;
  /** What has come and was not cut yet stands at its front. */
  #room = Buffer.alloc(0);
  /** The next block: bounded by BLOCK_BYTES and one chunk. */
  #names: ChunkName[] = [];
  #contents: Buffer[] = [];
  #bytes = 0;

  constructor(packs: PackStore) {
    this.#packs = packs;
  }

  /** The chunks of one file that is so long, bytes. @throws AgentError for one of more than CHUNKS_MAX chunks */
  async cut(pieces: AsyncIterable<Buffer>, size: number): Promise<[sum: string, length: number][]> {
    const lengths = lengthsFor(size, LONG_FROM);
    if (this.#room.length < ROOM_CHUNKS * lengths.max) this.#room = Buffer.alloc(ROOM_CHUNKS * lengths.max);
    const chunks: [string, number][] = [];
    let end = 0;
    for await (const piece of pieces) {
      for (let at = 0; at < piece.length; ) {
        const count = piece.copy(this.#room, end, at);
        [at, end] = [at + count, end + count];
        // Where a chunk ends is known when the longest would fit.
        if (end === this.#room.length) end = await this.#take(end, lengths.max, lengths, chunks);
      }
    }
    await this.#take(end, 1, lengths, chunks);
    return chunks;
  }

  /** Puts what is left into the packs. */
  async end(): Promise<void> {
    if (this.#bytes === 0) return;
    const [names, contents] = [this.#names, Buffer.concat(this.#contents)];
    [this.#names, this.#contents, this.#bytes] = [[], [], 0];
    await this.#packs.add(names, await compressFrame(contents));
  }

  /** Takes chunks from the room's front while at least so many bytes stand there; gives how many are left. */
  async #take(end: number, least: number, lengths: ChunkLengths, chunks: [string, number][]): Promise<number> {
    let from = 0;
    while (end - from >= least) {
      if (chunks.length === CHUNKS_MAX)
        throw new AgentError(`expected files of at most ${CHUNKS_MAX} chunks, got a longer one`);
      const length = firstCut(this.#room, from, end, lengths);
      await this.#put(this.#room.subarray(from, from + length), chunks);
      from += length;
    }
    this.#room.copyWithin(0, from, end);
    return end - from;
  }

  async #put(bytes: Buffer, chunks: [string, number][]): Promise<void> {
    const sum = sumOf(bytes);
    chunks.push([sum, bytes.length]);
    if (this.#packs.has(sum) || this.#names.some(([name]) => name === sum)) return;
    this.#names.push([sum, bytes.length]);
    this.#contents.push(Buffer.from(bytes));
    this.#bytes += bytes.length;
    if (this.#bytes >= BLOCK_BYTES) await this.end();
  }
}
