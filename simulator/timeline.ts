/** Virtual time for whatever is no datagram: things that will happen, earliest first, each a function. */

import { EventQueue } from './event-queue';

export class Timeline {
  readonly #queue = new EventQueue<() => void>();
  nowMs = 0;
  /** How much has happened. */
  happened = 0;

  /** Something will happen at this time, or now if it is past. */
  at(atMs: number, happens: () => void): void {
    this.#queue.push(Math.max(atMs, this.nowMs), 0, 0, 0, 0, happens);
  }

  after(ms: number, happens: () => void): void {
    this.at(this.nowMs + ms, happens);
  }

  /** Lets everything happen up to this time. */
  run(untilMs: number): void {
    while (this.#queue.nextMs <= untilMs && this.#queue.pop()) {
      this.nowMs = this.#queue.atMs;
      this.happened++;
      this.#queue.item!();
    }
    this.nowMs = untilMs;
  }
}
