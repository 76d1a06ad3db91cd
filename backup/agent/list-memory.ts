/**
 * The list that was walked last for its sum, until it is asked for: where something has changed, that is the next question, and
 * the tree need not be walked twice for one answer. And of lists that servers got the sums of their entries, so that of the next one
 * only entries travel that have changed.
 */

import { LRUCache } from 'lru-cache';
import type { ProblemRecord, TreeRecord } from '../record';

/** A longer list is not kept, runs: some ten megabytes. */
export const RUNS_KEPT_MAX = 6000;

/** Of a longer list the sums are not kept, entries. */
export const ENTRIES_KEPT_MAX = 200_000;
/** Sums kept of all lists: 8 MB. */
const SUMS_KEPT_MAX = 1_000_000;

/** A run of a list (list-runs.ts), and its sum. */
export interface ListedRun {
  sum: string;
  entries: readonly (TreeRecord | ProblemRecord)[];
}

/** Holds one list at the most, of RUNS_KEPT_MAX runs, and sums of others. */
export class ListMemory {
  #sum = '';
  #runs: readonly ListedRun[] = [];
  /** By the list's name (list-runs.ts). Bounded by SUMS_KEPT_MAX; those used longest ago go first. */
  readonly #sent = new LRUCache<string, Float64Array>({
    maxSize: SUMS_KEPT_MAX,
    sizeCalculation: ({ length }) => length + 1,
  });

  /** Keeps a whole list in the place of any other, unless it is too long. */
  keep(sum: string, runs: readonly ListedRun[]): void {
    if (runs.length <= RUNS_KEPT_MAX) [this.#sum, this.#runs] = [sum, runs];
  }

  /** The list with this sum, kept no longer; undefined where it is not here. */
  take(sum: string): readonly ListedRun[] | undefined {
    if (sum === '' || sum !== this.#sum) return undefined;
    const runs = this.#runs;
    [this.#sum, this.#runs] = ['', []];
    return runs;
  }

  /** Keeps the sums of all entries of a list that a server got. */
  remember(name: string, entries: readonly number[]): void {
    if (entries.length <= ENTRIES_KEPT_MAX) this.#sent.set(name, Float64Array.from(entries));
  }

  /** The sums of the entries of a list; undefined where they are not here. */
  entriesOf(name: string): Float64Array | undefined {
    return this.#sent.get(name);
  }
}
