/** What limits remember from one datagram to the next: how much is gone from each bucket. Decides nothing. */

import { LRUCache } from 'lru-cache';

/** How much is gone from the buckets of one address. All zero: they are full, as those of an address never heard of. */
export interface Budget {
  questions: number;
  questionBytes: number;
  answers: number;
  bytes: number;
  /** When they were last filled. */
  atMs: number;
  /** Until when nothing is said of it. */
  quietUntilMs: number;
}

/** A bucket of all addresses together: how much is gone from it, and when it was last filled. */
export interface CommonBudget {
  gone: number;
  atMs: number;
}

/** The memory of a servent's limits. */
export interface Budgets {
  /** QUERYs of strangers. */
  readonly strangers: CommonBudget;
  readonly notices: CommonBudget;
  /** Of an address; to be changed in place, and lent until the next call. */
  of(ip: number): Budget;
  /** Between these two calls nobody else reads or changes anything. */
  lock(): void;
  unlock(): void;
}

/**
 * Addresses whose budgets are remembered: some 4 MiB. One that is forgotten starts with full buckets again; making the servent
 * forget one takes so many datagrams that a public address's new burst is less than what they cost to send.
 */
export const ADDRESSES_MAX = 16_384;

/** The memory of one core's limits. */
export class OwnBudgets implements Budgets {
  readonly strangers: CommonBudget = { gone: 0, atMs: 0 };
  readonly notices: CommonBudget = { gone: 0, atMs: 0 };
  /** Bounded by ADDRESSES_MAX; the one not heard of for longest goes first. */
  readonly #budgets = new LRUCache<number, Budget>({
    // A `max` would take its memory at once; in a simulator there are many cores.
    maxSize: ADDRESSES_MAX,
    sizeCalculation: () => 1,
  });

  of(ip: number): Budget {
    const known = this.#budgets.get(ip);
    if (known) return known;
    const budget = { questions: 0, questionBytes: 0, answers: 0, bytes: 0, atMs: 0, quietUntilMs: 0 };
    this.#budgets.set(ip, budget);
    return budget;
  }

  lock(): void {}

  unlock(): void {}
}
