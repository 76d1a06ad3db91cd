/**
 * Of a chunk that has changed only the parts that did: after rsync (Tridgell, 1999). Who has the old bytes, the base, tells sums of
 * its blocks; who has the new ones finds those blocks in them, wherever they stand now, and tells a recipe: which blocks of the base
 * to take, and what bytes between them. Sums are short, so a recipe may be wrong: what it makes must be checked.
 */

import { LONG, USUAL } from './repository/chunker';

/** No base is longer than so many of the longest chunks of the file's kind. */
const BASE_CHUNKS = 4;
/** No block but a base's last is shorter, bytes. */
const BLOCK_MIN = 64;
/** Characters of a block's sum, 6 bits each: about one recipe in a thousand is wrong. */
const SUM_LENGTH = 5;
/** Of a chunk that only long files have: it has so many places at which one of so many blocks may seem to stand. */
const LONG_SUM_LENGTH = 7;
/**
 * A change costs about one block of bytes that stay as they were, half of that when it is compressed, and the base's sums are
 * 3.75 bytes each when they are: both together are least where a block's square is so many times the base.
 */
const BLOCK_FACTOR = 8;

const PRIME = 0x0100_0193;
/** The first 30 bits of a sum are made with PRIME, those of a longer one behind them with this. */
const MORE_PRIME = 0x27d4_eb2f;
const FIRST_BITS = 2 ** 30;
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/**
 * How to make a chunk: so many new bytes, then which block of the base is the first to be taken and how many of them, and so on;
 * last so many new bytes.
 */
export type Recipe = number[];

/** The blocks of a base that is so long, bytes: how long they are, and how many. The last may be shorter. */
function blocksOf(baseLength: number): { length: number; count: number } {
  const length = Math.max(BLOCK_MIN, Math.ceil(Math.sqrt(BLOCK_FACTOR * baseLength)));
  return { length, count: Math.ceil(baseLength / length) };
}

/** How long the base of a chunk that is so long may be, bytes: 1 MiB of a usual one, 16 MiB of one that only long files have. */
export function baseMaxOf(chunkLength: number): number {
  return BASE_CHUNKS * (isLong(chunkLength) ? LONG : USUAL).max;
}

/** The sums of a base's blocks, one behind the other, for a chunk that is so long, bytes. */
export function blockSumsOf(base: Uint8Array, chunkLength: number): string {
  const { length } = blocksOf(base.length);
  const digits = sumLengthOf(chunkLength);
  let sums = '';
  for (let at = 0; at < base.length; at += length) {
    sums += textOf(sumAt(base, at, Math.min(at + length, base.length), digits), digits);
  }
  return sums;
}

/** Are these as many sums as a base of this length has, for a chunk of this length? */
export function areBlockSums(sums: string, baseLength: number, chunkLength: number): boolean {
  return sums.length === blocksOf(baseLength).count * sumLengthOf(chunkLength);
}

function sumLengthOf(chunkLength: number): number {
  return isLong(chunkLength) ? LONG_SUM_LENGTH : SUM_LENGTH;
}

/** Have only long files chunks of this length? */
function isLong(chunkLength: number): boolean {
  return chunkLength > USUAL.max;
}

/** How to make these bytes from a base, of which the sums are known; and what of them is new. */
export function recipeOf(bytes: Uint8Array, baseLength: number, sums: string): { recipe: Recipe; fresh: Uint8Array[] } {
  const base = new Base(baseLength, sums, sumLengthOf(bytes.length));
  const recipe: Recipe = [];
  const fresh: Uint8Array[] = [];
  let at = 0;
  let count = 0;
  for (let next = base.find(bytes, 0, 0); next; next = base.find(bytes, at, next.block + 1)) {
    // A block that follows the one before, in both, lengthens what is taken.
    if (count > 0 && next.at === at && next.block === recipe.at(-2)! + count) recipe[recipe.length - 1] = ++count;
    else {
      recipe.push(next.at - at, next.block, (count = 1));
      fresh.push(bytes.subarray(at, next.at));
    }
    at = next.at + base.lengthOf(next.block);
  }
  recipe.push(bytes.length - at);
  fresh.push(bytes.subarray(at));
  return { recipe, fresh };
}

/**
 * What a recipe makes of a base and new bytes, which it takes from `from` on.
 * @throws RangeError when it is none for these: it takes what is not there, or makes another number of bytes
 */
