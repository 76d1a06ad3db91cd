/**
 * A tree's list cut into runs of a few entries, so that of a list which has changed only the runs that changed travel. Where a run
 * ends depends on its last entry's path, so that what is new or gone moves no cuts but those near it.
 */

import { hash } from 'node:crypto';
import type { FileRecord, Name, ProblemRecord, TreeRecord } from './record';

/** One entry of 2 to the power of that ends a run. */
const RUN_BITS = 3;
/** No run is longer. */
const RUN_MAX = 256;
/** Characters of a run's sum, 6 bits each: that one of a million is taken for another is not to be expected. */
export const RUN_SUM_LENGTH = 12;
/** Digits of a list's name, 4 bits each. */
const LIST_NAME_LENGTH = 16;
/** Digits of an entry's sum, 4 bits each: a number holds them. */
const ENTRY_SUM_DIGITS = 12;
/** Sums of so many runs are told to an agent; what comes behind them in a larger tree travels whenever something has changed. */
export const RUNS_MAX = 500_000;

/** Takes a list's entries one by one, in order, and tells runs of them. */
export class RunCutter<Entry extends { path: Name }> {
  #run: Entry[] = [];

  /** Gives the run that ends with this entry, if one does. */
  add(entry: Entry): Entry[] | undefined {
    this.#run.push(entry);
    return endsRun(entry.path, this.#run.length) ? this.end() : undefined;
  }

  /** What was added since the last run. */
  end(): Entry[] {
    const run = this.#run;
    this.#run = [];
    return run;
  }
}

/** Does an entry with this path end a run, as its `length`th? */
export function endsRun(path: Name, length: number): boolean {
  const text = typeof path === 'string' ? path : path.base64;
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  // Names that differ in their last character only must differ in the bits that count.
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x9e37_79b1);
  return mixed >>> (32 - RUN_BITS) === 0 || length === RUN_MAX;
}

/** The first characters of the SHA-256, in base64, of the lines of a run as an agent lists it. */
export function runSumOf(run: readonly (TreeRecord | ProblemRecord)[]): string {
  const lines = run.map((entry) => `${JSON.stringify(entry.type === 'file' ? unread(entry) : entry)}\n`);
  return hash('sha256', lines.join(''), 'base64').slice(0, RUN_SUM_LENGTH);
}

/** What an agent remembers a list by, and a server asks for it: the first digits of its sum. */
export function listNameOf(sum: string): string {
  return sum.slice(0, LIST_NAME_LENGTH);
}

/** 48 bits of the SHA-256 of an entry's line as an agent lists it: within a list none is taken for another. */
export function entrySumOf(entry: TreeRecord | ProblemRecord): number {
  return Number.parseInt(hash('sha256', JSON.stringify(entry), 'hex').slice(0, ENTRY_SUM_DIGITS), 16);
}

/** What a file's entry is before the file was read. */
export function unread(record: FileRecord): FileRecord {
  const { chunks: _chunks, torn: _torn, ...entry } = record;
  return entry;
}
