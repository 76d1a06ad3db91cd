/**
 * The memory of datagrams on their way. All copies of one flood share their bytes; where they may differ, in two bytes, each copy
 * has a word of its own. A receiver is lent a copy in memory that is used again at the next delivery.
 */

import { copyBytes, KeptViews } from '../shared/short-bytes';

/** The longest UDP datagram over IPv4, bytes. */
const DATAGRAM_MAX = 65_507;
const NOTHING = new Uint8Array(0);

export class KeptDatagrams {
  /** Offset of the two bytes; behind every datagram where none may differ. */
  readonly #wordAt: number;
  readonly #views = new KeptViews(new Uint8Array(DATAGRAM_MAX));
  /** What was lent last, as it is kept for all who get it, and the copy lent to the receiver. */
  #arrived: Uint8Array = NOTHING;
  #lent: Uint8Array = NOTHING;
  /** What was sent last and is no copy of what arrived. */
  #made: Uint8Array = NOTHING;

  constructor(wordAt = DATAGRAM_MAX) {
    this.#wordAt = wordAt;
  }

  /** The word of a datagram; 0 for one too short to have it. */
  wordOf(bytes: Uint8Array): number {
    const at = this.#wordAt;
    return bytes.length < at + 2 ? 0 : (bytes[at]! << 8) | bytes[at + 1]!;
  }

  /** Bytes that outlive the send: those that arrived or were sent before, where only the word differs, else a copy. */
  keep(bytes: Uint8Array): Uint8Array {
    if (bytes === this.#lent && this.#isSame(bytes, this.#arrived)) return this.#arrived;
    if (!this.#isSame(bytes, this.#made)) this.#made = bytes.slice();
    return this.#made;
  }

  /** A copy with its word, lent until the next. */
  lend(datagram: Uint8Array, word: number): Uint8Array {
    const { length } = datagram;
    const view = this.#views.first(length);
    copyBytes(datagram, 0, length, view, 0);
    this.#putWord(view, word);
    this.#arrived = datagram;
    this.#lent = view;
    return view;
  }

  /** A copy with its word, for good. */
  copy(datagram: Uint8Array, word: number): Uint8Array {
    const bytes = datagram.slice();
    this.#putWord(bytes, word);
    return bytes;
  }

  /** What arrived is not being passed on any more. */
  forget(): void {
    this.#lent = NOTHING;
  }

  #putWord(bytes: Uint8Array, word: number): void {
    const at = this.#wordAt;
    if (bytes.length < at + 2) return;
    bytes[at] = word >>> 8;
    bytes[at + 1] = word;
  }

  #isSame(bytes: Uint8Array, kept: Uint8Array): boolean {
    const { length } = bytes;
    if (kept.length !== length) return false;
    const wordAt = Math.min(this.#wordAt, length);
    for (let i = 0; i < wordAt; i++) if (bytes[i] !== kept[i]) return false;
    // A datagram that ends within the word has none.
    if (wordAt + 1 === length && bytes[wordAt] !== kept[wordAt]) return false;
    for (let i = wordAt + 2; i < length; i++) if (bytes[i] !== kept[i]) return false;
    return true;
  }
}
