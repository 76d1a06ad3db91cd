/** The pairs of a servent of the lab: read from its file once, then changed from the page; searched and paged for it. */

import { parseKeyValueFile } from '../../servent/key-value-file';
import { type Pair, tableOf } from '../../servent/pair-source';
import { escapeBytes, escapeValue } from '../../shared/escape';
import type { PairsView } from '../view';

/** Pairs on a page. */
const PAGE = 10;

export class PairList implements Iterable<Pair> {
  /** By the key's bytes as latin1. */
  readonly #pairs = new Map<string, Uint8Array>();

  /** @param file the bytes of a key-value file, which are used up */
  constructor(file: Uint8Array) {
    // The table's views change with the next file that is read into the same memory.
    for (const [key, value] of parseKeyValueFile(file).pairs) this.#pairs.set(latin1(key), value.slice());
  }

  get size(): number {
    return this.#pairs.size;
  }

  *[Symbol.iterator](): Generator<Pair> {
    for (const [key, value] of this.#pairs) yield [Buffer.from(key, 'latin1'), value];
  }

  /** Sets a key's value. @throws OperatorError `usage` for a pair that no servent can hold */
  async set(key: string, value: string): Promise<void> {
    await tableOf([[key, value]]);
    this.#pairs.set(latin1(Buffer.from(key)), Buffer.from(value));
  }

  /** Keys as text that begin so, at most `max`, added to those found. */
  keysWith(prefix: string, max: number, found: Set<string>): void {
    for (const key of this.#pairs.keys()) {
      if (found.size >= max) return;
      const text = escapeBytes(Buffer.from(key, 'latin1'));
      if (text.startsWith(prefix)) found.add(text);
    }
  }

  /** A page of those whose key or value holds a text. @param page from 0; the last one for any behind it */
  search(text: string, page: number): PairsView {
    const shown = [...this.#pairs].map(
      ([key, value]) => [escapeBytes(Buffer.from(key, 'latin1')), escapeValue(value)] as const,
    );
    const found = shown.filter((pair) => pair.some((part) => part.includes(text)));
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    const at = Math.min(page, pages - 1);
    return { total: found.length, page: at, pages, pairs: found.slice(at * PAGE, (at + 1) * PAGE) };
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
