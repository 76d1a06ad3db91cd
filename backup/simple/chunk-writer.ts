/** Cuts contents that come as a stream into chunks, and puts those that are new into packs. */

import { CHUNK_MAX, firstCut } from '../repository/chunker';
import type { ChunkName } from '../repository/pack';
import type { PackStore } from '../repository/pack-store';
import { sumOf } from '../sum';
import { BLOCK_BYTES } from '../wire';
import { compressFrame } from '../zstd-frame';

export class ChunkWriter {
  readonly #packs: PackStore;
  /** The next block: bounded by BLOCK_BYTES and one chunk. */
  #names: ChunkName[] = [];
  #contents: Buffer[] = [];
  #bytes = 0;

  constructor(packs: PackStore) {
    this.#packs = packs;
  }

  /** The chunks of one file. */
  async cut(pieces: AsyncIterable<Buffer>): Promise<[sum: string, length: number][]> {
    const chunks: [string, number][] = [];
    let window: Buffer = Buffer.alloc(0);
    for await (const piece of pieces) {
      window = window.length === 0 ? piece : Buffer.concat([window, piece]);
      // Where a chunk ends is known when the longest would fit.
      while (window.length >= CHUNK_MAX) window = await this.#take(window, chunks);
    }
    while (window.length > 0) window = await this.#take(window, chunks);
    return chunks;
  }

  /** Puts what is left into the packs. */
  async end(): Promise<void> {
    if (this.#bytes === 0) return;
    const [names, contents] = [this.#names, Buffer.concat(this.#contents)];
    [this.#names, this.#contents, this.#bytes] = [[], [], 0];
    await this.#packs.add(names, await compressFrame(contents));
  }

  /** Takes the first chunk of the window; gives the rest. */
  async #take(window: Buffer, chunks: [string, number][]): Promise<Buffer> {
    const length = firstCut(window, 0, window.length);
    const bytes = window.subarray(0, length);
    const sum = sumOf(bytes);
    chunks.push([sum, length]);
    if (!this.#packs.has(sum) && !this.#names.some(([name]) => name === sum)) {
      this.#names.push([sum, length]);
      this.#contents.push(Buffer.from(bytes));
      this.#bytes += length;
      if (this.#bytes >= BLOCK_BYTES) await this.end();
    }
    return window.subarray(length);
  }
}
