/**
 * Where each chunk lies, in 52 bytes of typed arrays: a hash table of open addressing, keyed by the first words of the chunks'
 * own SHA-256 sums, which are as random as a hash could make them.
 */

/** Where a chunk stands: in which pack and block, and where in the block's contents, bytes. */
export interface Place {
  pack: number;
  block: number;
  at: number;
  length: number;
}

const SUM_WORDS = 8;
/** Pack + 1 (0: the slot is free), block, at, length, and when it was last asked for. */
const PLACE_WORDS = 5;
const CAPACITY_FIRST = 1024;
/** Of the table that may be full before it is doubled. */
const LOAD_MAX = 0.6;

/** Bounded by what the repository holds. */
export class ChunkIndex {
  #capacity = CAPACITY_FIRST;
  #sums = new Int32Array(CAPACITY_FIRST * SUM_WORDS);
  #places = new Uint32Array(CAPACITY_FIRST * PLACE_WORDS);
  #count = 0;

  /** Chunks known. */
  get size(): number {
    return this.#count;
  }

  /** Where the chunk with this sum (SHA-256 in base64 without padding) lies. */
  find(sum: string): Place | undefined {
    return placeIn(this.#places, this.#slotOf(wordsOf(sum)));
  }

  /** A chunk put in again moves to its new place. @param touched see `touch` */
  put(sum: string, place: Place, touched: number): void {
    this.#put(wordsOf(sum), place, touched);
  }

  /** Notes that a chunk was asked for in this generation, a number that only grows. */
  touch(sum: string, generation: number): void {
    const at = this.#slotOf(wordsOf(sum)) * PLACE_WORDS;
    if (this.#places[at] !== 0) this.#places[at + 4] = generation;
  }

  /** Every chunk's place, and the generation in which it was last asked for. */
  each(visit: (place: Place, touched: number) => void): void {
    for (let slot = 0; slot < this.#capacity; slot++) {
      const place = placeIn(this.#places, slot);
      if (place) visit(place, this.#places[slot * PLACE_WORDS + 4]!);
    }
  }

  /** Forgets the chunks at places that are not to be kept. */
  keep(isKept: (place: Place) => boolean): void {
    const [sums, places, capacity] = [this.#sums, this.#places, this.#capacity];
    this.#make(CAPACITY_FIRST);
    this.#takeOver(sums, places, capacity, isKept);
  }

  #put(words: Int32Array, { pack, block, at, length }: Place, touched: number): void {
    if (this.#count + 1 > this.#capacity * LOAD_MAX) this.#grow();
    const slot = this.#slotOf(words);
    if (this.#places[slot * PLACE_WORDS] === 0) this.#count++;
    this.#sums.set(words, slot * SUM_WORDS);
    this.#places.set([pack + 1, block, at, length, touched], slot * PLACE_WORDS);
  }

  /** The slot of this sum, or the free one where it would stand. */
  #slotOf(words: Int32Array): number {
    for (let slot = (words[0]! >>> 0) & (this.#capacity - 1); ; slot = (slot + 1) & (this.#capacity - 1)) {
      if (this.#places[slot * PLACE_WORDS] === 0 || this.#holds(slot, words)) return slot;
    }
  }

  #holds(slot: number, words: Int32Array): boolean {
    for (let i = 0; i < SUM_WORDS; i++) if (this.#sums[slot * SUM_WORDS + i] !== words[i]) return false;
    return true;
  }

  #grow(): void {
    const [sums, places, capacity] = [this.#sums, this.#places, this.#capacity];
    this.#make(capacity * 2);
    this.#takeOver(sums, places, capacity, () => true);
  }

  #make(capacity: number): void {
    this.#capacity = capacity;
    this.#sums = new Int32Array(capacity * SUM_WORDS);
    this.#places = new Uint32Array(capacity * PLACE_WORDS);
    this.#count = 0;
  }

  #takeOver(sums: Int32Array, places: Uint32Array, capacity: number, isKept: (place: Place) => boolean): void {
    for (let slot = 0; slot < capacity; slot++) {
      const place = placeIn(places, slot);
      if (!place || !isKept(place)) continue;
      this.#put(sums.subarray(slot * SUM_WORDS, (slot + 1) * SUM_WORDS), place, places[slot * PLACE_WORDS + 4]!);
    }
  }
}

function placeIn(places: Uint32Array, slot: number): Place | undefined {
  const at = slot * PLACE_WORDS;
  if (places[at] === 0) return undefined;
  return { pack: places[at]! - 1, block: places[at + 1]!, at: places[at + 2]!, length: places[at + 3]! };
}

/** Of one sum at a time: lent until the next one. */
const WORDS = new Int32Array(SUM_WORDS);
const WORDS_BYTES = Buffer.from(WORDS.buffer);

function wordsOf(sum: string): Int32Array {
  WORDS_BYTES.write(sum, 'base64');
  return WORDS;
}
