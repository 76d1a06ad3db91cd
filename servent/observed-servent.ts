/**
 * The one place from which a servent's core is watched: by counters, traces, the simulator, tests. Stands between the core and
 * whoever calls it, and holds that every datagram has exactly one outcome. Where nobody watches, it is left out, and costs nothing.
 */

import { strict as assert } from 'node:assert';
import type { Endpoint } from '../shared/endpoint';
import type { DefenceReason } from './defences';
import type { DropReason, Outbox, Receiver } from './outbox';

/** What became of a datagram that was not dropped. */
export type Handled = 'answered' | 'forwarded' | 'both';

/**
 * Sees everything that a core hears and decides, before it is done. What follows `received` belongs to that datagram. Bytes are
 * lent: copy what is kept.
 */
export interface ServentObserver {
  received(datagram: Uint8Array, from: Endpoint, nowMs: number): void;
  answered(response: Uint8Array, client: Endpoint): void;
  /** Called for each neighbour; `ttlOf(query)` tells the hops it has left. */
  forwarded(query: Uint8Array, neighbour: Endpoint): void;
  /** The datagram had no effect. */
  dropped(reason: DropReason, from: Endpoint): void;
  /** The datagram had these effects. */
  handled(how: Handled): void;
  /** The system refused to send a datagram, by its name for why. */
  sendFailed(code: string, to: Endpoint): void;
}

/** What can be seen, by name. */
export const OBSERVED: readonly (keyof ServentObserver)[] = [
  'received',
  'answered',
  'forwarded',
  'dropped',
  'handled',
  'sendFailed',
];

export class ObservedServent implements Receiver, Outbox {
  readonly core: Receiver;
  readonly #observers: readonly Partial<ServentObserver>[];
  /** Where effects go on to; undefined between datagrams. */
  #out: Outbox | undefined;
  #from: Endpoint = 0;
  #answered = false;
  #forwarded = false;
  #dropped = false;

  constructor(core: Receiver, observers: readonly Partial<ServentObserver>[]) {
    this.core = core;
    this.#observers = observers;
  }

  /** @throws AssertionError when the core gives the datagram no outcome, or two */
  receive(datagram: Uint8Array, from: Endpoint, nowMs: number, out: Outbox): void {
    this.#out = out;
    this.#from = from;
    this.#answered = this.#forwarded = this.#dropped = false;
    for (const observer of this.#observers) observer.received?.(datagram, from, nowMs);
    this.core.receive(datagram, from, nowMs, this);
    this.#out = undefined;
    const handled = this.#answered || this.#forwarded;
    assert(handled !== this.#dropped, 'a datagram is answered, forwarded, both, or dropped');
    if (!handled) return;
    const how = !this.#forwarded ? 'answered' : this.#answered ? 'both' : 'forwarded';
    for (const observer of this.#observers) observer.handled?.(how);
  }

  answer(response: Uint8Array, client: Endpoint): void {
    assert(!this.#answered, 'a datagram is answered once');
    this.#answered = true;
    for (const observer of this.#observers) observer.answered?.(response, client);
    this.#opened.answer(response, client);
  }

  forward(query: Uint8Array, neighbours: readonly Endpoint[], except: Endpoint | undefined): void {
    for (const neighbour of neighbours) {
      if (neighbour === except) continue;
      this.#forwarded = true;
      for (const observer of this.#observers) observer.forwarded?.(query, neighbour);
    }
    this.#opened.forward(query, neighbours, except);
  }

  drop(reason: DropReason): void {
    assert(!this.#dropped, 'a datagram is dropped once');
    this.#dropped = true;
    for (const observer of this.#observers) observer.dropped?.(reason, this.#from);
    this.#opened.drop(reason);
  }

  notice(reason: DefenceReason, ip: number): void {
    this.#opened.notice(reason, ip);
  }

  /** For the shell: tells the observers that a datagram could not be sent. */
  sendFailed(code: string, to: Endpoint): void {
    for (const observer of this.#observers) observer.sendFailed?.(code, to);
  }

  get #opened(): Outbox {
    assert(this.#out, 'a core decides about the datagram at hand alone');
    return this.#out;
  }
}
