/** Clients' requests that wait for something: each is answered once, with what became of it, or at its deadline. */

import type { Entry, Operation } from '../entry';
import type { Reply } from '../state-machine';
import type { Answer, Outbox, Token } from './outbox';

/** Requests that wait at one replica at most; one more is refused. */
const OPEN_MAX = 10_000;

/** Who waits for one entry to be applied. */
interface Written {
  epoch: number;
  sum: string;
  tokens: Token[];
}

export interface PendingRead {
  token: Token;
  operation: Operation;
  atLeast: number;
}

export class Clients {
  readonly #out: Outbox;
  readonly #requestMs: number;
  /** By token, when each must be answered: all wait equally long, so the first is the next. Bounded by OPEN_MAX. */
  readonly #open = new Map<Token, number>();
  /**
   * Who waits for an entry, by its index. One that is cut off stays: another replica may still have it, take over, and bring it
   * back; its fate is known when an entry at its index, or one of a later epoch before it, is applied. What is taken out is
   * emptied, for it may hang on the map until the next full collection. Bounded by OPEN_MAX.
   */
  readonly #written = new Map<number, Written[]>();
  /** At a leader: its entries not applied yet that have a request identity, by that; emptied as those above. */
  readonly #underWay = new Map<string, { entry: Entry | undefined }>();
  /** Of the last entry applied. */
  #epoch = 0;
  /** Reads that wait for an index to be applied. Bounded by OPEN_MAX. */
  #later: PendingRead[] = [];

  constructor(out: Outbox, requestMs: number) {
    this.#out = out;
    this.#requestMs = requestMs;
  }

  /** When the next deadline is; Infinity when nobody waits. */
  get nextMs(): number {
    const [first] = this.#open.values();
    return first ?? Number.POSITIVE_INFINITY;
  }

  /** Takes a request in; false when it was refused, for too many wait. */
  admit(token: Token, nowMs: number): boolean {
    this.#open.set(token, nowMs + this.#requestMs);
    if (this.#open.size <= OPEN_MAX) return true;
    this.answer(token, { kind: 'refused', reason: `too many requests wait at this replica: ${OPEN_MAX}` });
    return false;
  }

  isOpen(token: Token): boolean {
    return this.#open.has(token);
  }

  /** Answers, unless the deadline has done so. */
  answer(token: Token, answer: Answer): void {
    if (this.#open.delete(token)) this.#out.answer(token, answer);
  }

  /** An entry was made for a client. */
  wrote(entry: Entry, token: Token): void {
    if (entry.request !== undefined) this.#underWay.set(entry.request, { entry });
    this.#await(entry, token);
  }

  /** Lets a client wait for an entry that somebody asked for under the same identity; false when there is none. */
  join(request: string, token: Token): boolean {
    const entry = this.#underWay.get(request)?.entry;
    if (entry) this.#await(entry, token);
    return entry !== undefined;
  }

  /** An entry was applied: whoever waits for it has its reply, and whoever waits for another at its place waits in vain. */
  applied(entry: Entry, reply: Reply, leader: string | undefined): void {
    if (entry.request !== undefined) this.#noLongerUnderWay(entry.request);
    if (entry.epoch > this.#epoch) this.#begun(entry.epoch, leader);
    const written = this.#written.get(entry.index);
    if (!written) return;
    this.#written.delete(entry.index);
    for (const { sum, tokens } of written.splice(0)) {
      const isIt = sum === entry.sum;
      const answer: Answer = isIt ? { kind: 'reply', reply, index: entry.index } : { kind: 'not-leader', leader };
      for (const token of tokens) this.answer(token, answer);
    }
  }

  /** A snapshot took the place of the entries: what became of them does not show. */
  restarted(leader: string | undefined): void {
    const reason = 'a snapshot took the place of the log before the write was confirmed';
    for (const { tokens } of [...this.#written.values()].flat()) {
      for (const token of tokens) this.answer(token, { kind: 'unknown', reason, leader });
    }
    this.#written.clear();
    this.notLeading();
  }

  /** Only a leader knows what is under way. What waits for its entries goes on waiting: the next leader may complete them. */
  notLeading(): void {
    this.#underWay.clear();
  }

  /** A read waits until its index is applied. */
  postpone(read: PendingRead): void {
    this.#later.push(read);
  }

  /** The reads whose index is applied. */
  due(applied: number): PendingRead[] {
    if (this.#later.length === 0) return [];
    const due = this.#later.filter(({ atLeast }) => atLeast <= applied);
    if (due.length > 0) this.#later = this.#later.filter(({ atLeast }) => atLeast > applied);
    return due;
  }

  /** Ends the waiting of those whose deadline has come. */
  wake(nowMs: number, leader: string | undefined): void {
    let expired = false;
    for (const [token, deadlineMs] of this.#open) {
      if (deadlineMs > nowMs) break;
      const reason = `not confirmed within ${this.#requestMs / 1000} s`;
      this.answer(token, { kind: 'unknown', reason, leader });
      expired = true;
    }
    if (expired) this.#later = this.#later.filter(({ token }) => this.#open.has(token));
  }

  #noLongerUnderWay(request: string): void {
    const underWay = this.#underWay.get(request);
    if (!underWay) return;
    underWay.entry = undefined;
    this.#underWay.delete(request);
  }

  /** No entry of an epoch before comes behind one of this: whoever waits for such waits in vain, though nothing else be written. */
  #begun(epoch: number, leader: string | undefined): void {
    this.#epoch = epoch;
    for (const written of this.#written.values()) {
      const inVain = written.filter((one) => one.epoch < epoch);
      for (const { tokens } of inVain) for (const token of tokens) this.answer(token, { kind: 'not-leader', leader });
    }
  }

  #await({ index, epoch, sum }: Entry, token: Token): void {
    let written = this.#written.get(index);
    if (!written) this.#written.set(index, (written = []));
    const same = written.find((one) => one.sum === sum);
    if (same) same.tokens.push(token);
    else written.push({ epoch, sum, tokens: [token] });
  }
}
