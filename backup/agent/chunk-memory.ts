/**
 * Chunks that were just read to be summed, until a server that lacks them asks for them: they need not be read and summed again,
 * and are what their sums say whatever becomes of the file meanwhile. They are kept where they were read to, not copied.
 */

/** Memory kept at once, bytes: what a server asks for together, and as much read ahead of that. */
const KEPT_BYTES = 56 * 1024 * 1024;

/** Bounded by KEPT_BYTES of the rooms in which chunks lie (contents.ts); the room begun longest ago goes first, with all in it. */
export class ChunkMemory {
  readonly #chunks = new Map<string, Buffer>();
  /** The sums of the chunks kept in each room, in the order in which they were begun. */
  readonly #rooms = new Map<ArrayBufferLike, Set<string>>();
  #bytes = 0;

  /** Keeps a chunk's contents, which nobody changes any more, and the room around them. */
  keep(sum: string, contents: Buffer): void {
    if (this.#chunks.has(sum)) return;
    const room = contents.buffer;
    const sums = this.#rooms.get(room) ?? this.#begin(room);
    sums.add(sum);
    this.#chunks.set(sum, contents);
  }

  /** The contents of a chunk, kept no longer; undefined for one that is not here. */
  take(sum: string): Buffer | undefined {
    const contents = this.#chunks.get(sum);
    if (!contents) return undefined;
    this.#chunks.delete(sum);
    const sums = this.#rooms.get(contents.buffer)!;
    sums.delete(sum);
    if (sums.size === 0) this.#forget(contents.buffer, sums);
    return contents;
  }

  #begin(room: ArrayBufferLike): Set<string> {
    const sums = new Set<string>();
    this.#rooms.set(room, sums);
    this.#bytes += room.byteLength;
    for (const [oldest, theirs] of this.#rooms) {
      if (this.#bytes <= KEPT_BYTES) break;
      this.#forget(oldest, theirs);
    }
    return sums;
  }

  #forget(room: ArrayBufferLike, sums: ReadonlySet<string>): void {
    for (const sum of sums) this.#chunks.delete(sum);
    this.#rooms.delete(room);
    this.#bytes -= room.byteLength;
  }
}
