/** What a leader knows of one other replica: how far it is, what is on its way to it, and since when it owes an answer. */

import type { Member } from '../coordination/coordination';
import type { Snapshot } from '../state-machine';
import type { Link } from './outbox';

/** Messages of entries on their way to one follower at most: what it does not take does not fill our memory. */
const ON_THE_WAY_MAX = 16;

/** Messages of a snapshot on their way to one follower at most. */
const SNAPSHOT_ON_THE_WAY_MAX = 4;

/** What it gets: entries, a snapshot, or nothing yet, for it must leave the configuration before it may have a snapshot. */
export type Feed = 'entries' | 'snapshot' | 'leave first';

export class Peer {
  readonly member: Member;
  /** Undefined for one that is in sync and has not come yet since the epoch began. */
  readonly link: Link | undefined;
  feed: Feed = 'entries';
  /** In sync, and without something that was committed: to be taken out before anything else. */
  lost = false;
  /** All up to here it has on disk; -1 until it says so. */
  acked = -1;
  /** What it had before it was sent entries. */
  had = 0;
  /** Index of the next entry to send. */
  next = 0;
  /** The last round that it confirmed, and the last that it was told. */
  confirmed = 0;
  told = { committed: -1, round: 0, hash: 0 };
  /** The journal was asked for its next entries. */
  reading = false;
  snapshot: Snapshot | undefined;
  /** Messages of the snapshot not yet taken. */
  untaken = 0;
  /** When it last said anything, and when it last came further or had nothing to come further with. */
  heardMs: number;
  progressMs: number;
  /** The last index of each message not yet acknowledged. Bounded by ON_THE_WAY_MAX. */
  #sent: number[] = [];

  constructor(member: Member, link: Link | undefined, nowMs: number) {
    this.member = member;
    this.link = link;
    this.heardMs = nowMs;
    this.progressMs = nowMs;
  }

  /** Entries follow behind this index. */
  start(after: number): void {
    this.feed = 'entries';
    this.had = after;
    this.next = after + 1;
    this.acked = -1;
    this.#sent = [];
  }

  get mayBeSent(): boolean {
    return this.#sent.length < ON_THE_WAY_MAX && !this.reading;
  }

  get mayBeSentSnapshot(): boolean {
    return this.untaken < SNAPSHOT_ON_THE_WAY_MAX;
  }

  sent(last: number, nowMs: number): void {
    if (this.#sent.length === 0) this.progressMs = nowMs;
    this.#sent.push(last);
    this.next = last + 1;
  }

  acknowledged(index: number, round: number, nowMs: number): void {
    if (index > this.acked) this.progressMs = nowMs;
    this.acked = index;
    this.confirmed = Math.max(this.confirmed, round);
    while (this.#sent.length > 0 && this.#sent[0]! <= index) this.#sent.shift();
  }

  /** Has it answered what it had to within this time? */
  isInTime(nowMs: number, waitMs: number): boolean {
    const owes = this.#sent.length > 0 || this.untaken > 0;
    return nowMs - this.heardMs < waitMs && !(owes && nowMs - this.progressMs >= waitMs);
  }

  close(): void {
    this.snapshot?.close();
    this.snapshot = undefined;
  }
}
