/**
 * Is our session held? Told by our own clock alone, so that one who was paused knows it as soon as he goes on, whatever the service
 * would say.
 */

import type { Clock } from './clock';

export class Fence {
  readonly #clock: Clock;
  readonly #tell: (held: boolean) => void;
  #untilMs = Number.NEGATIVE_INFINITY;
  #told = false;
  #cancel = () => {};

  constructor(clock: Clock, tell: (held: boolean) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  get holds(): boolean {
    return this.#told && this.#clock.nowMs() < this.#untilMs;
  }

  /** The session holds until then, unless this is called again before. Tells what is new: that it lapsed meanwhile, too. */
  hold(untilMs: number): void {
    this.lapse();
    this.#untilMs = untilMs;
    const leftMs = untilMs - this.#clock.nowMs();
    if (leftMs <= 0) return;
    this.#cancel();
    this.#cancel = this.#clock.after(leftMs, () => this.lapse());
    this.#turn(true);
  }

  /** Tells it if the time is over. */
  lapse(): void {
    if (!this.holds) this.#turn(false);
  }

  /** The service says that it is over. */
  drop(): void {
    this.#untilMs = Number.NEGATIVE_INFINITY;
    this.lapse();
  }

  /** Nothing is told any more. */
  close(): void {
    this.#cancel();
    this.#untilMs = Number.NEGATIVE_INFINITY;
    this.#told = false;
  }

  #turn(held: boolean): void {
    if (this.#told === held) return;
    this.#told = held;
    this.#tell(held);
  }
}
