/**
 * A disk that takes its time, in virtual time: writes are on it in the order they were given, each only when it is flushed. What
 * is not flushed when the host dies is there or not, the last of it perhaps in part.
 */

import type { Delay } from './path';
import type { Random } from './random';
import type { Timeline } from './timeline';

export class Disk<Item> {
  readonly #timeline: Timeline;
  readonly #random: Random;
  /** How long a flush takes; may be changed. */
  delay: Delay;
  /** Every write from now on fails. */
  failing = false;
  #waiting: { item: Item; done: (failed: boolean) => void }[] = [];
  #flushing = false;
  #life = 0;
  readonly #store: (item: Item) => void;

  /** `store` makes an item part of what is on the disk. */
  constructor(timeline: Timeline, random: Random, delay: Delay, store: (item: Item) => void) {
    this.#timeline = timeline;
    this.#random = random;
    this.delay = delay;
    this.#store = store;
  }

  /** Calls `done` when the item is flushed, or has failed. */
  write(item: Item, done: (failed: boolean) => void): void {
    this.#waiting.push({ item, done });
    this.#flush();
  }

  /** The host dies. Gives the first item that did not come whole, if any was on its way there. */
  crash(): Item | undefined {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#flushing = false;
    this.#life++;
    if (this.failing || waiting.length === 0) return undefined;
    const whole = this.#random.below(waiting.length + 1);
    for (const { item } of waiting.slice(0, whole)) this.#store(item);
    return waiting[whole]?.item;
  }

  /** One flush for all that waits. */
  #flush(): void {
    if (this.#flushing || this.#waiting.length === 0) return;
    this.#flushing = true;
    const count = this.#waiting.length;
    const life = this.#life;
    this.#timeline.after(this.delay(this.#random), () => {
      if (life !== this.#life) return;
      this.#flushing = false;
      const flushed = this.#waiting.splice(0, count);
      for (const { item } of flushed) if (!this.failing) this.#store(item);
      for (const { done } of flushed) {
        if (life === this.#life) done(this.failing);
      }
      if (life === this.#life) this.#flush();
    });
  }
}
