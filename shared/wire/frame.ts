/**
 * Frames on a stream: a length of two or four bytes (unsigned, network byte order), then that many bytes. What the bytes mean
 * is left to others.
 *
 *   0        2 or 4
 *   | length | payload ...
 */

import { WireError } from './wire-error';

export interface FrameFormat {
  /** Of the length field. */
  lengthBytes: 2 | 4;
  /** The longest payload taken or made, bytes. */
  payloadMax: number;
}

/** One frame around a payload of 1 byte or more. @throws WireError `too-long` */
export function encodeFrame(payload: Uint8Array, { lengthBytes, payloadMax }: FrameFormat): Uint8Array {
  if (payload.length > payloadMax) {
    throw new WireError('too-long', 0, `expected a payload of at most ${payloadMax} bytes, got ${payload.length}`);
  }
  const frame = Buffer.allocUnsafe(lengthBytes + payload.length);
  frame.writeUIntBE(payload.length, 0, lengthBytes);
  frame.set(payload, lengthBytes);
  return frame;
}

/** The smallest memory for a frame that has not come whole, bytes. */
const HELD_MIN = 512;

const NOTHING = new Uint8Array();

/**
 * Takes a stream in whatever pieces it comes, and gives its frames. Memory follows what came, not what a length announces: at
 * most twice that, or the last piece.
 */
export class FrameDecoder {
  readonly #format: FrameFormat;
  /** Holds what is in no frame given yet, from #start to #end. */
  #held: Uint8Array = NOTHING;
  #start = 0;
  #end = 0;
  /** Is the memory our own, or the last piece's? */
  #own = false;

  constructor(format: FrameFormat) {
    this.#format = format;
  }

  /** Bytes that came and are in no frame given yet. */
  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  /** The bytes are kept, not copied, where they hold a whole frame: they must not change. */
  push(piece: Uint8Array): void {
    if (this.pendingBytes === 0) {
      this.#held = piece;
      this.#own = false;
      this.#start = 0;
      this.#end = piece.length;
      return;
    }
    if (!this.#own || this.#end + piece.length > this.#held.length) this.#move(this.pendingBytes + piece.length);
    this.#held.set(piece, this.#end);
    this.#end += piece.length;
  }

  /**
   * The payload of the next whole frame, a view; undefined while it lacks bytes.
   * @throws WireError `frame-length` for a length of 0 or above the most that is taken; the stream cannot be read on then
   */
  next(): Uint8Array | undefined {
    const { lengthBytes, payloadMax } = this.#format;
    if (this.pendingBytes < lengthBytes) return this.#wait();
    let length = 0;
    for (let i = 0; i < lengthBytes; i++) length = length * 256 + this.#held[this.#start + i]!;
    if (length === 0 || length > payloadMax) {
      throw new WireError('frame-length', 0, `expected a length from 1 to ${payloadMax}, got ${length}`);
    }
    if (this.pendingBytes < lengthBytes + length) return this.#wait();
    const from = this.#start + lengthBytes;
    this.#start = from + length;
    const payload = this.#held.subarray(from, this.#start);
    if (this.pendingBytes === 0) this.#forget();
    return payload;
  }

  /** What came behind the frames given: for who reads the rest of the stream another way. */
  rest(): Uint8Array {
    const rest = this.#held.subarray(this.#start, this.#end);
    this.#forget();
    return rest;
  }

  /** A connection that waits for its next frame holds no memory for the last. */
  #forget(): void {
    this.#held = NOTHING;
    this.#start = this.#end = 0;
  }

  /** A piece may be a small view of a large memory: what waits moves into memory of its own. */
  #wait(): undefined {
    if (!this.#own && this.pendingBytes > 0) this.#move(this.pendingBytes);
  }

  #move(bytes: number): void {
    const memory = Buffer.allocUnsafeSlow(Math.max(HELD_MIN, 2 * bytes));
    memory.set(this.#held.subarray(this.#start, this.#end));
    this.#end -= this.#start;
    this.#start = 0;
    this.#held = memory;
    this.#own = true;
  }
}
