/**
 * An overlay on the simulated network: the real cores of servents and clients, in virtual time. One seed decides everything; the
 * same calls with the same seed give the same events, bit for bit.
 */

import { strict as assert } from 'node:assert';
import { ANSWER_WAIT_MS } from '../../client/core';
import { type Neighbour, ServentCore, Workspace } from '../../servent/core';
import { ObservedServent } from '../../servent/observed-servent';
import type { Outbox, Receiver } from '../../servent/outbox';
import { PairTable } from '../../servent/pair-table';
import { SERVENT_DEFAULTS } from '../../servent/settings';
import type { Endpoint } from '../../shared/endpoint';
import { TTL_OFFSET } from '../../shared/wire/overlay/query';
import { Network } from '../../simulator/network';
import { type Path, PERFECT_PATH } from '../../simulator/path';
import { Random } from '../../simulator/random';
import type { Graph } from '../graph/graph';
import { questionAt, questionEndpoint, SERVENTS_MAX, serventAt, serventEndpoint } from './address';
import { type OverlayObserver, questionObserver, serventObserver } from './observer';
import { Question } from './question';

export interface SimulatedOverlayOptions {
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
  /** A core made elsewhere, in the place of one with these options; undefined for the latter. */
  core?: (servent: number) => Receiver | undefined;
  /** A peer of bad will or manners in the place of a servent, whose outcomes nobody watches; undefined for a servent. */
  hostile?: (servent: number) => Receiver | undefined;
  observers?: readonly Partial<OverlayObserver>[];
}

export interface AskOptions {
  /** The servent to ask. */
  contact: number;
  key: Uint8Array;
  /** Default: 4 s, as in the specification. */
  waitMs?: number;
  count?: number;
  nul?: boolean;
}

const NO_PAIRS = new PairTable();

export class SimulatedOverlay {
  readonly graph: Graph;
  /** Questions asked so far, the open ones among them. */
  asked = 0;
  readonly #options: SimulatedOverlayOptions;
  readonly #network: Network<Outbox>;
  /** The servents' secrets: separate, so that a core that comes back changes no delay. */
  readonly #secrets: Random;
  readonly #path: Path;
  readonly #observers: readonly Partial<OverlayObserver>[];
  /** One object a servent, shared by all who know it. */
  readonly #neighbours: Neighbour[];
  /** One for all: only one core is at work at a time. */
  readonly #workspace = new Workspace();

