/**
 * A network of servents and clients in virtual time: their real cores, joined by paths that delay, lose, duplicate and
 * reorder. One seed decides everything; the same calls with the same seed give the same events, bit for bit.
 */

import { strict as assert } from 'node:assert';
import { ANSWER_WAIT_MS, type ClientDropReason, type CoreAnswer, type Summary } from '../../client/core';
import { type DropReason, type Neighbour, type Outbox, ServentCore } from '../../servent/core';
import { PairTable } from '../../servent/pair-table';
import { SERVENT_DEFAULTS } from '../../servent/settings';
import type { Endpoint } from '../../shared/endpoint';
import { DATAGRAM_MAX } from '../../shared/wire/writer';
import { EventQueue } from '../../simulator/event-queue';
import { Inbox } from '../../simulator/inbox';
import { type Path, PERFECT_PATH } from '../../simulator/path';
import { Random } from '../../simulator/random';
import type { Graph } from '../graph/graph';
import { questionAt, questionEndpoint, SERVENTS_MAX, serventAt, serventEndpoint } from './address';
import { Question, type QuestionHost } from './question';

/** What stands at a servent's address: the real core, or one of bad will or manners. */
export interface Peer {
  receive(datagram: Uint8Array, from: Endpoint, nowMs: number, out: Outbox): void;
}

/** Why a datagram never came to a core. */
export type LossReason =
  /** On the way. */
  | 'path'
  /** The receive buffer was full. */
  | 'buffer'
  /** The servent was dead when it arrived, or died with it in its buffer. */
  | 'dead'
  /** The question had ended. */
  | 'closed'
  /** Nobody has that address. */
  | 'nobody';

/** Sees every effect as it happens. Datagrams are lent: copy what is kept. */
export interface Observer {
  sent(datagram: Uint8Array, from: Endpoint, to: Endpoint, nowMs: number): void;
  /** Called before the receiver acts on it. */
  delivered(datagram: Uint8Array, from: Endpoint, to: Endpoint, nowMs: number): void;
  lost(reason: LossReason, datagram: Uint8Array, from: Endpoint, to: Endpoint, nowMs: number): void;
  /** A servent dropped what was delivered last. */
  dropped(reason: DropReason, servent: number, nowMs: number): void;
  answered(question: Question, answer: CoreAnswer, nowMs: number): void;
  /** A client found no answer in what was delivered last. */
  discarded(reason: ClientDropReason, question: Question, nowMs: number): void;
  ended(question: Question, summary: Summary, nowMs: number): void;
  /** A servent paused, resumed, died or came back. */
  changed(servent: number, what: ServentChange, nowMs: number): void;
}

export type ServentChange = 'paused' | 'resumed' | 'died' | 'revived';

export interface NetworkOptions {
  graph: Graph;
  /** Decides delays, losses, the servents' secrets and sequence numbers. */
  seed: number;
  /** Of every way that is no link of the overlay: between client and servent, to an unlisted neighbour. Default: 1 ms, no loss. */
  path?: Path;
  /** Of each link, by its number; default: as `path`. */
  paths?: readonly Path[];
  /** What each servent holds; default nothing. Called again when one comes back. */
  pairs?: (servent: number) => PairTable;
  /** The protocol's bare rule, without the rule of the higher ttl. */
  literal?: boolean;
  seenMax?: number;
  seenAgeMs?: number;
  /** Of each servent: datagrams that its receive buffer holds while it is busy or paused. Default: no bound. */
  bufferMax?: number;
  /** How long a servent is busy with each datagram, milliseconds. Default 0. */
  serviceMs?: number;
  /** Puts another peer in the place of a servent; undefined for the real core. */
  peer?: (servent: number) => Peer | undefined;
  observers?: readonly Partial<Observer>[];
}

export interface AskOptions {
  contact: number;
  key: Uint8Array;
  /** Default: 4 s, as in the specification. */
  waitMs?: number;
  count?: number;
  nul?: boolean;
}

const NO_PAIRS = new PairTable();
const NOTHING = new Uint8Array(0);

/** Up to here a plain loop copies faster than a call into the engine does, bytes. */
const LOOP_COPY_MAX = 128;

/** Kinds of events. */
const ARRIVAL = 0;
const ARRIVAL_AT_CLIENT = 1;
const SERVED = 2;
const WAKE = 3;
const ACTION = 4;

type Item = Uint8Array | Question | Inbox | (() => void);

/** Where the ttl stands in a QUERY: the bytes in which copies of one flood differ. */
const VARYING_AT = 2;
const VARYING_END = 4;

