/**
 * HalfSipHash-2-4 with 64 bits of output: SipHash (Aumasson and Bernstein, 2012) on 32-bit words, which JavaScript computes
 * without big integers. Keyed, so that a peer who cannot see the key cannot make two queries collide.
 */

/** The secret of one process: two unsigned 32-bit words. */
export type HashKey = readonly [number, number];

/** Result of the last call of `halfSipHash`: two unsigned 32-bit words, kept here so that nothing is allocated per datagram. */
export const digest = { low: 0, high: 0 };

/** Hashes bytes[start, end) into `digest`. */
export function halfSipHash(key0: number, key1: number, bytes: Uint8Array, start: number, end: number): void {
  let v0 = key0 | 0;
  let v1 = (key1 ^ 0xee) | 0;
  let v2 = (0x6c796765 ^ key0) | 0;
  let v3 = (0x74656462 ^ key1) | 0;
  const length = end - start;
  const lastWord = start + (length & ~3);
  // One loop does the words, the last word with the length in its top byte, and the two finalizations.
  for (let at = start; at <= lastWord + 8; at += 4) {
    let word = 0;
    let rounds = 2;
    if (at < lastWord) {
      word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    } else if (at === lastWord) {
      word = length << 24;
      if (at + 2 < end) word |= bytes[at + 2]! << 16;
      if (at + 1 < end) word |= bytes[at + 1]! << 8;
      if (at < end) word |= bytes[at]!;
    } else {
      if (at === lastWord + 4) v2 ^= 0xee;
      else v1 ^= 0xdd;
      rounds = 4;
    }
    v3 ^= word;
    for (; rounds > 0; rounds--) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    v0 ^= word;
    if (at === lastWord + 4) digest.low = (v1 ^ v3) >>> 0;
  }
  digest.high = (v1 ^ v3) >>> 0;
}
