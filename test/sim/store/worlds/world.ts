/**
 * Runs one world: a cluster with its clients, first with faults, then without, when it must become calm. Whatever breaks a rule
 * throws a Violation.
 */

import { uniform } from '../../../../simulator/path';
import { Random } from '../../../../simulator/random';
import { Streams } from '../../../../simulator/streams';
import { Timeline } from '../../../../simulator/timeline';
import type { Configuration } from '../../../../store/coordination/coordination';
import type { ReplicaCore } from '../../../../store/core';
import type { Entry } from '../../../../store/entry';
import { isLinearizable, type Operation } from '../../../support/linearizability';
import { Client, type ClientOptions, type Input, LIST, type Output } from './clients';
import { SimulatedCoordination } from './coordination';
import { begin, end } from './faults';
import { Place, type Process, SESSION_MS, type Watch } from './place';
import { type Plan, TROUBLE_MS } from './plan';
import { demand, Tally } from './states';

/** Once faults have ended, all are in sync and serve within this time. */
const CALM_MS = 12_000;
/** A world that does so much never comes to rest. */
const HAPPENED_MAX = 300_000;

export class World implements Watch {
  readonly plan: Plan;
  readonly random: Random;
  readonly timeline = new Timeline();
  readonly tally = new Tally();
  readonly streams: Streams<unknown>;
  readonly coordination: SimulatedCoordination;
  readonly places: Place[] = [];
  readonly Core: typeof ReplicaCore;
  readonly #history = new Map<string, Operation<Input, Output>[]>();
  readonly #clients: Client[] = [];
  /** What is committed, by index, as the first replica applied it. */
  readonly #log: Entry[] = [];
  readonly #leaders = new Map<number, Process>();
  readonly #keepsIdentity: boolean;
  #ids = 0;
  #values = 0;

  /** With `keepsIdentity` the shell has a planted bug. */
  constructor(plan: Plan, Core: typeof ReplicaCore, keepsIdentity: boolean) {
    this.plan = plan;
    this.#keepsIdentity = keepsIdentity;
    this.Core = Core;
    this.random = new Random(plan.seed ^ 0x5eed);
    this.streams = new Streams(
      this.timeline,
      this.random,
      uniform(...plan.delayMs),
      (host) => this.places[host]?.process,
    );
    this.coordination = new SimulatedCoordination(this.timeline, this.random, this.tally, SESSION_MS, (next) =>
      this.#recorded(next),
    );
    this.coordination.unknownPercent = plan.unknownPercent;
    for (let i = 0; i < plan.size; i++) this.places.push(new Place(i, this));
  }

  run(): Tally {
    const { plan, places, timeline } = this;
    for (const place of places) timeline.at(this.random.below(200), () => place.start());
    for (let i = 0; i < plan.clients; i++) timeline.at(100, () => this.#clients.push(this.#newClient()));
    for (const fault of plan.faults) timeline.at(fault.atMs, () => begin(this, fault));
    this.#runTo(TROUBLE_MS);
    this.#calm();
    this.#check();
    return this.tally;
  }

  applied(entry: Entry): void {
    const { index } = entry;
    const first = (this.#log[index] ??= entry);
    demand(first.sum === entry.sum, `no two replicas apply different entries: ${index}`);
  }

  committed(index: number): Entry | undefined {
    return this.#log[index];
  }

  leads(epoch: number, process: Process): void {
    const other = this.#leaders.get(epoch);
    demand(other === undefined || other === process, 'an epoch has one leader, in one life');
    this.#leaders.set(epoch, process);
  }

  /** Whatever the record says now, its members have what was confirmed, or have lost their folder. */
  confirmed(index: number): void {
    const sum = this.#log[index]?.sum;
    demand(sum !== undefined, 'what is confirmed was applied');
    for (const { id } of this.coordination.record?.inSync ?? []) {
      const folder = this.places.find((place) => place.folder.id === id)?.folder;
      if (!folder) continue;
      const entry = folder.entries[index - folder.base.index - 1];
      const has = index <= folder.base.index || entry?.sum === sum;
      demand(has, 'what is confirmed is on the disk of every member in sync');
    }
  }

  /** Who is in sync has all that is committed, or has lost its folder. */
  #recorded({ inSync }: Configuration): void {
    const last = this.#log.at(-1);
    for (const { id } of inSync) {
      const folder = this.places.find((place) => place.folder.id === id)?.folder;
      if (!folder || !last) continue;
      const has =
        last.index <= folder.base.index || folder.entries[last.index - folder.base.index - 1]?.sum === last.sum;
      demand(has, 'who is in sync has all that is committed');
    }
  }

  newId(place: number, former: string | undefined): string {
    if (this.#keepsIdentity && former !== undefined) return former;
    return `${place}-${++this.#ids}`;
  }

  #newClient(): Client {
    const { plan, random, tally, timeline, places } = this;
    const options: ClientOptions = {
      timeline,
      random,
      tally,
      places,
      lists: plan.lists,
      thinkMs: plan.thinkMs,
      nextValue: () => ++this.#values,
      prefixRead: (list, index, values) => this.#checkPrefix(list, index, values),
    };
    return new Client(options, this.#history);
  }

  #checkPrefix(list: string, index: number, values: readonly number[]): void {
    const expected: number[] = [];
    for (let i = 1; i <= index; i++) {
      const { op } = this.#log[i]!;
      if (op[0] === 'append' && op[1] === list) expected.push(op[2] as number);
    }
    demand(expected.join() === values.join(), 'a read shows the log up to its index');
  }

  #runTo(ms: number): void {
    this.timeline.run(ms);
    demand(this.timeline.happened < HAPPENED_MAX, 'a world does not work without end');
  }

