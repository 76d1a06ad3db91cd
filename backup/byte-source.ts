/** Bytes that come in pieces of any length, from a file or a peer, taken in pieces of the lengths that a format has. */

export class ByteSource {
  readonly #pieces: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  /** What came and was not taken yet. Bounded by one piece and what is asked for. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** Bytes taken so far. */
  taken = 0;

  constructor(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.#pieces = Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]();
  }

  /** The next `length` bytes; fewer only at the end. */
  async take(length: number): Promise<Buffer> {
    while (this.#waitingBytes < length) {
      const { value, done } = await this.#pieces.next();
      if (done) break;
      this.#waiting.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
      this.#waitingBytes += value.byteLength;
    }
    const all = this.#waiting.length === 1 ? this.#waiting[0]! : Buffer.concat(this.#waiting);
    const taken = all.subarray(0, length);
    this.#waiting = taken.length < all.length ? [all.subarray(length)] : [];
    this.#waitingBytes = all.length - taken.length;
    this.taken += taken.length;
    return taken;
  }

  /** Ends the source before its end. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}
