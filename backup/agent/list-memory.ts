/**
 * The list that was walked last for its sum, until it is asked for: where something has changed, that is the next question, and
 * the tree need not be walked twice for one answer.
 */

import type { ProblemRecord, TreeRecord } from '../record';

/** A longer list is not kept, runs: some ten megabytes. */
export const RUNS_KEPT_MAX = 6000;

/** A run of a list (list-runs.ts), and its sum. */
export interface ListedRun {
  sum: string;
  entries: readonly (TreeRecord | ProblemRecord)[];
}

/** Holds one list at the most, of RUNS_KEPT_MAX runs. */
export class ListMemory {
  #sum = '';
  #runs: readonly ListedRun[] = [];

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
}
