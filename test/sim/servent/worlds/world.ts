/**
 * Runs one world: first with its faults and hostile peers, then, when all is quiet, without, when every question within reach
 * must be answered. Whatever breaks a rule throws a Violation.
 */

import { type Budgets, OwnBudgets } from '../../../../servent/budgets';
import type { DefenceOptions } from '../../../../servent/defences';
import { parseKeyValueFile } from '../../../../servent/key-value-file';
import type { Receiver } from '../../../../servent/outbox';
import type { PairTable } from '../../../../servent/pair-table';
import { constant, type Path, uniform } from '../../../../simulator/path';
import { Random } from '../../../../simulator/random';
import { graphOf, neighboursOf } from '../../../../topologies/graph/graph';
import { answerers, hopsFrom } from '../../../../topologies/graph/reach';
import { serventAt, serventEndpoint } from '../../../../topologies/simulated/address';
import type { OverlayObserver } from '../../../../topologies/simulated/observer';
import { SimulatedOverlay, type SimulatedOverlayOptions } from '../../../../topologies/simulated/overlay';
import { HostilePeer, perform, type Stage } from './hostile';
import { type Limits, type Plan, TROUBLE_MS } from './plan';
import { canBeHeld, identityOf, isQuery, KEY_NAMES, KEYS, longValue } from './query-words';
import { demand, Tally } from './states';
import { superviseClients } from './supervised-clients';
import { type ServentFacts, SupervisedServent, type Together, type Watch } from './supervised-servent';
import { type Parts, SupervisedWorkers } from './supervised-workers';

/** Longer than any budget takes to fill and any memory to forget. */
const QUIET_MS = 200_000;
/** A world that does not come to rest before so many deliveries never does. */
const DELIVERIES_MAX = 500_000;
/** Questions of the second part. */
const CALM_QUESTIONS = 2;

export class World implements Stage {
  readonly plan: Plan;
  readonly overlay: SimulatedOverlay;
  readonly random: Random;
  readonly tally = new Tally();
  readonly watch: Watch;
  /** QUERYs heard on the wire lately, for those who replay. Bounded by HEARD_MAX. */
  readonly heard: Uint8Array[] = [];
  readonly #parts: Parts;
  readonly #supervised = new Map<number, SupervisedWorkers>();
  readonly #hostile: ReadonlySet<number>;
  readonly #versions: number[];
  readonly #lives: Set<string>[];
  readonly #options: SimulatedOverlayOptions;
  readonly #outside: Path;
  readonly #paths: Path[];
  /** Queries that a partition stopped; emptied when it heals. */
  #cutOff = new Set<string>();
  #healed = new Set<string>();
  #cuts = 0;