export function made(recipe: Recipe, base: Buffer, fresh: Buffer, from: number, length: number): Buffer {
  const pieces: Buffer[] = [];
  const { length: block, count: blocks } = blocksOf(base.length);
  let at = from;
  let bytes = 0;
  const take = (source: Buffer, begin: number, end: number): void => {
    bytes += end - begin;
    if (!(begin >= 0 && begin <= end && end <= source.length)) {
      throw new RangeError(`expected a recipe for ${length} bytes, got another`);
    }
    pieces.push(source.subarray(begin, end));
  };
  for (let i = 0; i < recipe.length; i += 3) {
    take(fresh, at, (at += recipe[i]!));
    if (i + 1 === recipe.length) break;
    const [first, end] = [recipe[i + 1]!, recipe[i + 1]! + recipe[i + 2]!];
    take(base, first * block, end === blocks ? base.length : end * block);
  }
  if (bytes !== length) throw new RangeError(`expected a recipe for ${length} bytes, got one for ${bytes}`);
  return Buffer.concat(pieces);
}

/** How many new bytes a recipe takes. */
export function freshOf(recipe: Recipe): number {
  return recipe.reduce((sum, bytes, i) => (i % 3 === 0 ? sum + bytes : sum), 0);
}

/** What is known of a base without its bytes. */
class Base {
  readonly #length: number;
  readonly #last: number;
  readonly #digits: number;
  readonly #sums: readonly number[];
  /** The first whole block with each sum, by its first bits. Bounded by the blocks of a base. */
  readonly #places = new Map<number, number>();

  constructor(baseLength: number, sums: string, digits: number) {
    const { length, count } = blocksOf(baseLength);
    this.#length = length;
    this.#last = baseLength - (count - 1) * length;
    this.#digits = digits;
    this.#sums = Array.from({ length: count }, (_, block) => sumIn(sums, block, digits));
    for (const [block, sum] of this.#sums.entries()) {
      const first = sum % FIRST_BITS;
      if (this.lengthOf(block) === length && !this.#places.has(first)) this.#places.set(first, block);
    }
  }

  lengthOf(block: number): number {
    return block === this.#sums.length - 1 ? this.#last : this.#length;
  }

  /** The first block that stands at `at` or behind it; the one that is expected there comes before any other. */
  find(bytes: Uint8Array, at: number, expected: number): { at: number; block: number } | undefined {
    if (this.#isAt(bytes, at, expected)) return { at, block: expected };
    const length = this.#length;
    const last = bytes.length - length;
    if (at <= last) {
      const out = powerOf(length);
      let hash = polynomial(bytes, at, at + length, PRIME);
      for (let from = at; ; from++) {
        const block = this.#places.get(mixed(hash));
        if (block !== undefined && this.#isAt(bytes, from, block)) return { at: from, block };
        if (from === last) break;
        hash = (Math.imul(hash, PRIME) + bytes[from + length]! - Math.imul(out, bytes[from]!)) | 0;
      }
    }
    // A shorter last block is looked for at the end alone.
    const end = bytes.length - this.#last;
    const block = this.#sums.length - 1;
    return end >= at && this.#last < length && this.#isAt(bytes, end, block) ? { at: end, block } : undefined;
  }

  #isAt(bytes: Uint8Array, at: number, block: number): boolean {
    if (block >= this.#sums.length) return false;
    const end = at + this.lengthOf(block);
    return end <= bytes.length && sumAt(bytes, at, end, this.#digits) === this.#sums[block];
  }
}

/** So many digits of 6 bits: the first come of a sum that can be moved on byte by byte. */
function sumAt(bytes: Uint8Array, from: number, end: number, digits: number): number {
  const first = mixed(polynomial(bytes, from, end, PRIME));
  if (digits === SUM_LENGTH) return first;
  const more = mixed(polynomial(bytes, from, end, MORE_PRIME));
  return first + FIRST_BITS * (more % 64 ** (digits - SUM_LENGTH));
}

function polynomial(bytes: Uint8Array, from: number, end: number, prime: number): number {
  let hash = 0;
  for (let at = from; at < end; at++) hash = (Math.imul(hash, prime) + bytes[at]!) | 0;
  return hash;
}

/** PRIME to this power: what the byte weighs that leaves. */
function powerOf(length: number): number {
  let power = 1;
  for (let i = 0; i < length; i++) power = Math.imul(power, PRIME);
  return power;
}

function mixed(hash: number): number {
  return Math.imul(hash ^ (hash >>> 15), 0x9e37_79b1) >>> 2;
}

function textOf(sum: number, digits: number): string {
  let text = '';
  for (let i = 0; i < digits; i++) text += DIGITS[Math.floor(sum / 64 ** i) % 64]!;
  return text;
}

function sumIn(sums: string, block: number, digits: number): number {
  let sum = 0;
  for (let i = 0; i < digits; i++) sum += DIGITS.indexOf(sums[block * digits + i]!) * 64 ** i;
  return sum;
}
