/**
 * A network in virtual time: nodes at places, joined by paths that delay, lose, duplicate and reorder. It knows no program's
 * messages. One seed decides everything; the same calls with the same seed give the same events, bit for bit.
 *
 * Places from 0 up to `places` stand for good, and a node may die there and come back. Places beyond are guests': they come, and
 * leave for ever.
 */

import { strict as assert } from 'node:assert';
import type { Endpoint } from '../shared/endpoint';
import { EventQueue } from './event-queue';
import { Inbox } from './inbox';
import { KeptDatagrams } from './kept-datagrams';
import type { LossReason, NetworkObserver, Node, NodeChange } from './node';
import type { Path } from './path';
import type { Random } from './random';

export interface NetworkOptions<Out> {
  /** Places that stand for good. */
  places: number;
  /** Decides delays and losses. */
  random: Random;
  /** What every node decides into. */
  out: Out;
  endpointOf: (place: number) => Endpoint;
  /** The place at an endpoint; -1 where nobody ever was. */
  placeAt: (endpoint: Endpoint) => number;
  /** The path from one place to another; who sends from an address that is nobody's is at place -1. */
  pathBetween: (from: number, to: number) => Path;
  /** Offset of two bytes in which copies of one datagram may differ, so that a flood's copies share the rest. Default: none. */
  wordAt?: number | undefined;
  /** Datagrams that each receive buffer holds while its node is busy or paused. Default: no bound. */
  bufferMax?: number | undefined;
  observers?: readonly Partial<NetworkObserver>[] | undefined;
}

/** Kinds of events. */
const ARRIVAL = 0;
const SERVED = 1;
const WAKE = 2;
const ACTION = 3;

type Item = Uint8Array | Inbox | undefined | (() => void);

export class Network<Out> {
  /** Virtual time, milliseconds since the beginning. */
  nowMs = 0;
  /** Datagrams that reached a node. */
  deliveries = 0;
  /** How long a node that is no guest is busy with each datagram, milliseconds. */
  serviceMs = 0;
  readonly #options: NetworkOptions<Out>;
  readonly #observers: readonly Partial<NetworkObserver>[];
  /** Bounded by the datagrams on their way, and the wakes and actions asked for. */
  readonly #queue = new EventQueue<Item>();
  readonly #kept: KeptDatagrams;
  /** By place; undefined while dead. */
  readonly #nodes: (Node<Out> | undefined)[];
  /** By place. Bounded by the guests who have not left. */
  readonly #guests = new Map<number, Node<Out>>();
  /** Receive buffers, of those places that have needed one. Bounded by the places. */
  readonly #inboxes = new Map<number, Inbox>();
  /** Who is sending. */
  #sender = -1;
  #senderEndpoint: Endpoint = 0;

  constructor(options: NetworkOptions<Out>) {
    this.#options = options;
    this.#observers = options.observers ?? [];
    this.#kept = new KeptDatagrams(options.wordAt);
    this.#nodes = new Array<undefined>(options.places).fill(undefined);
  }

  /** Events that are still to come. */
  get pending(): number {
    return this.#queue.size;
  }

  /** Guests who have not left. */
  get guests(): number {
    return this.#guests.size;
  }

  /** The node at a place; undefined for the dead, and for guests who have left. */
  nodeAt(place: number): Node<Out> | undefined {
    return place < this.#nodes.length ? this.#nodes[place] : this.#guests.get(place);
  }

