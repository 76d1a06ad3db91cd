/**
 * The memory of seen queries: which were here, since when, and with which ttl at best. A compact table of keyed fingerprints
 * in one run of words, bounded in entries and age; nothing is allocated per query.
 */

import { digest, type HashKey, halfSipHash } from './half-siphash';
import { OWN_ROOM, type SeenRoom } from './seen-room';

/** The ttl noted for a query of our own: no copy that comes back around a cycle can be higher. */
export const OWN_QUERY_TTL = 7;

/** What the memory knows of a copy: it is the first, it has a higher ttl than any before it, or neither. */
export type Sighting = 'first' | 'higher' | 'seen';

export interface SeenLimits {
  /** Most queries remembered, 1 to 2^24; the oldest goes first. */
  seenMax: number;
  /** How long one is remembered, milliseconds, at most 2^31. */
  seenAgeMs: number;
}

/** Words of an entry in the array: two of fingerprint, the time in ms modulo 2^32, and the chain's next entry with the ttl. */
const ENTRY_WORDS = 4;
const LOW = 0;
const HIGH = 1;
const AT = 2;
const LINK = 3;
/** The lowest bits of LINK hold the ttl; the rest the next entry of the chain plus one, 0 for none. */
const TTL_BITS = 3;
const TTL_MASK = (1 << TTL_BITS) - 1;
const CAPACITY_MIN = 3;

/**
 * Entries stand in a ring in order of arrival, so the oldest is always at its tail. Each belongs to a chain of entries whose
 * fingerprints share a bucket. The ring doubles, up to seenMax, only when entries that are not yet too old fill it.
 */
export class SeenQueries {
  /** The secret's words, here and not in an array of their own: a million memories in one process are the simulator's case. */
  readonly #key0: number;
  readonly #key1: number;
  readonly #max: number;
  readonly #ageMs: number;
  readonly #room: SeenRoom;
  /** From `start` on: a ring of `capacity` entries, then the chains' heads. Bounded by seenMax; the oldest goes first. */
  #words: Uint32Array;
  #start: number;
  #capacity: number;
  #bucketMask: number;
  #oldest = 0;
  #count = 0;

  /** `key` is secret and random in a real process, so that no peer can find two queries with one fingerprint. */
  constructor(limits: SeenLimits, key: HashKey, room = OWN_ROOM) {
    this.#key0 = key[0] | 0;
    this.#key1 = key[1] | 0;
    this.#max = limits.seenMax;
    this.#ageMs = limits.seenAgeMs;
    this.#capacity = Math.min(CAPACITY_MIN, limits.seenMax);
    this.#bucketMask = bucketsFor(this.#capacity) - 1;
    this.#room = room;
    ({ array: this.#words, at: this.#start } = room.take(this.#length));
  }

  /** Queries remembered; those that grew too old leave at the next note. */
  get count(): number {
    return this.#count;
  }

  /** Bytes the table takes. */
  get byteLength(): number {
    return this.#length * Uint32Array.BYTES_PER_ELEMENT;
  }

  /**
   * Notes one copy of a query. Its identity (specification, section 4: client IP, client port, sequence, key) stands in
   * bytes[start, end) of the QUERY. `ttl` is 0 to OWN_QUERY_TTL.
   */
  note(bytes: Uint8Array, start: number, end: number, ttl: number, nowMs: number): Sighting {
    this.#forgetOld(nowMs);
    halfSipHash(this.#key0, this.#key1, bytes, start, end);
    const { low, high } = digest;
    const words = this.#words;
    for (let link = words[this.#bucket(low)]!; link !== 0; link = words[this.#at(link - 1) + LINK]! >>> TTL_BITS) {
      const at = this.#at(link - 1);
      if (words[at + LOW] !== low || words[at + HIGH] !== high) continue;
      const best = words[at + LINK]! & TTL_MASK;
      if (ttl <= best) return 'seen';
      words[at + LINK] = words[at + LINK]! - best + ttl;
      return 'higher';
    }
    this.#remember(low, high, ttl, nowMs);
    return 'first';
  }

  #remember(low: number, high: number, ttl: number, nowMs: number): void {
    if (this.#count === this.#capacity) {
      if (this.#capacity < this.#max) this.#grow();
      else this.#forgetOldest();
    }
    const entry = (this.#oldest + this.#count++) % this.#capacity;
    const at = this.#at(entry);
    this.#words[at + LOW] = low;
    this.#words[at + HIGH] = high;
    this.#words[at + AT] = nowMs;
    this.#words[at + LINK] = ttl;
    this.#chain(entry);
  }

  /** Puts an entry at the head of its chain. */
  #chain(entry: number): void {
    const at = this.#at(entry);
    const bucket = this.#bucket(this.#words[at + LOW]!);
    this.#words[at + LINK] = (this.#words[at + LINK]! & TTL_MASK) | (this.#words[bucket]! << TTL_BITS);
    this.#words[bucket] = entry + 1;
  }

  #forgetOld(nowMs: number): void {
    while (this.#count > 0) {
      const ageMs = (nowMs - this.#words[this.#at(this.#oldest) + AT]!) >>> 0;
      if (ageMs <= this.#ageMs) return;
      this.#forgetOldest();
    }
  }

  #forgetOldest(): void {
    const words = this.#words;
    const link = this.#oldest + 1;
    const bucket = this.#bucket(words[this.#at(this.#oldest) + LOW]!);
    // The oldest entry is the last of its chain: what points to it now ends the chain.
    if (words[bucket] === link) {
      words[bucket] = 0;
    } else {
      let at = this.#at(words[bucket]! - 1);
      while (words[at + LINK]! >>> TTL_BITS !== link) at = this.#at((words[at + LINK]! >>> TTL_BITS) - 1);
      words[at + LINK] = words[at + LINK]! & TTL_MASK;
    }
    this.#oldest = (this.#oldest + 1) % this.#capacity;
    this.#count--;
  }

  /** Doubles the ring, the oldest entry first again, and makes the chains anew. */
  #grow(): void {
    const old = this.#words.subarray(this.#start, this.#start + this.#capacity * ENTRY_WORDS);
    this.#capacity = Math.min(this.#capacity * 2, this.#max);
    this.#bucketMask = bucketsFor(this.#capacity) - 1;
    ({ array: this.#words, at: this.#start } = this.#room.take(this.#length));
    const split = this.#oldest * ENTRY_WORDS;
    this.#words.set(old.subarray(split), this.#start);
    this.#words.set(old.subarray(0, split), this.#start + old.length - split);
    this.#oldest = 0;
    for (let entry = 0; entry < this.#count; entry++) this.#chain(entry);
  }

  /** Words that the table takes. */
  get #length(): number {
    return this.#capacity * ENTRY_WORDS + this.#bucketMask + 1;
  }

  #at(entry: number): number {
    return this.#start + entry * ENTRY_WORDS;
  }

  #bucket(low: number): number {
    return this.#start + this.#capacity * ENTRY_WORDS + (low & this.#bucketMask);
  }
}

/** The power of two at or above the capacity: chains of one entry on average. */
function bucketsFor(capacity: number): number {
  let buckets = 1;
  while (buckets < capacity) buckets *= 2;
  return buckets;
}
