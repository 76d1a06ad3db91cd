/**
 * The pairs of a servent, compact: the text of all pairs in one run of bytes plus one array of offsets into it, no object a
 * key. Its parts can be handed from thread to thread without a copy.
 */

import { findByte } from '../shared/short-bytes';
import { TAB } from '../shared/wire/overlay/text';

/** Ends each pair in the text; no key or value can contain it. */
const END = 10;
/** The tag of a slot that holds no pair. */
const FREE = 0;
/** Two slots of three in use at most: a probe ends after two steps on average. */
const SLOTS_PER_PAIR = 1.5;

/**
 * What a table is made of: pairs as `key TAB value LF` in `text`, in `slots` where each begins, and in `tags` a byte of its
 * key's hash, so that a probe reads the text, far away in memory, hardly ever in vain.
 */
export interface PairTableParts {
  text: Uint8Array;
  slots: Uint32Array;
  tags: Uint8Array;
  size: number;
}

export class PairTable {
  #text: Uint8Array;
  #slots: Uint32Array;
  #tags: Uint8Array;
  #size: number;

  /** An empty table for at most `pairsMax` pairs whose text stands in `text` (at most 2^32 - 2 bytes). */
  constructor(text: Uint8Array = new Uint8Array(0), pairsMax = 0) {
    this.#text = text;
    this.#slots = new Uint32Array(Math.ceil(pairsMax * SLOTS_PER_PAIR) + 1);
    this.#tags = new Uint8Array(this.#slots.length);
    this.#size = 0;
  }

  /** A table made of another's parts, as they come from another thread. */
  static from(parts: PairTableParts): PairTable {
    const table = new PairTable();
    table.#text = parts.text;
    table.#slots = parts.slots;
    table.#tags = parts.tags;
    table.#size = parts.size;
    return table;
  }

  /** The parts, to hand to another thread. The table shares their memory. */
  get parts(): PairTableParts {
    return { text: this.#text, slots: this.#slots, tags: this.#tags, size: this.#size };
  }

  /** How many keys it holds. */
  get size(): number {
    return this.#size;
  }

  /** All pairs, each as `key TAB value LF`. */
  get text(): Uint8Array {
    return this.#text;
  }

  /** Takes in the pair that stands at `at` in the text, with a key of `keyLength` bytes. A later pair replaces an earlier one of its key. */
  put(at: number, keyLength: number): void {
    const h = hash(this.#text, at, at + keyLength);
    const slot = this.#slot(h, this.#text, at, at + keyLength);
    if (this.#tags[slot] === FREE) this.#size++;
    this.#tags[slot] = tagOf(h);
    this.#slots[slot] = at;
  }

  /** Where the pair of the key in bytes[start, end) begins in the text, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const slot = this.#slot(hash(bytes, start, end), bytes, start, end);
    return this.#tags[slot] === FREE ? -1 : this.#slots[slot]!;
  }

  /** The value of a key, a view into the table; undefined when it is not held. A string stands for its UTF-8 bytes. */
  get(key: Uint8Array | string): Uint8Array | undefined {
    const bytes = typeof key === 'string' ? Buffer.from(key) : key;
    const at = this.find(bytes, 0, bytes.length);
    return at < 0 ? undefined : this.#text.subarray(at + bytes.length + 1, findByte(this.#text, END, at));
  }

  /** All pairs, as views into the table, in no particular order. */
  *[Symbol.iterator](): Generator<[key: Uint8Array, value: Uint8Array]> {
    for (let slot = 0; slot < this.#slots.length; slot++) {
      if (this.#tags[slot] === FREE) continue;
      const at = this.#slots[slot]!;
      const tab = this.#text.indexOf(TAB, at);
      yield [this.#text.subarray(at, tab), this.#text.subarray(tab + 1, findByte(this.#text, END, at))];
    }
  }

  /** The slot of a key with this hash: the one that holds its pair, or the free one where it would go. */
  #slot(h: number, bytes: Uint8Array, start: number, end: number): number {
    const tags = this.#tags;
    const tag = tagOf(h);
    let slot = Math.floor((h / 0x1_0000_0000) * tags.length);
    while (tags[slot] !== FREE && (tags[slot] !== tag || !this.#isKeyAt(this.#slots[slot]!, bytes, start, end))) {
      slot = slot + 1 === tags.length ? 0 : slot + 1;
    }
    return slot;
  }

  #isKeyAt(at: number, bytes: Uint8Array, start: number, end: number): boolean {
    const text = this.#text;
    for (let i = start, from = at; i < end; i++, from++) {
      // A TAB ends every key in the text, so a key asked for with a TAB inside must not match across it.
      if (text[from] !== bytes[i] || bytes[i] === TAB) return false;
    }
    return text[at + end - start] === TAB;
  }
}

/** FNV-1a, then the finalizer of MurmurHash3, for the high bits choose the slot. Who fills the table owns it: no secret is needed. */
function hash(bytes: Uint8Array, start: number, end: number): number {
  let h = 0x811c9dc5;
  for (let i = start; i < end; i++) h = Math.imul(h ^ bytes[i]!, 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A byte of the hash that did not choose the slot; never FREE. */
function tagOf(h: number): number {
  return (h & 0xff) | 1;
}
