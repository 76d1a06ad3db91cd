/** The same cores in the simulator's virtual time: a question is over at once, however many servents there are. */

import { summaryLine } from '../../client/lines';
import { type Counters, countingIn, newCounters } from '../../servent/counters';
import type { ServentObserver } from '../../servent/observed-servent';
import { tableOf } from '../../servent/pair-source';
import type { PairTable } from '../../servent/pair-table';
import { type Endpoint, formatEndpoint } from '../../shared/endpoint';
import { escapeValue } from '../../shared/escape';
import { linkPaths, PERFECT_PATH } from '../../simulator/path';
import { graphOfTopology } from '../../topologies/graph/topology';
import { serventAt, serventEndpoint } from '../../topologies/simulated/address';
import type { OverlayObserver } from '../../topologies/simulated/observer';
import { SimulatedOverlay } from '../../topologies/simulated/overlay';
import type { FloodRecorder } from './flood-recorder';
import type { Ground } from './ground';
import type { OverlayModel } from './model';

export class VirtualGround implements Ground {
  readonly kind = 'virtual';
  readonly #model: OverlayModel;
  readonly #recorder: FloodRecorder;
  readonly #seed: number;
  readonly #names: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #tables = new Map<string, PairTable>();
  /** A servent that is started again begins at 0. */
  readonly #counting = new Map<string, { counters: Counters; observer: ServentObserver }>();
  /** Virtual time goes on from world to world. */
  #beforeMs = 0;
  #world!: SimulatedOverlay;

  private constructor(
    model: OverlayModel,
    seed: number,
    makeRecorder: (nameOf: (endpoint: Endpoint) => string | undefined) => FloodRecorder,
  ) {
    this.#model = model;
    this.#seed = seed;
    this.#names = [...model.servents.keys()];
    this.#numbers = new Map(this.#names.map((name, i) => [name, i]));
    this.#recorder = makeRecorder((endpoint) => this.#names[serventAt(endpoint, this.#names.length)]);
  }

  /** Makes the world of a seed. */
  static async open(
    model: OverlayModel,
    seed: number,
    makeRecorder: (nameOf: (endpoint: Endpoint) => string | undefined) => FloodRecorder,
  ): Promise<VirtualGround> {
    const ground = new VirtualGround(model, seed, makeRecorder);
    for (const name of ground.#names) await ground.#readTable(name);
    await ground.restart(ground.#names);
    return ground;
  }

  endpointOf(name: string): Endpoint {
    return serventEndpoint(this.#numbers.get(name)!);
  }

  /** Who knows whom is a world's for good: there is a new one, with the same names and addresses. */
  async restart(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const counters = newCounters();
      this.#counting.set(name, { counters, observer: countingIn(counters) });
    }
    this.#beforeMs += this.#world?.nowMs ?? 0;
    const links = this.#model.openLinks;
    this.#world = new SimulatedOverlay({
      graph: graphOfTopology({ ...this.#model.topology, links }),
      seed: this.#seed,
      paths: linkPaths(links, PERFECT_PATH),
      literal: this.#model.literal,
      pairs: (servent) => this.#tables.get(this.#names[servent]!)!,
      observers: [this.#observer()],
    });
    for (const { name, up } of this.#model.servents.values()) if (!up) this.#world.kill(this.#numbers.get(name)!);
  }

  async reload(name: string): Promise<void> {
    await this.#readTable(name);
    const core = this.#world.coreOf(this.#numbers.get(name)!);
    if (core) core.pairs = this.#tables.get(name)!;
  }

  async ask(contact: string, key: Uint8Array): Promise<void> {
    const id = this.#recorder.ask(key, contact, this.endpointOf(contact), this.#nowMs);
    const question = this.#world.ask({ contact: this.#numbers.get(contact)!, key });
    this.#world.run();
    const { summary, answers } = question;
    for (const { from, value, ms } of answers) {
      this.#recorder.answer(id, { from: formatEndpoint(from), value: escapeValue(value), ms });
    }
    const words = summaryLine({ ...summary!, dropped: {} }, formatEndpoint(this.endpointOf(contact)));
    this.#recorder.end(id, { words, ms: summary!.ms });
  }

  statsOf(name: string): ReturnType<Ground['statsOf']> {
    const core = this.#world.coreOf(this.#numbers.get(name)!);
    return core && { counters: this.#counting.get(name)!.counters, seen: core.seenCount };
  }

  async close(): Promise<void> {}

  get #nowMs(): number {
    return this.#beforeMs + this.#world.nowMs;
  }

  async #readTable(name: string): Promise<void> {
    const { pairs } = await tableOf(this.#model.servents.get(name)!.pairs);
    this.#tables.set(name, pairs);
  }

  /** Tells the recorder, and counts, what servents hear and do. */
  #observer(): Partial<OverlayObserver> {
    const recorder = this.#recorder;
    const countingAt = (servent: number) => this.#counting.get(this.#names[servent]!)!.observer;
    return {
      received: (servent, datagram, from, nowMs) => {
        countingAt(servent).received(datagram, from, nowMs);
        recorder.received(this.#names[servent]!, datagram, from, serventEndpoint(servent), this.#beforeMs + nowMs);
      },
      forwarded: (servent, query, neighbour) => {
        countingAt(servent).forwarded(query, neighbour);
        recorder.forwarded(query, serventEndpoint(servent), neighbour);
      },
      answered: (servent, response, client) => {
        countingAt(servent).answered(response, client);
        recorder.answered(response, serventEndpoint(servent), client);
      },
      dropped: (servent, reason, from) => {
        countingAt(servent).dropped(reason, from);
        recorder.dropped(reason);
      },
      handled: (servent, how) => {
        countingAt(servent).handled(how);
        recorder.handled();
      },
      lost: (reason, datagram, from, to) => recorder.lost(LOSSES[reason], datagram, from, to),
    };
  }
}

/** Why a datagram never came, in words. */
const LOSSES = {
  path: 'lost on the way',
  buffer: 'the receive buffer was full',
  dead: 'its receiver is down',
  closed: 'the question had ended',
  nobody: 'nobody has that address',
};
