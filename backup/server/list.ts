/**
 * What an agent lists, checked, beside what it listed before. Both are in order and read side by side, so that memory does not grow
 * with the tree; runs of entries that stand as before do not travel, and are taken from the last list.
 */

import { endsRun, RUNS_MAX, RunCutter, runSumOf } from '../list-runs';
import { comparePaths, type Name, type ProblemRecord, type TreeRecord } from '../record';
import type { EntriesLine, SameLine } from '../wire';
import { AgentError } from './agent-error';
import { endOf, listRecordOf, shownName } from './agent-lines';

/** No list is longer, lines: an endless one must not fill the disk. */
const LINES_MAX = 50_000_000;

/** An entry, and the one of the same path in the last list. */
export type Listed = [entry: TreeRecord | ProblemRecord, known: TreeRecord | undefined];

/** The sums of a list's runs, one behind the other: what an agent is told, so that it need not send them. */
export async function sumsOf(last: AsyncIterable<TreeRecord>): Promise<string> {
  const cutter = new RunCutter<TreeRecord>();
  const sums: string[] = [];
  for await (const record of last) {
    const run = cutter.add(record);
    if (run) sums.push(runSumOf(run));
    if (sums.length === RUNS_MAX) return sums.join('');
  }
  const rest = cutter.end();
  if (rest.length > 0) sums.push(runSumOf(rest));
  return sums.join('');
}

/** The entries of an agent's list: in order, with an end, whose sum goes to `onEnd`. @throws AgentError */
export async function* listed(
  lines: AsyncIterable<unknown>,
  last: AsyncIterable<TreeRecord>,
  onEnd: (sum: string) => void,
): AsyncGenerator<Listed, void> {
  const known = new KnownList(last);
  const order = new Order();
  let count = 0;
  try {
    for await (const line of lines) {
      const end = endOf(line);
      if (end) return onEnd(end.sum);
      if (++count > LINES_MAX) throw new AgentError(`expected a list of at most ${LINES_MAX} lines, got more`);
      const same = isSame(line) ? known.runs(line) : isEntries(line) ? known.entries(line) : undefined;
      if (same) {
        for await (const record of same) {
          order.check(record.path);
          yield [record, record];
        }
        continue;
      }
      const entry = listRecordOf(line);
      if (entry.type !== 'problem') order.check(entry.path);
      yield [entry, entry.type === 'problem' ? undefined : await known.find(entry.path)];
    }
    throw new AgentError('expected the end of the list, got none');
  } finally {
    await known.close();
  }
}

function isSame(line: unknown): line is SameLine {
  return (line as SameLine | null)?.type === 'same';
}

function isEntries(line: unknown): line is EntriesLine {
  return (line as EntriesLine | null)?.type === 'entries';
}

/** Each path comes behind the one before. */
class Order {
  #last: Name | undefined;

  check(path: Name): void {
    if (this.#last !== undefined && comparePaths(this.#last, path) >= 0) {
      throw new AgentError(`expected a list in order, got ${shownName(path)} behind ${shownName(this.#last)}`);
    }
    this.#last = path;
  }
}

/** The last list, read once from its beginning to its end. */
class KnownList {
  readonly #records: AsyncIterator<TreeRecord>;
  /** What stands next; undefined before the first and behind the last. */
  #next: TreeRecord | undefined;
  #isBegun = false;
  /** Which run it is in, and as which of its entries, from 0. */
  #run = 0;
  #at = -1;
  /** Which entry of the list it is, from 0. */
  #place = -1;

  constructor(last: AsyncIterable<TreeRecord>) {
    this.#records = last[Symbol.asyncIterator]();
  }

  /** The entry with this path; paths are asked for in order. */
  async find(path: Name): Promise<TreeRecord | undefined> {
    if (!this.#isBegun) await this.#step();
    while (this.#next && comparePaths(this.#next.path, path) < 0) await this.#step();
    return this.#next && comparePaths(this.#next.path, path) === 0 ? this.#next : undefined;
  }

  /** The entries of some runs, all of them. @throws AgentError for runs that are not there, or behind us */
  async *runs({ first, count }: SameLine): AsyncGenerator<TreeRecord, void> {
    if (!this.#isBegun) await this.#step();
    while (this.#next && this.#run < first) await this.#step();
    if (this.#run !== first || this.#at > 0 || !(count > 0)) throw notThere(first, count);
    while (this.#next && this.#run < first + count) {
      yield this.#next;
      await this.#step();
    }
    // The last run ends with the list.
    if (this.#run < first + count - 1) throw notThere(first, count);
  }

  /** Some entries, all of them. @throws AgentError for entries that are not there, or behind us */
  async *entries({ first, count }: EntriesLine): AsyncGenerator<TreeRecord, void> {
    if (!this.#isBegun) await this.#step();
    while (this.#next && this.#place < first) await this.#step();
    if (this.#place !== first || !(count > 0)) throw notThere(first, count);
    for (; this.#place < first + count; await this.#step()) {
      if (!this.#next) throw notThere(first, count);
      yield this.#next;
    }
  }

  async close(): Promise<void> {
    await this.#records.return?.();
  }

  async #step(): Promise<void> {
    const before = this.#next;
    const { value, done } = await this.#records.next();
    this.#next = done ? undefined : (value as TreeRecord);
    this.#isBegun = true;
    this.#place++;
    this.#at++;
    if (!before || !endsRun(before.path, this.#at)) return;
    this.#run++;
    this.#at = 0;
  }
}

function notThere(first: number, count: number): AgentError {
  return new AgentError(`expected what is in the last list, got ${Number(count)} from ${Number(first)} on`);
}
