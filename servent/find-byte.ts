/** Searches for a byte that is near: for thirty bytes a loop is faster than a call into the engine, for thousands it is not. */

/** Up to here a plain loop copies and searches faster than the engine's own functions, bytes. */
export const LOOP_MAX = 128;

/** The offset of the first such byte from `start` on, or the length. */
export function findByte(bytes: Uint8Array, byte: number, start: number): number {
  const loopEnd = Math.min(start + LOOP_MAX, bytes.length);
  for (let i = start; i < loopEnd; i++) if (bytes[i] === byte) return i;
  const found = bytes.indexOf(byte, loopEnd);
  return found < 0 ? bytes.length : found;
}
