/** A node's receive buffer: what arrived while it was busy or paused. */

import type { Endpoint } from '../shared/endpoint';

/** A datagram as the network keeps it: bytes that all its copies share, and what is this copy's own. */
export interface Parcel {
  datagram: Uint8Array;
  /** The two bytes in which copies differ. */
  word: number;
  from: Endpoint;
}

export class Inbox {
  paused = false;
  /** What the node is busy with. */
  serving: Parcel | undefined;
  readonly #max: number;
  /** Bounded by `max`; what does not fit is refused. */
  #waiting: Parcel[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  /** False when it is full. */
  put(parcel: Parcel): boolean {
    if (this.#waiting.length >= this.#max) return false;
    this.#waiting.push(parcel);
    return true;
  }

  /** Takes the one that has waited longest, unless the node is paused or busy. */
  take(): Parcel | undefined {
    return this.paused || this.serving ? undefined : this.#waiting.shift();
  }

  /** Gives back what was being served when the pause came. */
  putBack(): void {
    if (this.serving) this.#waiting.unshift(this.serving);
    this.serving = undefined;
  }

  /** Everything in it, for a node that dies. */
  empty(): Parcel[] {
    this.putBack();
    const all = this.#waiting;
    this.#waiting = [];
    return all;
  }
}
