/**
 * Chunks that were just read to be summed, until a server that lacks them asks for them: they need not be read and summed again,
 * and are what their sums say whatever becomes of the file meanwhile.
 */

import { LRUCache } from 'lru-cache';

/** Contents kept at once, bytes: what a server asks for together, and as much read ahead of that. */
const KEPT_BYTES = 48 * 1024 * 1024;

/** Bounded by KEPT_BYTES; those asked for longest ago go first. */
export class ChunkMemory {
  readonly #chunks = new LRUCache<string, Buffer>({
    maxSize: KEPT_BYTES,
    sizeCalculation: ({ length }) => length + 1,
  });

  /** Keeps a copy of a chunk's contents. */
  keep(sum: string, contents: Buffer): void {
    if (!this.#chunks.has(sum)) this.#chunks.set(sum, Buffer.from(contents));
  }

  /** The contents of a chunk, kept no longer; undefined for one that is not here. */
  take(sum: string): Buffer | undefined {
    const contents = this.#chunks.get(sum);
    this.#chunks.delete(sum);
    return contents;
  }
}
