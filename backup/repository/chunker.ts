/**
 * Content-defined chunking after FastCDC (Xia et al., USENIX ATC 2016): where a file is cut depends on the bytes near the cut
 * alone, so that an insertion moves the cuts around it and no others.
 */

/** No chunk but a file's last is shorter, bytes. */
export const CHUNK_MIN = 16 * 1024;
/** What chunks tend to be as long as, bytes. */
const CHUNK_NORMAL = 64 * 1024;
/** No chunk is longer, bytes. */
export const CHUNK_MAX = 256 * 1024;

/**
 * Bits of the rolling hash that must be zero at a cut (section 3.4 of the paper, normalized chunking of level 2): before the
 * normal length two more than log2 of it, behind it two fewer. They stand high, where the hash knows the last 32 bytes.
 */
const MASK_BEFORE = highBits(18);
const MASK_BEHIND = highBits(14);

/** A random number for each byte. Any would do, but a change makes all chunks other ones: part of the repository's format. */
const GEAR = gearOf(0x5e47_e417);

/** Length of the first chunk of these bytes: all of them when they are the rest of a file. 0 for none. */
export function firstCut(bytes: Uint8Array, from: number, end: number): number {
  const length = end - from;
  if (length <= CHUNK_MIN) return length;
  const normal = from + Math.min(CHUNK_NORMAL, length);
  const last = from + Math.min(CHUNK_MAX, length);
  let hash = 0;
  let at = from + CHUNK_MIN;
  for (; at < normal; at++) {
    hash = ((hash << 1) + GEAR[bytes[at]!]!) | 0;
    if ((hash & MASK_BEFORE) === 0) return at + 1 - from;
  }
  for (; at < last; at++) {
    hash = ((hash << 1) + GEAR[bytes[at]!]!) | 0;
    if ((hash & MASK_BEHIND) === 0) return at + 1 - from;
  }
  return last - from;
}

function highBits(count: number): number {
  return (0xffff_ffff << (32 - count)) | 0;
}

/** Numbers of the splitmix32 generator. */
function gearOf(seed: number): Int32Array {
  let state = seed;
  return Int32Array.from({ length: 256 }, () => {
    state = (state + 0x9e37_79b9) | 0;
    let word = state ^ (state >>> 16);
    word = Math.imul(word, 0x21f0_aaad);
    word ^= word >>> 15;
    word = Math.imul(word, 0x735a_2d97);
    return word ^ (word >>> 15);
  });
}
