/**
 * The memory of limits that hold for several workers together: each takes from the same buckets, one at a time. An address has
 * the buckets that its keyed hash names, and shares them with whom the same names: nobody is given more than one address may have,
 * and nothing is ever forgotten.
 */

import { isPrivate } from '../../shared/address-classes';
import type { Budget, Budgets, CommonBudget } from '../budgets';
import { digest, type HashKey, halfSipHash } from '../half-siphash';
import { type Place, sharedRecord } from './shared-record';

/** Buckets of public addresses, and as many of private ones, whose limits are others: with 1,000 addresses at a time one in 65 shares. */
export const BUCKETS = 65_536;

const COMMON: readonly (keyof CommonBudget)[] = ['gone', 'atMs'];
const BUDGET: readonly (keyof Budget)[] = ['questions', 'questionBytes', 'answers', 'bytes', 'atMs', 'quietUntilMs'];

/** The lock stands in the first word. */
const STRANGERS_AT = 1;
const NOTICES_AT = STRANGERS_AT + COMMON.length;
const BUDGETS_AT = NOTICES_AT + COMMON.length;

/** Of the lock. */
const FREE = 0;
const TAKEN = 1;
const AWAITED = 2;

/** Memory for the limits of a servent, all buckets full: some 6 MiB, of which only what is touched is taken. */
export function newBudgetMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(8 * (BUDGETS_AT + 2 * BUCKETS * BUDGET.length));
}

export class SharedBudgets implements Budgets {
  readonly strangers: CommonBudget;
  readonly notices: CommonBudget;
  readonly #lock: Int32Array;
  readonly #key: HashKey;
  readonly #ip = new Uint8Array(4);
  readonly #place: Place = { at: BUDGETS_AT };
  /** Of the address asked for last. */
  readonly #budget: Budget;

  /** `key` is secret, and the same for all that share the memory: nobody can choose with whom to share. */
  constructor(memory: SharedArrayBuffer, key: HashKey) {
    const words = new Float64Array(memory);
    this.#lock = new Int32Array(memory, 0, 1);
    this.#key = key;
    this.strangers = sharedRecord(words, { at: STRANGERS_AT }, COMMON);
    this.notices = sharedRecord(words, { at: NOTICES_AT }, COMMON);
    this.#budget = sharedRecord(words, this.#place, BUDGET);
  }

  of(ip: number): Budget {
    for (let i = 0; i < 4; i++) this.#ip[i] = ip >>> (24 - 8 * i);
    halfSipHash(...this.#key, this.#ip, 0, 4);
    const bucket = (digest.low % BUCKETS) + (isPrivate(ip) ? BUCKETS : 0);
    this.#place.at = BUDGETS_AT + bucket * BUDGET.length;
    return this.#budget;
  }

  /** Waits for whoever has it: some hundred nanoseconds, or as long as the system lets that thread wait for a processor. */
  lock(): void {
    if (Atomics.compareExchange(this.#lock, 0, FREE, TAKEN) === FREE) return;
    while (Atomics.exchange(this.#lock, 0, AWAITED) !== FREE) Atomics.wait(this.#lock, 0, AWAITED);
  }

  unlock(): void {
    if (Atomics.exchange(this.#lock, 0, FREE) === AWAITED) Atomics.notify(this.#lock, 0, 1);
  }
}
