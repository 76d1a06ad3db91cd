/**
 * Runs one world: a cluster with its clients, first with faults, then without, when it must become calm. Whatever breaks a rule
 * throws a Violation.
 */

import { uniform } from '../../../../simulator/path';
import { Random } from '../../../../simulator/random';
import { Streams } from '../../../../simulator/streams';
import { Timeline } from '../../../../simulator/timeline';
import type { Configuration } from '../../../../store/coordination/coordination';
import { getOperation, pairIn } from '../../../../store/dialects/key-value/pairs';
import type { Entry, Position } from '../../../../store/entry';
import { isLinearizable } from '../../../support/linearizability';
import type { Build } from './build';
import { Client, type Deed } from './clients';
import { Committed } from './committed';
import { SimulatedCoordination } from './coordination';
import { DocumentsMachine } from './documents-machine';
import { begin, end } from './faults';
import { CREATE, documentsOf } from './few-documents';
import { ListMachine } from './list-machine';
import { listsOf } from './lists';
import type { Witness, WorldMachine } from './machine';
import { PairClient } from './pair-clients';
import { Place, type Process, SESSION_MS, type Watch } from './place';
import { type Plan, TROUBLE_MS } from './plan';
import { demand, Tally } from './states';
import { modelOf, type Subject } from './subject';

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
  readonly build: Build;
  readonly #subject: Subject;
  readonly #history = new Map<string, Deed[]>();
  readonly #clients: Client[] = [];
  readonly #pairClients: PairClient[] = [];
  readonly #committed = new Committed();
  readonly #leaders = new Map<number, Process>();
  #before: Configuration | undefined;
  #ids = 0;
  #values = 0;
  readonly #put = { latest: 0 };

  constructor(plan: Plan, build: Build) {
    this.plan = plan;
    this.build = build;
    this.#subject = plan.machine === 'lists' ? listsOf(plan.objects) : documentsOf(plan.objects, plan.isForced);
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
    for (let i = 0; i < plan.clients; i++) {
      timeline.at(100, () => this.#clients.push(this.#newClient()));
      if (plan.machine === 'documents') timeline.at(100, () => this.#pairClients.push(this.#newPairClient()));
    }
    for (const fault of plan.faults) timeline.at(fault.atMs, () => begin(this, fault));
    this.#runTo(TROUBLE_MS);
    this.#calm();
    this.#check();
    return this.tally;
  }

  newMachine(witness: Witness, durable: unknown): WorldMachine {
    const { batchesKept, machine } = this.plan;
    if (machine === 'lists') return new ListMachine(witness, batchesKept, durable);
    return new DocumentsMachine({ Machine: this.build.Machine, witness, batchesKept, durable });
  }

  applied(entry: Entry, process: Process): void {
    this.#committed.applied(entry, () => process.status.epoch);
  }

  committed(index: number): Entry | undefined {
    return this.#committed.at(index);
  }

  isCommitted(at: Position): boolean {
    return this.#committed.has(at);
  }

  leads(epoch: number, process: Process): void {
    const other = this.#leaders.get(epoch);
    demand(other === undefined || other === process, 'an epoch has one leader, in one life');
    this.#leaders.set(epoch, process);
  }

  /** Whatever the record says now, its members have what was confirmed, or have lost their folder. */
  confirmed(at: Position): void {
    if (!this.#committed.has(at)) return this.tally.met('a leader that was forced out went on confirming');
    this.#demandHeld(at, this.coordination.record?.inSync ?? [], 'what is confirmed is on the disk of all in sync');
  }

  /** Who is in sync has all that is committed, or has lost its folder. */
  #recorded(next: Configuration): void {
    const before = this.#before;
    this.#before = next;
    const isTakeover = before && next.epoch > before.epoch;
    if (isTakeover && next.forced) this.#forced(next);
    const wasInSync = before?.inSync.some(({ id }) => id === next.leader) ?? true;
    demand(wasInSync || next.forced === true, 'only who is in sync takes over, or who is forced and marked');
    const { last } = this.#committed;
    if (last) this.#demandHeld(last, next.inSync, 'who is in sync has all that is committed');
  }

  #demandHeld({ index, sum }: Position, members: Configuration['inSync'], rule: string): void {
    for (const { id } of members) {
      const folder = this.places.find((place) => place.folder.id === id)?.folder;
      if (folder)
        demand(index <= folder.base.index || folder.entries[index - folder.base.index - 1]?.sum === sum, rule);
    }
  }

  #forced({ epoch, leader }: Configuration): void {
    const { base, entries } = this.places.find((place) => place.folder.id === leader)!.folder;
    const lost = this.#committed.forced(epoch, base.index, entries);
    this.tally.met('a takeover was forced');
    if (lost > 0) this.tally.met('a forced takeover lost what was confirmed');
  }

  newId(place: number, former: string | undefined): string {
    if (this.build.keepsIdentity && former !== undefined) return former;
    return `${place}-${++this.#ids}`;
  }

  #newClient(): Client {
    const { plan, random, tally, timeline, places } = this;
    return new Client({
      timeline,
      random,
      tally,
      places,
      subject: this.#subject,
      first: plan.machine === 'documents' && !plan.isForced ? CREATE : undefined,
      thinkMs: plan.thinkMs,
      history: this.#history,
      nextValue: () => ++this.#values,
      wasRead: ({ object }, output, { at, isWrong }) => {
        if (!isWrong) this.#committed.checkRead(this.#subject, object, output, at);
      },
    });
  }

  #newPairClient(): PairClient {
    const { plan, random, tally, timeline, places } = this;
    const nextValue = (): number => ++this.#values;
    const { replyTo } = this.build;
    const put = plan.isForced ? undefined : this.#put;
    return new PairClient({
      timeline,
      random,
      tally,
      places,
      replyTo,
      keys: plan.objects,
      thinkMs: plan.thinkMs,
      nextValue,
      put,
    });
  }

  #runTo(ms: number): void {
    this.timeline.run(ms);
    demand(this.timeline.happened < HAPPENED_MAX, 'a world does not work without end');
  }

  /** Ends all faults: then all must be in sync and serve, within a bounded time. */
  #calm(): void {
    const { timeline } = this;
    end(this);
    for (const client of [...this.#clients, ...this.#pairClients]) client.stop();
    const untilMs = timeline.nowMs + CALM_MS;
    while (timeline.nowMs < untilMs && !this.#isCalm()) this.#runTo(timeline.nowMs + 100);
    demand(this.#isCalm(), `the cluster is calm ${CALM_MS} ms after its faults: ${this.#picture()}`);
    // Some more writes and reads by a client that knows nothing: enough that all compare their states again.
    const client = this.#newClient();
    const writes = this.plan.faults.some(({ what }) => what === 'go wrong') ? 2 * this.plan.hashEvery : 2;
    const afterMs = timeline.nowMs + CALM_MS * writes;
    while (timeline.nowMs < afterMs && client.confirmed < writes) this.#runTo(timeline.nowMs + 50);
    demand(client.confirmed >= writes, 'a calm cluster takes writes');
    client.stop();
    const restMs = timeline.nowMs + CALM_MS;
    do this.#runTo(timeline.nowMs + 200);
    while (timeline.nowMs < restMs && (this.#states().size > 1 || !this.#isCalm()));
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
    const { faults, isForced, unknownPercent } = this.plan;
    const isOnlyTalk = unknownPercent === 0 && faults.every(({ what }) => what === 'hostile');
    demand(!isOnlyTalk || this.coordination.record?.epoch === 1, 'what strangers say makes nobody lead or resign');
    for (const [object, deeds] of this.#history) {
      if (isForced) this.#committed.checkOrder(this.#subject, object, deeds);
      else demand(isLinearizable(deeds, modelOf(this.#subject)), `the history of ${object} is linearizable`);
      this.#checkForm(object, deeds);
    }
    if (!isForced) for (const { held } of this.#pairClients) this.#checkPairs(held);
  }

  /** Of forms with one id one is taken. */
  #checkForm(object: string, deeds: readonly Deed[]): void {
    const forms = deeds.filter(({ input }) => input.kind === 'form');
    if (forms.length > 1) this.tally.met('several forms had one id');
    const taken = forms.filter(({ output }) => output === 'true').length;
    demand(this.plan.isForced || taken <= 1, `of several forms one is taken: ${object}`);
    const isKnown = forms.length > 0 && forms.every(({ output }) => output !== undefined);
    demand(!isKnown || this.plan.isForced || taken === 1, `of several forms one is taken, and not none: ${object}`);
  }

  /** In a calm cluster every server has what a client has seen. */
  #checkPairs(held: ReadonlyMap<string, number>): void {
    for (const [key, timestamp] of held) {
      for (const { process } of this.places) {
        const pair = pairIn(process!.machine.read(getOperation(key)));
        demand((pair?.timestamp ?? 0) >= timestamp, 'every server gets what a client has seen');
      }
    }
  }
}
