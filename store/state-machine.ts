/**
 * What the log is applied to: one contract between the core, that decides when, and the documents, that decide what. All of it
 * is synchronous and deterministic: the same entries give the same replies and the same state on every replica.
 */

import type { Entry, Json, Operation, Position } from './entry';

/** What a client is told: `["ok", result]` or `["ko", reason]`. */
export type Reply = readonly ['ok', Json] | readonly ['ko', string];

export interface StateMachine {
  /** The last entry applied; `START` before the first. */
  readonly applied: Position;
  /** Too much of what was applied waits for the disk: nothing more is to be applied or restored before `room` resolves. */
  readonly isFull: boolean;
  /**
   * How many of these entries, which are the next, may be applied now. One for which much is to be looked through waits, and those
   * behind it: 0 tells to ask again soon, for each call looks on for some milliseconds.
   */
  ready(entries: readonly Entry[]): number;
  /** Applies committed entries, in order and with the applied position in one transaction; a reply for each. */
  apply(entries: readonly Entry[]): Reply[];
  /** Answers a question from what is applied; where much is to be looked through, piece by piece. */
  read(operation: Operation): Reply | Reading;
  /** The first reply to a request of this identity, where it was applied less than an hour of the log's time ago. */
  firstReply(request: string): Reply | undefined;
  /** Of all that is in the state: equal on replicas with equal positions. Hex. */
  hash(): string;
  /** The whole state as it is now, however much is applied while it is read. */
  snapshot(): Snapshot;
  /** Throws everything away, and takes what a snapshot of another replica held. */
  restore(position: Position): Restore;
  /**
   * Resolves with the position that survives a power cut: the log before it is not needed any more to build the state anew. What
   * `apply` returned is not flushed; without this it may all be lost, but never in part.
   */
  flush(): Promise<Position>;
  /** Resolves when the disk has taken some of what waits for it. */
  room(): Promise<void>;
}

/** A question that takes long. It is answered from the state as it was when it was asked, whatever is applied meanwhile. */
export interface Reading {
  /** Looks on for some milliseconds. The reply, when all was looked through; then it is closed. */
  next(): Reply | undefined;
  /** Gives it up. */
  close(): void;
}

export interface Snapshot {
  readonly position: Position;
  readonly hash: string;
  /** The next lines of JSON, about `maxBytes` of them and at least one; undefined behind the last. */
  next(maxBytes: number): string[] | undefined;
  close(): void;
}

export interface Restore {
  add(lines: readonly string[]): void;
  /** Makes it the state. @throws Error when its hash is another; the state is then empty at position 0 */
  finish(hash: string): void;
}