  /** Ends all faults: then all must be in sync and serve, within a bounded time. */
  #calm(): void {
    const { timeline } = this;
    end(this);
    for (const client of this.#clients) client.stop();
    const untilMs = timeline.nowMs + CALM_MS;
    while (timeline.nowMs < untilMs && !this.#isCalm()) this.#runTo(timeline.nowMs + 100);
    demand(this.#isCalm(), `the cluster is calm ${CALM_MS} ms after its faults: ${this.#picture()}`);
    // One more write and read by a client that knows nothing.
    const client = this.#newClient();
    const afterMs = timeline.nowMs + CALM_MS;
    while (timeline.nowMs < afterMs && client.confirmed < 2) this.#runTo(timeline.nowMs + 50);
    demand(client.confirmed >= 2, 'a calm cluster takes writes');
    client.stop();
    const restMs = timeline.nowMs + CALM_MS;
    do this.#runTo(timeline.nowMs + 200);
    while (timeline.nowMs < restMs && this.#states().size > 1);
    demand(this.#states().size === 1, `replicas of a calm cluster have one state: ${this.#picture()}`);
  }

  #states(): Set<string> {
    return new Set(
      this.places.map(({ process }) => (process ? `${process.machine.applied.index} ${process.machine.text}` : 'none')),
    );
  }

  #isCalm(): boolean {
    const { places } = this;
    const leader = places.find(({ process }) => process?.status.role === 'leader')?.process;
    return (
      leader !== undefined &&
      places.every(({ folder }) => leader.status.inSync.some(({ id }) => id === folder.id)) &&
      leader.status.inSync.length === places.length &&
      places.every(({ process }) => process?.status.epoch === leader.status.epoch) &&
      places.every(({ process }) => process?.status.leader === leader.status.leader) &&
      places.filter(({ process }) => process?.status.role === 'leader').length === 1
    );
  }

  #picture(): string {
    const replicas = this.places.map(({ address, folder, process }) => {
      const status = process?.status;
      const inSync = status?.inSync.map(({ id }) => id).join('+');
      return `${address} ${folder.id} ${status?.role} of ${status?.leader} epoch ${status?.epoch} at ${status?.position} in sync ${inSync}`;
    });
    return `${replicas.join('; ')}; record ${JSON.stringify(this.coordination.record)}`;
  }

  #check(): void {
    const { faults, unknownPercent } = this.plan;
    const isOnlyTalk = unknownPercent === 0 && faults.every(({ what }) => what === 'hostile');
    demand(!isOnlyTalk || this.coordination.record?.epoch === 1, 'what strangers say makes nobody lead or resign');
    for (const [list, operations] of this.#history) {
      demand(isLinearizable(operations, LIST), `the history of ${list} is linearizable`);
    }
  }
}