export class Network {
  /** Virtual time, milliseconds since the beginning. */
  nowMs = 0;
  /** Datagrams that reached a core. */
  deliveries = 0;
  readonly graph: Graph;
  readonly questions: Question[] = [];
  readonly #options: NetworkOptions;
  readonly #random: Random;
  /** Of the servents' secrets: separate, so that a core that comes back changes no delay. */
  readonly #secrets: Random;
  readonly #path: Path;
  readonly #observers: readonly Partial<Observer>[];
  readonly #queue = new EventQueue<Item>();
  /** By servent; undefined while dead. */
  readonly #peers: (Peer | undefined)[];
  /** One object a servent, shared by all who know it. */
  readonly #neighbours: Neighbour[];
  /** Receive buffers, of those servents that have needed one. */
  readonly #inboxes = new Map<number, Inbox>();
  /** Who is sending: a servent, or -1 for anybody else. */
  #sender = -1;
  #senderEndpoint: Endpoint = 0;
  /** What was delivered last, as it is kept for all who get it, and the copy lent to the receiver. */
  #arrived: Uint8Array = NOTHING;
  #lent: Uint8Array = NOTHING;
  /** What was sent last and is no copy of what arrived. */
  #made: Uint8Array = NOTHING;
  readonly #arena = new Uint8Array(DATAGRAM_MAX);
  /** Views of the arena by length: a receiver sees a datagram of exactly its length, and none is allocated per delivery. */
  readonly #views: (Uint8Array | undefined)[] = [];

  /** What servents decide. */
  readonly #outbox: Outbox = {
    send: (bytes, to) => this.#send(bytes, to),
    drop: (reason) => {
      for (const observer of this.#observers) observer.dropped?.(reason, this.#sender, this.nowMs);
    },
    notice: () => {},
  };

