/** Logs for tests: entries one behind the other, from operations alone. */

import { type Entry, makeEntry, type Operation, type Position, START } from '../../../store/entry';

export const LOG_START_US = Date.UTC(2026, 10, 21, 10) * 1000;

export class TestLog {
  readonly entries: Entry[] = [];
  last: Position = START;

  /** @param timeUs of the leader's clock */
  append(op: Operation, request?: string, timeUs = LOG_START_US): Entry {
    const entry = makeEntry(this.last, 1, timeUs, op, request);
    this.entries.push(entry);
    this.last = entry;
    return entry;
  }
}
