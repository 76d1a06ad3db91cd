/**
 * The configuration record as this replica may depend on it: changes are its own proposals, one at a time, each decided by the
 * result of compare-and-set. One whose outcome is unknown is asked again, the very same, until it is known (store
 * specification, section 4, rule 7).
 */

import type { ChangeOutcome, Configuration } from '../coordination/coordination';
import type { Outbox } from './outbox';

export class Ballot {
  readonly #out: Outbox;
  readonly #retryMs: number;
  /** The latest record seen, or made. */
  latest: Configuration | undefined;
  /** The service said that there is no record, and none was seen since. */
  absent = false;
  /** What is being proposed, or may have come to be the record without our knowing. */
  proposed: Configuration | undefined;
  #decided: (done: boolean) => void = () => {};
  /** An attempt at the proposal ended with an unknown outcome: a later refusal does not say what became of it. */
  #doubtful = false;
  #asked: 'change' | 'read' | undefined;
  #retryAtMs = Number.POSITIVE_INFINITY;

  constructor(out: Outbox, retryMs: number) {
    this.#out = out;
    this.#retryMs = retryMs;
  }

  /** May nothing be proposed now? */
  get busy(): boolean {
    return this.proposed !== undefined || this.#asked !== undefined;
  }

  /** When to ask again; Infinity when there is nothing to ask, or an answer is awaited. */
  get nextMs(): number {
    return this.#asked === undefined ? this.#retryAtMs : Number.POSITIVE_INFINITY;
  }

  /** Calls `decided` once it is known whether this became the record. */
  propose(next: Configuration, decided: (done: boolean) => void): void {
    this.proposed = next;
    this.#decided = decided;
    this.#doubtful = false;
    this.#change();
  }

  /** A record was seen. It tells whom to follow; whether a proposal of ours was taken, only its outcome does. */
  seen(record: Configuration | undefined): void {
    if (!record) {
      this.absent = this.latest === undefined;
      return;
    }
    this.absent = false;
    if (this.proposed && isSame(record, this.proposed)) return;
    if (!this.latest || record.version > this.latest.version) this.latest = record;
  }

  changed(outcome: ChangeOutcome, nowMs: number): void {
    if (this.#asked !== 'change') return;
    this.#asked = undefined;
    if (outcome === 'done') return this.#decide(true);
    if (outcome === 'refused' && !this.#doubtful) this.#decide(false);
    if (outcome === 'unknown') this.#doubtful = true;
    this.#retryAtMs = outcome === 'unknown' ? nowMs + this.#retryMs : nowMs;
  }

  /** What the record is: a proposal in doubt is decided by it, unless it may still come to be. */
  read(record: Configuration | undefined): void {
    if (this.#asked !== 'read') return;
    this.#asked = undefined;
    this.seen(record);
    const { proposed } = this;
    if (!proposed) return;
    if (record && isSame(record, proposed)) this.#decide(true);
    else if ((record?.version ?? 0) >= proposed.version) this.#decide(false);
    else this.#change();
  }

  unreadable(nowMs: number): void {
    if (this.#asked !== 'read') return;
    this.#asked = undefined;
    this.#retryAtMs = nowMs + this.#retryMs;
  }

  /** Somebody speaks of what was not seen here: read the record when there is nothing else to ask. */
  ask(nowMs: number): void {
    this.#retryAtMs = Math.min(this.#retryAtMs, nowMs);
  }

  wake(nowMs: number): void {
    if (nowMs < this.nextMs) return;
    this.#asked = 'read';
    this.#retryAtMs = Number.POSITIVE_INFINITY;
    this.#out.readRecord();
  }

  #change(): void {
    this.#asked = 'change';
    this.#retryAtMs = Number.POSITIVE_INFINITY;
    this.#out.change(this.proposed!);
  }

  #decide(done: boolean): void {
    const { proposed } = this;
    this.proposed = undefined;
    this.#retryAtMs = Number.POSITIVE_INFINITY;
    if (done) {
      this.absent = false;
      if (!this.latest || proposed!.version > this.latest.version) this.latest = proposed;
    }
    this.#decided(done);
  }
}

/** No two proposals are the same but those of one replica in one life: an epoch is tried once, and its leader alone counts versions. */
function isSame(one: Configuration, other: Configuration): boolean {
  return (
    one.version === other.version &&
    one.epoch === other.epoch &&
    one.leader === other.leader &&
    one.inSync.length === other.inSync.length &&
    one.inSync.every(({ id }, i) => id === other.inSync[i]!.id)
  );
}
