/**
 * What the core knows of the replica's log: where its epochs end, the newest entries, and how far all is flushed. The older
 * entries are the journal's.
 */

import type { Entry, Position } from '../entry';
import type { EpochEnd } from './messages';

/** What the newest entries may take in memory, characters: followers that are not further behind cost no reading. */
const TAIL_LENGTH_MAX = 16 * 1024 * 1024;
const TAIL_ENTRIES_MAX = 20_000;
/** What is applied leaves from this part of it on: so what fills it is what waits to be committed. */
const KEPT = 0.5;

/** What a journal held when it was opened. */
export interface RecoveredLog {
  /** The place that the kept log begins behind: `START`, or that of a snapshot, or of what was trimmed. */
  readonly base: Position;
  /** The last entry of each epoch in the kept log, oldest first. */
  readonly epochs: readonly EpochEnd[];
  /** The last entry, or the base where there is none. */
  readonly last: Position;
  /** The newest entries up to the last, all behind what the state machine has applied at least: perhaps none. */
  readonly tail: readonly Entry[];
}

export class ReplicaLog {
  /** All up to this index is on disk, flushed. */
  flushed: number;
  #last: Position;
  /** The place that the log begins behind. */
  #base: EpochEnd;
  /** The last entry of each epoch behind it: epochs and indexes grow. One more with every takeover; trimmed with the log. */
  #ends: EpochEnd[] = [];
  /** Bounded by TAIL_ENTRIES_MAX and TAIL_LENGTH_MAX; what is not applied yet stays, and `isFull` says so. */
  #tail: Entry[];
  #tailLength = 0;

  constructor({ base, epochs, last, tail }: RecoveredLog) {
    this.#base = { epoch: base.epoch, last: base.index };
    this.#ends = [...epochs];
    this.#tail = [...tail];
    for (const { line } of tail) this.#tailLength += line.length;
    this.#last = last;
    this.flushed = this.#last.index;
  }

  get last(): Position {
    return this.#last;
  }

  /** The index that the log begins behind. */
  get base(): number {
    return this.#base.last;
  }

  /** Where the newest epochs end, at most so many, oldest first. */
  ends(max: number): EpochEnd[] {
    const all = this.#ends[0]?.epoch === this.#base.epoch ? this.#ends : [this.#base, ...this.#ends];
    return all.slice(-max);
  }

  /** No more entries may wait to be committed. */
  get isFull(): boolean {
    return this.#isFilled(1);
  }

  /**
   * The index of the last entry that this log and another have both: in an epoch that both know, the earlier of its two ends,
   * for the entries of one epoch are those of one leader. Undefined when this log no longer reaches back so far.
   */
  common(ends: readonly EpochEnd[]): number | undefined {
    for (const other of [...ends].reverse()) {
      const own = [this.#base, ...this.#ends].findLast(({ epoch }) => epoch === other.epoch);
      if (!own) continue;
      const index = Math.min(own.last, other.last);
      return index >= this.base ? index : undefined;
    }
    return undefined;
  }

  append(entry: Entry): void {
    this.#tail.push(entry);
    this.#tailLength += entry.line.length;
    this.#last = entry;
    if (this.#ends.at(-1)?.epoch === entry.epoch) this.#ends.pop();
    this.#ends.push({ epoch: entry.epoch, last: entry.index });
  }

  /** Cuts off what stands behind a place that the log holds. */
  truncate(at: Position): void {
    while ((this.#tail.at(-1)?.index ?? 0) > at.index) this.#tailLength -= this.#tail.pop()!.line.length;
    while ((this.#ends.at(-1)?.last ?? 0) > at.index) this.#ends.pop();
    if (at.index > Math.max(this.base, this.#ends.at(-1)?.last ?? 0))
      this.#ends.push({ epoch: at.epoch, last: at.index });
    this.#last = at;
    this.flushed = Math.min(this.flushed, at.index);
  }

  /** A snapshot takes the place of everything. */
  restart(at: Position): void {
    this.#base = { epoch: at.epoch, last: at.index };
    this.#ends = [];
    this.#tail = [];
    this.#tailLength = 0;
    this.#last = at;
    this.flushed = 0;
  }

  /** Lets go of entries up to this index. */
  trim(index: number): void {
    const end = this.#ends.find(({ last }) => last >= index);
    if (!end || index <= this.base) return;
    this.#base = { epoch: end.epoch, last: index };
    this.#ends = this.#ends.filter(({ last }) => last > index);
  }

  /** Where an entry stands, if it is among the newest. */
  positionAt(index: number): Position | undefined {
    return index === this.#last.index ? this.#last : this.#entryAt(index);
  }

  /** At most so many entries from an index on, those behind `until` not; undefined where they are not in memory. */
  read(from: number, until: number, max: number): Entry[] | undefined {
    if (!this.#entryAt(from)) return undefined;
    const at = from - this.#tail[0]!.index;
    return this.#tail.slice(at, at + Math.min(max, until - from + 1));
  }

  /** Makes room: of what is applied, the oldest entries leave the memory. */
  forget(applied: number): void {
    if (!this.#isFilled(KEPT)) return;
    let count = 0;
    while (count < this.#tail.length && this.#tail[count]!.index < applied && count < this.#tail.length / 2) {
      this.#tailLength -= this.#tail[count++]!.line.length;
    }
    this.#tail.splice(0, count);
  }

  #isFilled(part: number): boolean {
    return this.#tail.length >= TAIL_ENTRIES_MAX * part || this.#tailLength >= TAIL_LENGTH_MAX * part;
  }

  #entryAt(index: number): Entry | undefined {
    const first = this.#tail[0];
    return first && this.#tail[index - first.index];
  }
}