  constructor(options: SimulatedOverlayOptions) {
    const { graph, seed, path = PERFECT_PATH, observers = [], bufferMax, serviceMs = 0 } = options;
    assert(graph.size <= SERVENTS_MAX, 'servents have addresses in 10.0.0.0/8');
    this.#options = options;
    this.graph = graph;
    this.#path = path;
    this.#observers = observers;
    const random = new Random(seed);
    this.#secrets = new Random(random.word());
    this.#network = new Network<Outbox>({
      places: graph.size,
      random,
      out: {
        answer: (response, client) => this.#network.send(response, client),
        forward: (query, neighbours, except) => this.#network.sendEach(query, neighbours, except),
        drop: () => {},
        notice: () => {},
      },
      endpointOf: (place) => (place < graph.size ? serventEndpoint(place) : questionEndpoint(place - graph.size)),
      placeAt: (endpoint) => this.#placeAt(endpoint),
      pathBetween: (from, to) => this.#pathBetween(from, to),
      wordAt: TTL_OFFSET,
      bufferMax,
      observers,
    });
    this.#network.serviceMs = serviceMs;
    this.#neighbours = Array.from({ length: graph.size }, (_, servent) => ({
      endpoint: serventEndpoint(servent),
      ownIp: undefined,
    }));
    for (let servent = 0; servent < graph.size; servent++) this.#network.enter(servent, this.#newPeer(servent));
  }

  /** Virtual time, milliseconds since the beginning. */
  get nowMs(): number {
    return this.#network.nowMs;
  }

  /** Datagrams that reached a core. */
  get deliveries(): number {
    return this.#network.deliveries;
  }

  /** Events that are still to come. */
  get pending(): number {
    return this.#network.pending;
  }

  /** Questions that have not ended. */
  get open(): number {
    return this.#network.guests;
  }

  /** From now on servents are busy so long with each datagram, milliseconds. */
  set serviceMs(serviceMs: number) {
    this.#network.serviceMs = serviceMs;
  }

  /** Does something at a time to come. */
  at(atMs: number, action: () => void): void {
    this.#network.at(atMs, action);
  }

  /** Asks a question now, from a client with a socket of its own. */
  ask({ contact, key, waitMs = ANSWER_WAIT_MS, count = Number.POSITIVE_INFINITY, nul = false }: AskOptions): Question {
    const id = this.asked++;
    const place = this.graph.size + id;
    const endpoint = questionEndpoint(id);
    const options = { contact: serventEndpoint(contact), key, nul, waitMs, count };
    const host = {
      send: (clireq: Uint8Array, to: Endpoint) => this.#network.inject(clireq, endpoint, to),
      wakeAt: (atMs: number) => this.#network.wakeAt(atMs, place),
      leave: () => this.#network.leave(place),
    };
    const question = new Question(
      id,
      endpoint,
      options,
      host,
      questionObserver(this.#observers, () => this.nowMs),
    );
    this.#network.enter(place, question);
    question.ask(this.nowMs);
    return question;
  }

  /** Puts a datagram on its way, from any address: a forged one too. */
  inject(datagram: Uint8Array, from: Endpoint, to: Endpoint): void {
    this.#network.inject(datagram, from, to);
  }

  /** Runs until nothing is left to happen, or until a time. */
  run(untilMs?: number): void {
    this.#network.run(untilMs);
  }

  /** Stops a servent's work: what arrives waits in its receive buffer. */
  pause(servent: number): void {
    this.#network.pause(servent);
  }

  /** Lets a paused servent go on. */
  resume(servent: number): void {
    this.#network.resume(servent);
  }

  /** Ends a servent, and with it what waits in its receive buffer. */
  kill(servent: number): void {
    this.#network.kill(servent);
  }

  /** Starts a dead servent again: a new core, with other secrets, that remembers nothing. */
  revive(servent: number): void {
    assert(!this.isAlive(servent), 'only the dead come back');
    this.#network.revive(servent, this.#newPeer(servent));
  }

  isAlive(servent: number): boolean {
    return this.#network.nodeAt(servent) !== undefined;
  }

  /** The real core at a servent's address; undefined for the dead and for peers of another kind. */
  coreOf(servent: number): ServentCore | undefined {
    const node = this.#network.nodeAt(servent);
    const core = node instanceof ObservedServent ? node.core : node;
    return core instanceof ServentCore ? core : undefined;
  }

  #newPeer(servent: number): Receiver {
    const { hostile, core } = this.#options;
    const enemy = hostile?.(servent);
    if (enemy) return enemy;
    const peer = core?.(servent) ?? this.#newCore(servent);
    if (this.#observers.length === 0) return peer;
    return new ObservedServent(peer, [serventObserver(this.#observers, servent, () => this.nowMs)]);
  }

  #newCore(servent: number): ServentCore {
    const { pairs, literal = false } = this.#options;
    const { seenMax = SERVENT_DEFAULTS.seenMax, seenAgeMs = SERVENT_DEFAULTS.seenAgeMs } = this.#options;
    const { arcStart, arcTo } = this.graph;
    const neighbours: Neighbour[] = [];
    for (let arc = arcStart[servent]!; arc < arcStart[servent + 1]!; arc++) {
      neighbours.push(this.#neighbours[arcTo[arc]!]!);
    }
    return new ServentCore({
      pairs: pairs?.(servent) ?? NO_PAIRS,
      neighbours,
      literal,
      seenMax,
      seenAgeMs,
      firstSequence: this.#secrets.word(),
      hashKey: [this.#secrets.word(), this.#secrets.word()],
      workspace: this.#workspace,
    });
  }

  #placeAt(endpoint: Endpoint): number {
    const { size } = this.graph;
    const servent = serventAt(endpoint, size);
    if (servent >= 0) return servent;
    const question = questionAt(endpoint, this.asked);
    return question < 0 ? -1 : size + question;
  }

  #pathBetween(from: number, to: number): Path {
    const { paths } = this.#options;
    const { arcStart, arcTo, arcLink, size } = this.graph;
    if (paths === undefined || from < 0 || from >= size || to >= size) return this.#path;
    const end = arcStart[from + 1]!;
    for (let arc = arcStart[from]!; arc < end; arc++) {
      if (arcTo[arc] === to) return paths[arcLink[arc]!] ?? this.#path;
    }
    return this.#path;
  }
}
