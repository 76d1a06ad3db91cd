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
    this.#look();
    this.#untilMs = untilMs;
    if (this.#clock.nowMs() < untilMs) this.#turn(true);
    this.#look();
  }

  /** The service says that it is over. */
  drop(): void {
    this.#untilMs = Number.NEGATIVE_INFINITY;
    this.#look();
  }

  /** Nothing is told any more. */
  close(): void {
    this.#cancel();
    this.#untilMs = Number.NEGATIVE_INFINITY;
    this.#told = false;
  }

  /** Tells it if the time is over; looks again when it may be. Timers are called up to a millisecond early. */
  #look(): void {
    this.#cancel();
    if (!this.holds) this.#turn(false);
    else this.#cancel = this.#clock.after(this.#untilMs - this.#clock.nowMs(), () => this.#look());
  }

  #turn(held: boolean): void {
    if (this.#told === held) return;
    this.#told = held;
    this.#tell(held);
  }
}
