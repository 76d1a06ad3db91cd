/** What is on its way to the disk, and what waits for it: effects that depend on a write leave when it is flushed, not before. */

import type { ReplicaLog } from './log';
import type { Outbox, Write } from './outbox';

interface Pending {
  ticket: number;
  /** The log is flushed up to here when this is, or further by those before it; lowered when entries are cut off meanwhile. */
  flushes: number;
  then: (() => void) | undefined;
}

export class Disk {
  readonly #log: ReplicaLog;
  readonly #out: Outbox;
  #ticket = 0;
  /** Bounded by what a leader sends before it is acknowledged, and by the log's tail. */
  #pending: Pending[] = [];

  constructor(log: ReplicaLog, out: Outbox) {
    this.#log = log;
    this.#out = out;
  }

  /** Is anything on its way? */
  get isBusy(): boolean {
    return this.#pending.length > 0;
  }

  /** Gives something to the disk; when it is flushed, `then` is called. */
  write(write: Write, then?: () => void): void {
    if (write.kind === 'truncate') for (const item of this.#pending) item.flushes = Math.min(item.flushes, write.after);
    if (write.kind === 'restart') for (const item of this.#pending) item.flushes = 0;
    let flushes = 0;
    if (write.kind === 'append') flushes = write.entries.at(-1)!.index;
    if (write.kind === 'restart') flushes = write.at.index;
    this.#pending.push({ ticket: ++this.#ticket, flushes, then });
    this.#out.persist(this.#ticket, write);
  }

  /** Calls when all that was given until now is flushed. */
  whenFlushed(then: () => void): void {
    const last = this.#pending.at(-1);
    if (!last) return then();
    this.#pending.push({ ticket: last.ticket, flushes: last.flushes, then });
  }

  /** All up to this ticket is flushed. */
  done(ticket: number): void {
    while (this.#pending.length > 0 && this.#pending[0]!.ticket <= ticket) {
      const { flushes, then } = this.#pending.shift()!;
      this.#log.flushed = Math.max(this.#log.flushed, flushes);
      then?.();
    }
  }
}