  /** Observers see everything that happens. */
  constructor(plan: Plan, parts: Parts, observers: readonly Partial<OverlayObserver>[] = []) {
    this.plan = plan;
    this.#parts = parts;
    this.random = new Random(plan.seed ^ 0x5eed);
    this.#hostile = new Set(plan.hostile.filter((servent) => servent < plan.size));
    this.#versions = new Array<number>(plan.size).fill(0);
    this.#lives = Array.from({ length: plan.size }, () => new Set<string>());
    const graph = graphOf({
      size: plan.size,
      from: plan.links.map(({ from }) => from),
      to: plan.links.map(({ to }) => to),
      oneWay: (link) => plan.links[link]!.oneWay,
    });
    const reach = new Map<number, ReadonlyMap<number, number>>();
    this.watch = {
      tally: this.tally,
      floods: new Map(),
      tainted: new Set(),
      replayed: new Set(),
      hopsFrom: (servent) => {
        let hops = reach.get(servent);
        if (!hops) reach.set(servent, (hops = hopsFrom(graph, servent)));
        return hops;
      },
    };
    const path = (): Path => ({
      delay: uniform(...plan.delayMs),
      lossPercent: plan.lossPercent,
      duplicatePercent: plan.duplicatePercent,
      reorderPercent: plan.reorderPercent,
      reorderMs: 100,
    });
    this.#outside = path();
    this.#paths = plan.links.map(path);
    this.#options = {
      graph,
      seed: plan.seed,
      path: this.#outside,
      paths: this.#paths,
      bufferMax: plan.bufferMax,
      serviceMs: plan.serviceMs,
      hostile: (servent) => this.#newHostile(servent),
      core: (servent) => this.#newSupervised(servent),
      observers: [superviseClients(this.tally), this.#wire(), ...observers],
    };
    this.overlay = new SimulatedOverlay(this.#options);
  }

  run(): Tally {
    const { overlay, plan } = this;
    for (const action of plan.actions) overlay.at(action.atMs, () => perform(this, action));
    this.#settle();
    this.#calm();
    for (let i = 0; i < CALM_QUESTIONS; i++) this.#askCalmly(i);
    return this.tally;
  }

  /** Swaps a servent's pairs for those of the next version, whole. */
  reload(servent: number): void {
    const supervised = this.#supervised.get(servent);
    if (!supervised || !this.overlay.isAlive(servent)) return;
    this.#versions[servent]!++;
    for (const { facts, core } of supervised.workers) {
      facts.holds = this.#holds(servent);
      core.pairs = tableOf(facts.holds);
    }
    if (this.overlay.open > 0) this.tally.met('pairs were reloaded while a question was open');
  }

  /** Parts the servents in two: no link carries anything from one part to the other until `ms` later. */
  cut(boundary: number, ms: number): void {
    const stopped = this.plan.links.flatMap(({ from, to }, link) =>
      from < boundary === to < boundary ? [] : [this.#paths[link]!],
    );
    for (const path of stopped) path.lossPercent = 100;
    this.#cuts++;
    this.overlay.at(this.overlay.nowMs + ms, () => {
      for (const path of stopped) path.lossPercent = this.plan.lossPercent;
      this.#cuts--;
      for (const identity of this.#cutOff) this.#healed.add(identity);
      this.#cutOff = new Set();
    });
  }

  /** Runs until nothing is left to happen. */
  #settle(): void {
    const { overlay } = this;
    for (let untilMs = overlay.nowMs; overlay.pending > 0; ) {
      untilMs += TROUBLE_MS;
      overlay.run(untilMs);
      demand(overlay.deliveries < DELIVERIES_MAX, 'it grows quiet after the last delivery');
    }
    demand(overlay.open === 0, 'every question ends');
  }

  /** Ends all faults, and whoever is hostile. */
  #calm(): void {
    const { overlay, plan } = this;
    for (const path of [this.#outside, ...this.#paths]) {
      path.lossPercent = 0;
      // The bare rule reaches everybody only where every way is as fast as it is short.
      if (!plan.literal) continue;
      path.delay = constant(10);
      path.reorderPercent = 0;
    }
    overlay.serviceMs = 0;
    for (const servent of this.#hostile) if (overlay.isAlive(servent)) overlay.kill(servent);
    overlay.run(overlay.nowMs + QUIET_MS);
    demand(overlay.pending === 0, 'it stays quiet');
  }

  #askCalmly(i: number): void {
    const { overlay, plan, random } = this;
    let contact = random.below(plan.size);
    while (this.#hostile.has(contact)) contact = (contact + 1) % plan.size;
    const key = KEYS[random.chance(50) ? 'ssh' : 'http'];
    const from = overlay.nowMs;
    const question = overlay.ask({ contact, key: Buffer.from(key, 'latin1'), nul: i > 0 });
    this.#settle();
    const graph = graphOf(this.#calmLinks());
    const expected = answerers(graph, contact, (servent) => this.#holds(servent).has(key));
    const shown = question.answers.map((answer) => serventAt(answer.from, plan.size)).sort((one, other) => one - other);
    demand(
      shown.join() === expected.join(),
      `without faults the answerers are the breadth-first set: ${expected}, got ${shown}`,
    );
    demand(
      question.summary!.asked === (expected.length > 0 ? 1 : 2),
      'without faults only a question without an answer is asked twice',
    );
    overlay.run(Math.max(overlay.nowMs, from) + QUIET_MS);
  }

  /** The links that carry something now: not those of hostile peers, nor to whom serves neighbours alone and does not know the sender. */
  #calmLinks(): Parameters<typeof graphOf>[0] {
    const { links, size, limits } = this.plan;
    const strict = limits?.strict && !limits.dryRun;
    const live = links.filter(
      ({ from, to, oneWay }) => !this.#hostile.has(from) && !this.#hostile.has(to) && !(oneWay && strict),
    );
    return {
      size,
      from: live.map(({ from }) => from),
      to: live.map(({ to }) => to),
      oneWay: (link) => live[link]!.oneWay,
    };
  }

  #newHostile(servent: number): Receiver | undefined {
    if (!this.#hostile.has(servent)) return undefined;
    return new HostilePeer(this, neighboursOf(this.#options.graph, servent).map(serventEndpoint));
  }

  #newSupervised(servent: number): Receiver {
    const { workers } = this.plan;
    const secrets = new Random(this.plan.seed + servent * 7919 + (this.#lives[servent]!.size + 1) * 104_729);
    const together: Together = { metBy: new Map(), levels: new Map() };
    // Workers share what limits remember; here they take turns anyway.
    const budgets = new OwnBudgets();
    const supervised = new SupervisedWorkers(
      Array.from({ length: workers }, (_, worker) => this.#newWorker(servent, secrets, budgets, { worker, together })),
      this.#parts,
    );
    this.#supervised.set(servent, supervised);
    return supervised;
  }

  #newWorker(
    servent: number,
    secrets: Random,
    budgets: Budgets,
    place: Pick<ServentFacts, 'worker' | 'together'>,
  ): SupervisedServent {
    const { plan } = this;
    const neighbours = neighboursOf(this.#options.graph, servent).map(serventEndpoint);
    const firstSequence = plan.nearWrap ? 0xffff_ffff - secrets.below(2) : secrets.word();
    const holds = this.#holds(servent);
    const rules = {
      defences: plan.limits && defencesOf(plan.limits),
      literal: plan.literal,
      seenMax: Math.ceil(plan.seenMax / plan.workers),
      seenAgeMs: plan.seenAgeMs,
      firstSequence,
    };
    const core = new this.#parts.ServentCore({
      ...rules,
      pairs: tableOf(holds),
      neighbours: neighbours.map((endpoint) => ({ endpoint, ownIp: undefined })),
      budgets,
      hashKey: [secrets.word(), secrets.word()],
    });
    const facts: ServentFacts = {
      ...rules,
      ...place,
      id: servent,
      endpoint: serventEndpoint(servent),
      neighbours,
      holds,
      heard: this.#lives[servent]!,
      heardBefore: new Set(this.#lives[servent]!),
    };
    return new SupervisedServent(core, facts, this.watch);
  }

  /** A third of the servents hold the first key, a few the others; values say whose they are and of which version. */
  #holds(servent: number): ReadonlyMap<string, string> {
    const value = `of ${servent}, version ${this.#versions[servent]}`;
    const chosen = (i: number): boolean => (servent * 2654435761 + this.plan.seed * 40503 + i * 97) % (3 + i * 4) === 0;
    const held = KEY_NAMES.filter((name, i) => canBeHeld(name) && chosen(i));
    return new Map(held.map((name) => [KEYS[name], longValue(name, value, servent)]));
  }

  /** Watches the wire for what replayers need and for the states of paths and buffers. */
  #wire(): Partial<OverlayObserver> {
    return {
      sent: (datagram) => {
        if (this.plan.actions.length > 0 && isQuery(datagram)) this.#hear(datagram);
      },
      lost: (reason, datagram, _from, to) => {
        if (reason === 'path' && this.#cuts > 0 && isQuery(datagram)) this.#cutOff.add(identityOf(datagram));
        if (reason === 'dead' && this.#dying === serventAt(to, this.plan.size))
          this.tally.met('a servent died with datagrams in its buffer');
      },
      received: (servent, datagram) => {
        if (this.#healed.size > 0 && isQuery(datagram) && this.#healed.delete(identityOf(datagram)))
          this.tally.met('a partition healed mid-flood');
        if (servent === this.#resuming) this.tally.met('a paused servent resumed to a backlog');
      },
    };
  }

  #dying = -1;
  #resuming = -1;

  kill(servent: number): void {
    this.#dying = servent;
    this.overlay.kill(servent);
    this.#dying = -1;
  }

  resume(servent: number): void {
    this.#resuming = servent;
    this.overlay.resume(servent);
    this.#resuming = -1;
  }

  #hear(datagram: Uint8Array): void {
    const HEARD_MAX = 8;
    if (this.heard.length === HEARD_MAX) this.heard.shift();
    this.heard.push(datagram.slice());
  }
}

function defencesOf({ questions, answers, bytes, strangers, strict, onlyClients, dryRun }: Limits): DefenceOptions {
  const address = { questions, answers, bytes };
  return {
    publicLimits: address,
    privateLimits: address,
    strangers,
    strictNeighbours: strict,
    allow: onlyClients ? [{ base: 0xc0a8_0000, mask: 0xffff_0000 }] : [],
    dryRun,
  };
}

function tableOf(holds: ReadonlyMap<string, string>): PairTable {
  const text = [...holds].map(([key, value]) => `${key}\t${value}\n`).join('');
  return parseKeyValueFile(Buffer.from(text, 'latin1')).pairs;
}