  /** Puts a node at a place where none is; a guest for every place beyond those that stand for good. */
  enter(place: number, node: Node<Out>): void {
    assert(!this.nodeAt(place), 'one node stands at a place');
    if (place < this.#nodes.length) this.#nodes[place] = node;
    else this.#guests.set(place, node);
  }

  /** Ends a guest's stay: what still comes is lost. */
  leave(place: number): void {
    this.#guests.delete(place);
  }

  /** Does something at a time to come. */
  at(atMs: number, action: () => void): void {
    assert(atMs >= this.nowMs, 'time never goes back');
    this.#queue.push(atMs, ACTION, 0, 0, 0, action);
  }

  /** Wakes the node that is then at a place. */
  wakeAt(atMs: number, place: number): void {
    this.#queue.push(atMs, WAKE, place, 0, 0, undefined);
  }

  /** Puts a datagram on its way, from any address: a forged one too. */
  inject(datagram: Uint8Array, from: Endpoint, to: Endpoint): void {
    this.#become(this.#options.placeAt(from), from);
    this.send(datagram, to);
  }

  /** Puts a datagram on its way from the node at work. */
  send(bytes: Uint8Array, to: Endpoint): void {
    this.#dispatch(bytes, this.#kept.keep(bytes), this.#kept.wordOf(bytes), to);
  }

  /** The same to each of many but one: the bytes are kept once. */
  sendEach(bytes: Uint8Array, endpoints: readonly Endpoint[], except: Endpoint | undefined): void {
    const datagram = this.#kept.keep(bytes);
    const word = this.#kept.wordOf(bytes);
    for (const to of endpoints) if (to !== except) this.#dispatch(bytes, datagram, word, to);
  }

  /** Runs until nothing is left to happen, or until a time. */
  run(untilMs = Number.POSITIVE_INFINITY): void {
    while (this.#queue.size > 0 && this.#queue.nextMs <= untilMs) this.#step();
    if (untilMs !== Number.POSITIVE_INFINITY) this.nowMs = Math.max(this.nowMs, untilMs);
  }

  /** Stops a node's work: what arrives waits in its receive buffer. */
  pause(place: number): void {
    this.#inboxOf(place).paused = true;
    this.#changed(place, 'paused');
  }

  /** Lets a paused node go on. */
  resume(place: number): void {
    this.#inboxOf(place).paused = false;
    this.#changed(place, 'resumed');
    this.#serveNext(place);
  }

  /** Ends a node, and with it what waits in its receive buffer. */
  kill(place: number): void {
    this.#nodes[place] = undefined;
    this.#changed(place, 'died');
    const waiting = this.#inboxes.get(place)?.empty() ?? [];
    this.#inboxes.delete(place);
    for (const { datagram, word, from } of waiting) this.#lose('dead', datagram, word, from, this.#endpointOf(place));
  }

  /** Puts another node in the place of a dead one. */
  revive(place: number, node: Node<Out>): void {
    this.enter(place, node);
    this.#changed(place, 'revived');
  }

  #step(): void {
    const queue = this.#queue;
    queue.pop();
    const { kind, target, from, word, item } = queue;
    this.nowMs = queue.atMs;
    if (kind === ARRIVAL) this.#arrive(target, item as Uint8Array, word, from);
    else if (kind === SERVED) this.#served(target, item as Inbox);
    else if (kind === WAKE) this.#wake(target);
    else (item as () => void)();
  }

  #arrive(place: number, datagram: Uint8Array, word: number, from: Endpoint): void {
    const node = this.nodeAt(place);
    const guest = place >= this.#nodes.length;
    if (node === undefined) {
      this.#lose(guest ? 'closed' : 'dead', datagram, word, from, this.#endpointOf(place));
    } else if (guest || (this.serviceMs === 0 && !(this.#inboxes.size > 0 && this.#inboxes.get(place)?.paused))) {
      this.#deliver(node, place, datagram, word, from);
    } else {
      const fits = this.#inboxOf(place).put({ datagram, word, from });
      if (fits) this.#serveNext(place);
      else this.#lose('buffer', datagram, word, from, this.#endpointOf(place));
    }
  }

  #deliver(node: Node<Out>, place: number, datagram: Uint8Array, word: number, from: Endpoint): void {
    const endpoint = this.#endpointOf(place);
    this.#become(place, endpoint);
    const lent = this.#kept.lend(datagram, word);
    this.deliveries++;
    for (const observer of this.#observers) observer.delivered?.(lent, from, endpoint, this.nowMs);
    node.receive(lent, from, this.nowMs, this.#options.out);
  }

  #wake(place: number): void {
    const node = this.nodeAt(place);
    if (!node) return;
    this.#become(place, this.#endpointOf(place));
    node.wake?.(this.nowMs, this.#options.out);
  }

  #inboxOf(place: number): Inbox {
    let inbox = this.#inboxes.get(place);
    if (!inbox) this.#inboxes.set(place, (inbox = new Inbox(this.#options.bufferMax ?? Number.POSITIVE_INFINITY)));
    return inbox;
  }

  /** Begins the service of what has waited longest; all that waits, where service takes no time. */
  #serveNext(place: number): void {
    const inbox = this.#inboxOf(place);
    for (let parcel = inbox.take(); parcel; parcel = inbox.take()) {
      if (this.serviceMs > 0) {
        inbox.serving = parcel;
        this.#queue.push(this.nowMs + this.serviceMs, SERVED, place, 0, 0, inbox);
      } else {
        this.#deliver(this.#nodes[place]!, place, parcel.datagram, parcel.word, parcel.from);
      }
    }
  }

  #served(place: number, inbox: Inbox): void {
    // The node may have died meanwhile, or begun again after a pause.
    if (this.#inboxes.get(place) !== inbox || !inbox.serving) return;
    if (inbox.paused) return inbox.putBack();
    const { datagram, word, from } = inbox.serving;
    inbox.serving = undefined;
    this.#deliver(this.#nodes[place]!, place, datagram, word, from);
    this.#serveNext(place);
  }

  /** Who sends from now on; nothing that arrived is being passed on yet. */
  #become(sender: number, endpoint: Endpoint): void {
    this.#sender = sender;
    this.#senderEndpoint = endpoint;
    this.#kept.forget();
  }

  #dispatch(bytes: Uint8Array, datagram: Uint8Array, word: number, to: Endpoint): void {
    const from = this.#senderEndpoint;
    for (const observer of this.#observers) observer.sent?.(bytes, from, to, this.nowMs);
    const place = this.#options.placeAt(to);
    if (place < 0) return this.#lose('nobody', datagram, word, from, to);
    const path = this.#options.pathBetween(this.#sender, place);
    const { random } = this.#options;
    if (random.chance(path.lossPercent)) return this.#lose('path', datagram, word, from, to);
    const copies = random.chance(path.duplicatePercent) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      let delayMs = path.delay(random);
      if (random.chance(path.reorderPercent)) delayMs += random.unit() * path.reorderMs;
      this.#queue.push(this.nowMs + delayMs, ARRIVAL, place, from, word, datagram);
    }
  }

  #lose(reason: LossReason, datagram: Uint8Array, word: number, from: Endpoint, to: Endpoint): void {
    if (this.#observers.length === 0) return;
    // Not lent: the sender may be sending from there.
    const bytes = this.#kept.copy(datagram, word);
    for (const observer of this.#observers) observer.lost?.(reason, bytes, from, to, this.nowMs);
  }

  #changed(place: number, what: NodeChange): void {
    for (const observer of this.#observers) observer.changed?.(place, what, this.nowMs);
  }

  #endpointOf(place: number): Endpoint {
    return this.#options.endpointOf(place);
  }
}
