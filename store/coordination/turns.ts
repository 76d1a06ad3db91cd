/** One thing done again and again: when somebody asks, and after a while by itself; never twice at once. */

import type { Clock } from './clock';

export class Turns {
  readonly #clock: Clock;
  readonly #turn: () => Promise<number>;
  #underWay: Promise<void> | undefined;
  /** Somebody asked since the last turn began. */
  #asked = false;
  #closed = false;
  #cancel = () => {};

  /** @param turn gives after how many ms the next is due */
  constructor(clock: Clock, turn: () => Promise<number>) {
    this.#clock = clock;
    this.#turn = turn;
  }

  /** A turn begins, now or as soon as the one under way is done: one for all who ask meanwhile. */
  ask(): void {
    this.#asked = true;
    this.#underWay ??= Promise.resolve().then(() => this.#turns());
  }

  /** None begins any more. Resolves when the one under way is done. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#underWay;
  }

  async #turns(): Promise<void> {
    this.#cancel();
    let waitMs = 0;
    while (this.#asked && !this.#closed) {
      this.#asked = false;
      waitMs = await this.#turn();
    }
    this.#underWay = undefined;
    if (!this.#closed) this.#cancel = this.#clock.after(waitMs, () => this.ask());
  }
}