  /** What clients decide. */
  readonly #host: QuestionHost = {
    send: (question, bytes, to) => {
      this.#become(-1, question.endpoint);
      this.#send(bytes, to);
    },
    wake: (question, atMs) => this.#queue.push(atMs, WAKE, 0, 0, 0, question),
    answered: (question, answer) => {
      for (const observer of this.#observers) observer.answered?.(question, answer, this.nowMs);
    },
    dropped: (question, reason) => {
      for (const observer of this.#observers) observer.discarded?.(reason, question, this.nowMs);
    },
    ended: (question, summary) => {
      for (const observer of this.#observers) observer.ended?.(question, summary, this.nowMs);
    },
  };

  constructor(options: NetworkOptions) {
    const { graph, seed, path = PERFECT_PATH, observers = [] } = options;
    assert(graph.size <= SERVENTS_MAX, 'servents have addresses in 10.0.0.0/8');
    this.#options = options;
    this.graph = graph;
    this.#random = new Random(seed);
    this.#secrets = new Random(this.#random.word());
    this.#path = path;
    this.#observers = observers;
    this.#neighbours = Array.from({ length: graph.size }, (_, servent) => ({
      endpoint: serventEndpoint(servent),
      ownIp: undefined,
    }));
    this.#peers = Array.from({ length: graph.size }, (_, servent) => this.#newPeer(servent));
  }

  /** Events that are still to come. */
  get pending(): number {
    return this.#queue.size;
  }

  /** Does something at a time to come. */
  at(atMs: number, action: () => void): void {
    assert(atMs >= this.nowMs, 'time never goes back');
    this.#queue.push(atMs, ACTION, 0, 0, 0, action);
  }

  /** Asks a question now, from a client with a socket of its own. */
  ask({ contact, key, waitMs = ANSWER_WAIT_MS, count = Number.POSITIVE_INFINITY, nul = false }: AskOptions): Question {
    const id = this.questions.length;
    const options = { contact: serventEndpoint(contact), key, nul, waitMs, count };
    const question = new Question(id, questionEndpoint(id), options, this.#host);
    this.questions.push(question);
    question.ask(this.nowMs);
    return question;
  }

  /** Puts a datagram on its way, from any address: a forged one too. */
  inject(datagram: Uint8Array, from: Endpoint, to: Endpoint): void {
    this.#become(serventAt(from, this.graph.size), from);
    this.#send(datagram, to);
  }

  /** Runs until nothing is left to happen, or until a time. */
  run(untilMs = Number.POSITIVE_INFINITY): void {
    while (this.#queue.size > 0 && this.#queue.nextMs <= untilMs) this.#step();
    if (untilMs !== Number.POSITIVE_INFINITY) this.nowMs = Math.max(this.nowMs, untilMs);
  }

  /** Stops a servent's work: what arrives waits in its receive buffer. */
  pause(servent: number): void {
    this.#inboxOf(servent).paused = true;
    this.#changed(servent, 'paused');
  }

  resume(servent: number): void {
    this.#inboxOf(servent).paused = false;
    this.#changed(servent, 'resumed');
    this.#serveNext(servent);
  }

  /** Ends a servent, and with it what waits in its receive buffer. */
  kill(servent: number): void {
    this.#peers[servent] = undefined;
    this.#changed(servent, 'died');
    const waiting = this.#inboxes.get(servent)?.empty() ?? [];
    this.#inboxes.delete(servent);
    for (const { datagram, ttl, from } of waiting) this.#lose('dead', datagram, ttl, from, serventEndpoint(servent));
  }

  /** Starts a dead servent again: a new core, with other secrets, that remembers nothing. */
  revive(servent: number): void {
    assert(!this.isAlive(servent), 'only the dead come back');
    this.#peers[servent] = this.#newPeer(servent);
    this.#changed(servent, 'revived');
  }

  isAlive(servent: number): boolean {
    return this.#peers[servent] !== undefined;
  }

  /** The real core at a servent's address; undefined for the dead and for peers of another kind. */
  coreOf(servent: number): ServentCore | undefined {
    const peer = this.#peers[servent];
    return peer instanceof ServentCore ? peer : undefined;
  }

  #newPeer(servent: number): Peer {
    const { graph, pairs, peer, literal = false } = this.#options;
    const { seenMax = SERVENT_DEFAULTS.seenMax, seenAgeMs = SERVENT_DEFAULTS.seenAgeMs } = this.#options;
    const other = peer?.(servent);
    if (other) return other;
    const neighbours: Neighbour[] = [];
    for (let arc = graph.arcStart[servent]!; arc < graph.arcStart[servent + 1]!; arc++) {
      neighbours.push(this.#neighbours[graph.arcTo[arc]!]!);
    }
    return new ServentCore({
      pairs: pairs?.(servent) ?? NO_PAIRS,
      neighbours,
      literal,
      seenMax,
      seenAgeMs,
      firstSequence: this.#secrets.word(),
      hashKey: [this.#secrets.word(), this.#secrets.word()],
    });
  }

  #step(): void {
    const queue = this.#queue;
    queue.pop();
    const { kind, target, from, word, item } = queue;
    this.nowMs = queue.atMs;
    if (kind === ARRIVAL) this.#arrive(target, item as Uint8Array, word, from);
    else if (kind === ARRIVAL_AT_CLIENT) this.#arriveAtClient(target, item as Uint8Array, word, from);
    else if (kind === SERVED) this.#served(target, item as Inbox);
    else if (kind === WAKE) (item as Question).woken(this.nowMs);
    else (item as () => void)();
  }

  #arrive(servent: number, datagram: Uint8Array, ttl: number, from: Endpoint): void {
    if (this.#peers[servent] === undefined) {
      this.#lose('dead', datagram, ttl, from, serventEndpoint(servent));
    } else if ((this.#options.serviceMs ?? 0) > 0 || (this.#inboxes.size > 0 && this.#inboxes.get(servent)?.paused)) {
      const fits = this.#inboxOf(servent).put({ datagram, ttl, from });
      if (fits) this.#serveNext(servent);
      else this.#lose('buffer', datagram, ttl, from, serventEndpoint(servent));
    } else {
      this.#deliver(servent, datagram, ttl, from);
    }
  }

  #deliver(servent: number, datagram: Uint8Array, ttl: number, from: Endpoint): void {
    const endpoint = serventEndpoint(servent);
    const lent = this.#lend(datagram, ttl);
    this.deliveries++;
    this.#become(servent, endpoint);
    this.#arrived = datagram;
    this.#lent = lent;
    for (const observer of this.#observers) observer.delivered?.(lent, from, endpoint, this.nowMs);
    this.#peers[servent]!.receive(lent, from, this.nowMs, this.#outbox);
  }

  #arriveAtClient(id: number, datagram: Uint8Array, ttl: number, from: Endpoint): void {
    const question = this.questions[id]!;
    const { endpoint } = question;
    if (question.summary) return this.#lose('closed', datagram, ttl, from, endpoint);
    const lent = this.#lend(datagram, ttl);
    this.deliveries++;
    for (const observer of this.#observers) observer.delivered?.(lent, from, endpoint, this.nowMs);
    question.receive(lent, from, this.nowMs);
  }

  #inboxOf(servent: number): Inbox {
    let inbox = this.#inboxes.get(servent);
    if (!inbox) this.#inboxes.set(servent, (inbox = new Inbox(this.#options.bufferMax ?? Number.POSITIVE_INFINITY)));
    return inbox;
  }

  /** Begins the service of what has waited longest; all that waits, where service takes no time. */
  #serveNext(servent: number): void {
    const { serviceMs = 0 } = this.#options;
    const inbox = this.#inboxOf(servent);
    for (let parcel = inbox.take(); parcel; parcel = inbox.take()) {
      if (serviceMs > 0) {
        inbox.serving = parcel;
        this.#queue.push(this.nowMs + serviceMs, SERVED, servent, 0, 0, inbox);
      } else {
        this.#deliver(servent, parcel.datagram, parcel.ttl, parcel.from);
      }
    }
  }

  #served(servent: number, inbox: Inbox): void {
    // It may have died meanwhile, or begun again after a pause.
    if (this.#inboxes.get(servent) !== inbox || !inbox.serving) return;
    if (inbox.paused) return inbox.putBack();
    const { datagram, ttl, from } = inbox.serving;
    inbox.serving = undefined;
    this.#deliver(servent, datagram, ttl, from);
    this.#serveNext(servent);
  }

  /** Who sends from now on; nothing that arrived is being passed on yet. */
  #become(sender: number, endpoint: Endpoint): void {
    this.#sender = sender;
    this.#senderEndpoint = endpoint;
    this.#lent = NOTHING;
  }

  #send(bytes: Uint8Array, to: Endpoint): void {
    const from = this.#senderEndpoint;
    for (const observer of this.#observers) observer.sent?.(bytes, from, to, this.nowMs);
    const datagram = this.#keep(bytes);
    const ttl = bytes.length < VARYING_END ? 0 : (bytes[VARYING_AT]! << 8) | bytes[VARYING_AT + 1]!;
    const servent = serventAt(to, this.graph.size);
    const question = servent < 0 ? questionAt(to, this.questions.length) : -1;
    if (servent < 0 && question < 0) return this.#lose('nobody', datagram, ttl, from, to);
    const path = this.#pathTo(servent);
    const random = this.#random;
    if (random.chance(path.lossPercent)) return this.#lose('path', datagram, ttl, from, to);
    const copies = random.chance(path.duplicatePercent) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      let delayMs = path.delay(random);
      if (random.chance(path.reorderPercent)) delayMs += random.unit() * path.reorderMs;
      if (servent >= 0) this.#queue.push(this.nowMs + delayMs, ARRIVAL, servent, from, ttl, datagram);
      else this.#queue.push(this.nowMs + delayMs, ARRIVAL_AT_CLIENT, question, from, ttl, datagram);
    }
  }

  #pathTo(servent: number): Path {
    const { paths } = this.#options;
    if (paths === undefined || this.#sender < 0 || servent < 0) return this.#path;
    const { arcStart, arcTo, arcLink } = this.graph;
    const end = arcStart[this.#sender + 1]!;
    for (let arc = arcStart[this.#sender]!; arc < end; arc++) {
      if (arcTo[arc] === servent) return paths[arcLink[arc]!] ?? this.#path;
    }
    return this.#path;
  }

  /** Bytes that outlive the send: those that arrived or were sent before, where only the ttl differs, else a copy. */
  #keep(bytes: Uint8Array): Uint8Array {
    if (bytes === this.#lent && isSameButTtl(bytes, this.#arrived)) return this.#arrived;
    if (!isSameButTtl(bytes, this.#made)) this.#made = bytes.slice();
    return this.#made;
  }

  /** A copy with its ttl, in memory that is used again at the next delivery. */
  #lend(datagram: Uint8Array, ttl: number): Uint8Array {
    const { length } = datagram;
    const view = (this.#views[length] ??= this.#arena.subarray(0, length));
    if (length > LOOP_COPY_MAX) view.set(datagram);
    else for (let i = 0; i < length; i++) view[i] = datagram[i]!;
    if (length >= VARYING_END) {
      view[VARYING_AT] = ttl >>> 8;
      view[VARYING_AT + 1] = ttl;
    }
    return view;
  }

  #lose(reason: LossReason, datagram: Uint8Array, ttl: number, from: Endpoint, to: Endpoint): void {
    if (this.#observers.length === 0) return;
    // Not lent from the arena: the sender may be sending from there.
    const bytes = datagram.slice();
    if (bytes.length >= VARYING_END) bytes.set([ttl >>> 8, ttl & 255], VARYING_AT);
    for (const observer of this.#observers) observer.lost?.(reason, bytes, from, to, this.nowMs);
  }

  #changed(servent: number, what: ServentChange): void {
    for (const observer of this.#observers) observer.changed?.(servent, what, this.nowMs);
  }
}

function isSameButTtl(bytes: Uint8Array, kept: Uint8Array): boolean {
  const { length } = bytes;
  if (kept.length !== length || length < VARYING_END) return false;
  if (bytes[0] !== kept[0] || bytes[1] !== kept[1]) return false;
  for (let i = VARYING_END; i < length; i++) if (bytes[i] !== kept[i]) return false;
  return true;
}
