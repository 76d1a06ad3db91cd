/** A clock that tests move: nothing waits, and what is due is called in the order of time. */

import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../../store/coordination/clock';

export class VirtualClock implements Clock {
  #nowMs = 1_000_000;
  readonly #timers = new Set<{ atMs: number; callback: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(waitMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + waitMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that were neither called nor cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets so much time go by, and all that comes of it happen. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await turn();
    for (;;) {
      const due = [...this.#timers].sort((a, b) => a.atMs - b.atMs)[0];
      if (!due || due.atMs > endMs) break;
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      this.#timers.delete(due);
      due.callback();
      await turn();
    }
    this.#nowMs = endMs;
  }
}
