/**
 * A servent of one or several workers: cores behind one address, each with its supervisor, fed by the function that the kernel
 * obeys. What supervisors of one servent must see together stands here too: to whoever asks it, it is one.
 */

import type { ServentCore } from '../../../../servent/core';
import type { Outbox, Receiver } from '../../../../servent/outbox';
import type { workerOf } from '../../../../servent/workers/distribution';
import type { Endpoint } from '../../../../shared/endpoint';
import type { SupervisedServent } from './supervised-servent';

/** What worlds run: the real ones, or one with a planted bug. */
export interface Parts {
  ServentCore: typeof ServentCore;
  workerOf: typeof workerOf;
}

export class SupervisedWorkers implements Receiver {
  readonly workers: readonly SupervisedServent[];
  readonly #workerOf: typeof workerOf;

  constructor(workers: readonly SupervisedServent[], { workerOf }: Parts) {
    this.workers = workers;
    this.#workerOf = workerOf;
  }

  receive(datagram: Uint8Array, from: Endpoint, nowMs: number, network: Outbox): void {
    this.workers[this.#workerOf(datagram, from, this.workers.length)]!.receive(datagram, from, nowMs, network);
  }
}
