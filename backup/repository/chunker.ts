/**
 * Content-defined chunking after FastCDC (Xia et al., USENIX ATC 2016): where a file is cut depends on the bytes near the cut
 * alone, so that an insertion moves the cuts around it and no others.
 */

/** How long the chunks of a file are, bytes, and where that makes it be cut. */
export interface ChunkLengths {
  /** No chunk but a file's last is shorter. */
  min: number;
  /** What chunks tend to be as long as. */
  normal: number;
  /** No chunk is longer. */
  max: number;
  /**
   * Bits of the rolling hash that must be zero at a cut (section 3.4 of the paper, normalized chunking of level 2): before the
   * normal length two more than log2 of it, behind it two fewer. They stand high, where the hash knows the last 32 bytes.
   */
  maskBefore: number;
  maskBehind: number;
}

/** Of files that are not long: 16, 64 and 256 KiB. Part of the repository's format, for others would store all files anew. */
export const USUAL = lengthsOf(16);
/** Of long files, lest they have so many chunks that their names need much memory: 256 KiB, 1 and 4 MiB. */
export const LONG = lengthsOf(20);
/** Files longer than that are long, bytes. One that comes to be is stored anew once, so nothing is gained by more such lengths. */
export const LONG_FROM = 8 * 1024 ** 3;

/** No chunk of any file is longer, bytes. */
export const CHUNK_MAX = LONG.max;
/** Chunks of a file: with more of them its record would be too long for a line (lines.ts). That is about 1 TiB of a long file. */
export const CHUNKS_MAX = 1_000_000;

/** A random number for each byte. Any would do, but a change makes all chunks other ones: part of the repository's format. */
const GEAR = gearOf(0x5e47_e417);

/** How long the chunks of a file are that has so many bytes when reading begins. @param longFrom LONG_FROM, but for who asks for another */
export function lengthsFor(size: number, longFrom: number): ChunkLengths {
  return size > longFrom ? LONG : USUAL;
}

/** Length of the first chunk of these bytes: all of them when they are the rest of a file. 0 for none. */
export function firstCut(bytes: Uint8Array, from: number, end: number, lengths: ChunkLengths): number {
  // `| 0`: the compiler then knows that all below are whole numbers of 32 bits. Without it cutting takes twice as long.
  const min = lengths.min | 0;
  const maskBefore = lengths.maskBefore | 0;
  const maskBehind = lengths.maskBehind | 0;
  const length = end - from;
  if (length <= min) return length;
  const normal = from + Math.min(lengths.normal, length);
  const last = from + Math.min(lengths.max, length);
  let hash = 0;
  let at = from + min;
  for (; at < normal; at++) {
    hash = ((hash << 1) + GEAR[bytes[at]!]!) | 0;
    if ((hash & maskBefore) === 0) return at + 1 - from;
  }
  for (; at < last; at++) {
    hash = ((hash << 1) + GEAR[bytes[at]!]!) | 0;
    if ((hash & maskBehind) === 0) return at + 1 - from;
  }
  return last - from;
}

/** Lengths around 2 to this power, the shortest a quarter of it and the longest four times as long. @param bits 8 to 29 */
function lengthsOf(bits: number): ChunkLengths {
  const normal = 2 ** bits;
  return {
    min: normal / 4,
    normal,
    max: normal * 4,
    maskBefore: highBits(bits + 2),
    maskBehind: highBits(bits - 2),
  };
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
