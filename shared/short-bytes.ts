/**
 * Datagrams are short, and for thirty bytes a loop is faster than a call into the engine, as a kept view is faster than a new
 * one. For thousands of bytes neither is, and the engine's own functions do the work.
 */

/** Up to here a plain loop copies and searches faster than the engine's own functions, bytes. */
const LOOP_MAX = 128;

/** The longest view kept: few datagrams are longer, and those cost more themselves. */
const KEPT_VIEW_MAX = 512;

/** Copies source[start, start + length) into target at `at`. */
export function copyBytes(source: Uint8Array, start: number, length: number, target: Uint8Array, at: number): void {
  if (length > LOOP_MAX) target.set(source.subarray(start, start + length), at);
  else for (let i = 0; i < length; i++) target[at + i] = source[start + i]!;
}

/** Copies source from `start` up to, without, the first such byte or its end into target at `at`, and tells how many bytes. */
export function copyUntil(source: Uint8Array, start: number, byte: number, target: Uint8Array, at: number): number {
  const loopEnd = Math.min(start + LOOP_MAX, source.length);
  for (let from = start, to = at; from < loopEnd; from++, to++) {
    const next = source[from]!;
    if (next === byte) return from - start;
    target[to] = next;
  }
  const length = findByte(source, byte, loopEnd) - start;
  copyBytes(source, loopEnd, start + length - loopEnd, target, at + loopEnd - start);
  return length;
}

/** The offset of the first such byte from `start` on, or the length. */
export function findByte(bytes: Uint8Array, byte: number, start: number): number {
  const loopEnd = Math.min(start + LOOP_MAX, bytes.length);
  for (let i = start; i < loopEnd; i++) if (bytes[i] === byte) return i;
  const found = bytes.indexOf(byte, loopEnd);
  return found < 0 ? bytes.length : found;
}

/** The beginnings of a run of bytes, each made once: a view costs more to make than an answer to put together. */
export class KeptViews<Bytes extends Uint8Array> {
  readonly #memory: Bytes;
  /** By length. Bounded by KEPT_VIEW_MAX. */
  readonly #views: Bytes[] = [];

  constructor(memory: Bytes) {
    this.#memory = memory;
  }

  /** The first `length` bytes. */
  first(length: number): Bytes {
    if (length > KEPT_VIEW_MAX) return this.#memory.subarray(0, length) as Bytes;
    return (this.#views[length] ??= this.#memory.subarray(0, length) as Bytes);
  }
}
