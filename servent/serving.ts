/** One core at work on one open port: does what the core decides, and counts it. All of a servent, or one worker of several. */

import { strict as assert } from 'node:assert';
import { type Endpoint, formatIp } from '../shared/endpoint';
import type { Transport, TransportEvents } from '../shared/udp/transport';
import type { ServentCore } from './core';
import { type Counted, type Counters, countingIn } from './counters';
import type { DefenceReason } from './defences';
import { ObservedServent, type ServentObserver } from './observed-servent';
import type { Outbox } from './outbox';
import type { PairTable } from './pair-table';
import { tracer, tracing } from './trace';

/** What serves a servent's port: one core in this thread, or one in each of several workers. */
export interface ServedPort {
  readonly local: Endpoint;
  readonly io: 'dgram' | 'batch';
  /** What is counted so far, and what the kernel threw away; undefined where it does not show that. */
  counted(): Counted & { kernelDrops: number | undefined };
  /** Puts other pairs in the place of those before, at once and whole; done when nobody answers from those before any more. */
  setPairs(pairs: PairTable): Promise<void>;
  /** Stops serving and frees the port. */
  close(): Promise<void>;
}

export interface ServingOptions {
  /** Where it counts. */
  counters: Counters;
  observer?: Partial<ServentObserver> | undefined;
  onNotice(reason: DefenceReason, address: string): void;
}

export class Serving implements ServedPort, TransportEvents, Outbox {
  readonly #core: ServentCore;
  readonly #options: ServingOptions;
  readonly #observed: ObservedServent;
  #transport: Transport | undefined;
  #closed = false;
  #kernelDrops: number | undefined;

  constructor(core: ServentCore, options: ServingOptions) {
    const { counters, observer } = options;
    this.#core = core;
    this.#options = options;
    this.#observed = new ObservedServent(core, [
      countingIn(counters),
      ...(tracing ? [tracer] : []),
      ...(observer ? [observer] : []),
    ]);
  }

  /** Serves what `openTransport` opens. @throws what that throws */
  async open(openTransport: (events: TransportEvents) => Transport | Promise<Transport>): Promise<void> {
    this.#transport = await openTransport(this);
  }

  get local(): Endpoint {
    return this.#opened.local;
  }

  get io(): 'dgram' | 'batch' {
    return this.#opened.kind;
  }

  counted(): Counted & { kernelDrops: number | undefined } {
    const { seenCount, wouldDrop } = this.#core;
    const kernelDrops = this.#kernelDrops ?? this.#opened.kernelDrops();
    return { ...structuredClone(this.#options.counters), seen: seenCount, wouldDrop, kernelDrops };
  }

  async setPairs(pairs: PairTable): Promise<void> {
    this.#core.pairs = pairs;
  }

  async close(): Promise<void> {
    // A closed socket can no longer be asked.
    if (!this.#closed) this.#kernelDrops = this.#opened.kernelDrops();
    this.#closed = true;
    await this.#opened.close();
  }

  received(datagram: Uint8Array, from: Endpoint, nowMs: number): void {
    this.#observed.receive(datagram, from, nowMs, this);
  }

  sendFailed(code: string, to: Endpoint): void {
    this.#observed.sendFailed(code, to);
  }

  answer(response: Uint8Array, client: Endpoint): void {
    this.#opened.send(response, client);
  }

  forward(query: Uint8Array, neighbours: readonly Endpoint[], except: Endpoint | undefined): void {
    this.#opened.sendEach(query, neighbours, except);
  }

  /** Nothing is done about what is dropped; the observers know. */
  drop(): void {}

  notice(reason: DefenceReason, ip: number): void {
    this.#options.onNotice(reason, formatIp(ip));
  }

  get #opened(): Transport {
    assert(this.#transport, 'the port is bound');
    return this.#transport;
  }
}
