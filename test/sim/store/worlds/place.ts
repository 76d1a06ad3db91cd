/**
 * A place where a replica runs: the folder that outlives its processes, and the shell of a real core, on a simulated disk and
 * network. It watches what the core gives out: what must be on a disk before it leaves, is looked for there.
 */

import { Disk } from '../../../../simulator/disk';
import { type Delay, uniform } from '../../../../simulator/path';
import type { Random } from '../../../../simulator/random';
import type { Host, Streams } from '../../../../simulator/streams';
import type { Timeline } from '../../../../simulator/timeline';
import type { Configuration, Member } from '../../../../store/coordination/coordination';
import type { CoreOptions, Recovered, ReplicaCore } from '../../../../store/core';
import { type Entry, EntryError, type Operation, type Position, parseEntry, START } from '../../../../store/entry';
import type { EpochEnd, PeerMessage } from '../../../../store/replication/messages';
import type { Answer, Ending, Marks, Outbox, Write } from '../../../../store/replication/outbox';
import type { Now } from '../../../../store/replication/replica';
import type { Build } from './build';
import type { SimulatedCoordination, Watcher } from './coordination';
import type { Witness, WorldMachine } from './machine';
import { type Plan, TROUBLE_MS } from './plan';
import { demand, type Tally } from './states';

/** What the world knows that no replica does. */
export interface Watch {
  readonly plan: Plan;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly tally: Tally;
  readonly streams: Streams<unknown>;
  readonly coordination: SimulatedCoordination;
  readonly build: Build;
  newMachine(witness: Witness, durable: unknown): WorldMachine;
  /** A replica has applied an entry. */
  applied(entry: Entry, process: Process): void;
  /** A replica leads an epoch. */
  leads(epoch: number, process: Process): void;
  /** A write was answered as done. */
  confirmed(at: Position): void;
  /** An identity for a folder without one. */
  newId(place: number, former: string | undefined): string;
  /** The committed entry at an index, if any replica has applied it. */
  committed(index: number): Entry | undefined;
  /** Is it a place in what is committed, and was not lost by force? */
  isCommitted(at: Position): boolean;
}

interface Folder {
  id: string;
  former: string | undefined;
  base: Position;
  entries: Entry[];
  marks: Marks | undefined;
  state: unknown;
}

/** What the world sees of an answer, beside what it says. */
export interface Told {
  /** It was given by one that led when it was asked, and still. */
  led: boolean;
  /** The last entry that was applied, and the epoch that the replica was in. */
  at: { index: number; sum: string; epoch: number };
  /** By a machine that has gone wrong. */
  isWrong: boolean;
}

export interface Request {
  operation: Operation;
  request: string | undefined;
  atLeast: number;
  kind: 'read' | 'write' | 'force';
  done(answer: Answer | undefined, told: Told | undefined): void;
}

export const ACK_MS = 400;
export const SESSION_MS = 600;
export const REQUEST_MS = 1500;

const SHOWN = process.env['SHOW_WORLD'] !== undefined;

export class Place {
  readonly number: number;
  readonly address: string;
  readonly watch: Watch;
  readonly disk: Disk<Write>;
  readonly flushDelay: Delay;
  folder: Folder;
  process: Process | undefined;
  /** What the folder was before all of it was damaged, which the operator can bring back. */
  #copy: Folder | undefined;
  /** Where a read was answered last, and under which identity. */
  answeredAt: { id: string; at: Position } = { id: '', at: START };

  constructor(number: number, watch: Watch) {
    this.number = number;
    this.address = `r${number}:1`;
    this.watch = watch;
    this.flushDelay = uniform(...watch.plan.flushMs);
    this.disk = new Disk(watch.timeline, watch.random, this.flushDelay, (write) => this.#store(write));
    this.folder = this.#emptyFolder(undefined, undefined);
  }

  /** Starts a process, if none runs. */
  start(): void {
    if (this.process) return;
    this.disk.failing = false;
    this.disk.delay = this.flushDelay;
    if (this.isDamaged()) this.setAside();
    this.process = new Process(this);
    this.process.begin();
  }

  /** Ends the process wherever it is. */
  kill(): void {
    const { process, watch } = this;
    if (!process) return;
    this.process = undefined;
    this.folder.state = process.machine.durable;
    process.die();
    watch.streams.died(this.number);
    const torn = this.disk.crash();
    if (torn) watch.tally.met('a replica died with writes that were not flushed');
    if (torn?.kind !== 'append') return;
    // Of several lines the first may be whole, the last is not.
    const whole = watch.random.below(torn.entries.length);
    watch.tally.met('the last write was torn');
    if (whole > 0) this.#store({ kind: 'append', entries: torn.entries.slice(0, whole) });
  }

  /** What is in the folder is not to be trusted: a new identity, and nothing else. */
  setAside(): void {
    this.watch.tally.met('a damaged log was set aside');
    this.folder = this.#emptyFolder(this.folder.id, this.folder.id);
  }

  /** The folder is lost. */
  lose(): void {
    this.kill();
    this.folder = this.#emptyFolder(undefined, this.folder.id);
  }

  /** A bit of the log changes. */
  rot(): void {
    this.kill();
    const { entries } = this.folder;
    const at = this.watch.random.below(Math.max(entries.length, 1));
    const entry = entries[at];
    if (!entry) return;
    const place = this.watch.random.below(entry.line.length);
    const code = entry.line.charCodeAt(place) ^ (1 << this.watch.random.below(6));
    const line = entry.line.slice(0, place) + String.fromCharCode(code) + entry.line.slice(place + 1);
    entries[at] = { ...entry, line };
  }

  /** The log rots, and all of the folder was copied before. */
  rotCopied(): void {
    this.kill();
    this.#copy = { ...this.folder, entries: [...this.folder.entries] };
    this.rot();
  }

  /** The operator brings the copy back, if there is one and the store still waits for it: who came in its place may be in sync. */
  bringBack(): void {
    const copy = this.#copy;
    this.#copy = undefined;
    if (!copy || !this.watch.coordination.record?.inSync.some(({ id }) => id === copy.id)) return;
    this.kill();
    this.folder = copy;
  }

  recovered(applied: number): Recovered {
    const { id, former, base, entries, marks } = this.folder;
    const ends = new Map<number, EpochEnd>();
    for (const { epoch, index } of entries) ends.set(epoch, { epoch, last: index });
    const from = Math.max(applied - this.watch.plan.tailKept, base.index);
    const last = entries.at(-1) ?? base;
    return { id, former, base, last, marks, epochs: [...ends.values()], tail: entries.slice(from - base.index) };
  }

  #emptyFolder(former: string | undefined, lost: string | undefined): Folder {
    const id = this.watch.newId(this.number, lost);
    return { id, former, base: START, entries: [], marks: undefined, state: undefined };
  }

  /** Is its log not what was written? */
  isDamaged(): boolean {
    let previous: Position = this.folder.base;
    try {
      for (const { line } of this.folder.entries) previous = parseEntry(previous, line);
      return false;
    } catch (error) {
      if (error instanceof EntryError) return true;
      throw error;
    }
  }

  #store(write: Write): void {
    const { folder } = this;
    const last = folder.entries.at(-1) ?? folder.base;
    if (write.kind === 'append') {
      demand(write.entries[0]!.index === last.index + 1, 'entries are written one behind the other');
      folder.entries.push(...write.entries);
    } else if (write.kind === 'truncate') {
      const lost = folder.entries[write.after - folder.base.index];
      const isCommitted = lost !== undefined && this.watch.committed(lost.index)?.sum === lost.sum;
      // Who is not in sync may still hear an older leader, that lacks what a later one has completed meanwhile.
      const isInSync = this.watch.coordination.record?.inSync.some(({ id }) => id === folder.id) ?? false;
      demand(!isCommitted || !isInSync, 'who is in sync does not cut off what is committed');
      this.watch.tally.met('entries that were never committed were cut off');
      folder.entries.length = Math.min(folder.entries.length, Math.max(0, write.after - folder.base.index));
    } else if (write.kind === 'restart') {
      folder.base = write.at;
      folder.entries = [];
      folder.former = undefined;
    } else folder.marks = write.marks;
  }
}

/** One life of a replica. */
export class Process implements Outbox, Host<unknown>, Watcher {
  readonly place: Place;
  readonly member: Member;
  readonly machine: WorldMachine;
  readonly #core: ReplicaCore;
  readonly #watch: Watch;
  readonly #startedMs: number;
  #unwatch: () => void = () => {};
  #isDead = false;
  /** What came while it was paused; undefined while it is not. */
  #backlog: (() => void)[] | undefined;
  #settling = false;
  #wakeAtMs = Number.POSITIVE_INFINITY;
  #dialled: { address: string; stream: number | undefined } | undefined;
  #token = 0;
  readonly #requests = new Map<number, Request & { led: boolean }>();
  #ledEpoch = 0;
  #seen: Configuration | undefined;
  #ended = false;

  constructor(place: Place) {
    const { folder, watch } = place;
    this.place = place;
    this.#watch = watch;
    this.member = { id: folder.id, address: place.address };
    this.machine = watch.newMachine((entry) => this.#applied(entry), folder.state);
    const { plan } = watch;
    const contact = plan.contacts[place.number];
    const options: CoreOptions = {
      address: place.address,
      contact: contact === undefined ? undefined : `r${contact}:1`,
      ackMs: ACK_MS,
      sessionMs: SESSION_MS,
      requestMs: REQUEST_MS,
      minInSync: plan.minInSync,
      hashEvery: plan.hashEvery,
      keepEntries: plan.keepEntries,
      learnMs: plan.learnMs,
    };
    this.#core = new watch.build.Core(options, place.recovered(this.machine.applied.index), this.machine, this);
    this.#startedMs = watch.timeline.nowMs;
  }

  begin(): void {
    this.#do(() => this.#core.start(this.#now()));
    if (this.#isDead) return;
    this.#unwatch = this.#watch.coordination.watch(this);
  }

  get status(): ReplicaCore['status'] {
    return this.#core.status;
  }

  get isPaused(): boolean {
    return this.#backlog !== undefined;
  }

  die(): void {
    this.#isDead = true;
    this.#unwatch();
    for (const { done } of this.#requests.values()) done(undefined, undefined);
    this.#requests.clear();
  }

  pause(): void {
    this.#backlog ??= [];
  }

  resume(): void {
    const backlog = this.#backlog ?? [];
    this.#backlog = undefined;
    for (const happens of backlog) this.#do(happens);
  }

  ask(request: Request): void {
    const token = ++this.#token;
    this.#requests.set(token, { ...request, led: false });
    this.#do(() => {
      this.#requests.get(token)!.led = this.status.role === 'leader';
      const { operation } = request;
      if (request.kind === 'read') this.#core.read(token, operation, request.atLeast, this.#now());
      else if (request.kind === 'force') this.#core.force(token, this.#now());
      else this.#core.write(token, operation, request.request, this.#now());
    });
  }

  // What the network and the service tell.

  opened(): void {}

  received(stream: number, message: unknown): void {
    this.#do(() => this.#core.receive(stream, message, this.#now()));
  }

  closed(stream: number): void {
    this.#do(() => {
      if (this.#dialled?.stream === stream) this.#redial();
      this.#core.linkDown(stream, this.#now());
    });
  }

  record(configuration: Configuration | undefined): void {
    this.#seen = configuration;
    this.#do(() => this.#core.record(configuration, this.#now()));
  }

  alive(members: readonly Member[]): void {
    this.#do(() => this.#core.alive(members, this.#now()));
  }

  session(held: boolean): void {
    this.#do(() => this.#core.session(held, this.#now()));
  }

  // What the core gives out.

  persist(ticket: number, write: Write): void {
    // What stands before the log's new beginning is in the state alone.
    if (write.kind === 'restart' && !this.#watch.build.forgetsRestored) void this.machine.flush();
    this.place.disk.write(write, (failed) => {
      this.#do(() => {
        if (failed) this.#core.persistFailed('a flush failed', this.#now());
        else this.#core.persisted(ticket, this.#now());
      });
    });
  }

  trim(index: number): void {
    const { folder } = this.place;
    this.#watch.tally.met('the log was trimmed');
    // The journal keeps what the state may need after a crash.
    const upTo = Math.min(index, this.machine.durableIndex, folder.base.index + folder.entries.length);
    if (upTo <= folder.base.index) return;
    const cut = folder.entries.splice(0, upTo - folder.base.index);
    folder.base = cut.at(-1)!;
  }

  readLog(link: number, from: number, count: number): void {
    this.#watch.tally.met('a follower caught up from the journal');
    this.#watch.timeline.after(1, () => {
      const { base, entries } = this.place.folder;
      const found = from > base.index ? entries.slice(from - base.index - 1, from - base.index - 1 + count) : [];
      this.#do(() => this.#core.logRead(link, found, this.#now()));
    });
  }

  send(link: number, message: PeerMessage): void {
    demand(!this.#ended, 'a replica that has ended says nothing');
    if (message.type === 'ack') this.#checkAck(message.epoch, message.index, message.sum);
    if (message.type === 'lead' && message.after > 0) this.#watch.tally.met('a follower caught up by entries');
    if (message.type === 'snapshot') this.#watch.tally.met('a follower was built from a snapshot');
    if (message.type === 'append' && message.hash) this.#watch.tally.met('states were compared');
    this.#watch.streams.send(link, this.place.number, message);
  }

  dial(address: string | undefined): void {
    if (this.#dialled?.stream !== undefined) this.#watch.streams.close(this.#dialled.stream, this.place.number);
    this.#dialled = undefined;
    if (address === undefined) return;
    this.#dialled = { address, stream: undefined };
    this.#connect();
  }

  hangUp(link: number, reason: string): void {
    if (reason.includes('no message')) this.#watch.tally.met('a hostile peer was hung up on');
    this.#watch.streams.close(link, this.place.number);
    if (this.#dialled?.stream === link) this.#redial();
  }

  change(next: Configuration): void {
    this.#watch.coordination.change(this, next, (outcome) => {
      if (outcome === 'done') this.#noteChange(next);
      else if (next.leader === this.member.id && outcome === 'refused') this.#watch.tally.met('a takeover failed');
      this.#do(() => this.#core.changed(outcome, this.#now()));
    });
  }

  readRecord(): void {
    this.#watch.coordination.read(this, (result) => {
      this.#do(() => {
        if (result) this.#core.recordRead(result.record, this.#now());
        else this.#core.recordUnreadable(this.#now());
      });
    });
  }

  answer(token: number, answer: Answer): void {
    demand(!this.#ended, 'a replica that has ended answers nothing');
    const request = this.#requests.get(token);
    demand(request !== undefined, 'a request is answered once');
    this.#requests.delete(token);
    const { role, epoch } = this.status;
    const led = request.led && role === 'leader';
    const at = this.#positionAt(answer.kind === 'reply' ? answer.index : this.machine.applied.index);
    if (answer.kind === 'reply') this.#checkReply(request, at, led);
    if (answer.kind === 'unknown') this.#watch.tally.met('an outcome was not known to a client');
    if (answer.kind === 'refused' && request.kind === 'write') {
      this.#watch.tally.met('a write was refused for want of replicas in sync');
    }
    request.done(answer, { led, at: { index: at.index, sum: at.sum, epoch }, isWrong: this.machine.isWrong });
  }

  #checkReply({ kind, atLeast }: Request, at: Position, led: boolean): void {
    const { tally } = this.#watch;
    if (kind === 'force') return;
    if (kind === 'write') {
      if (this.status.role !== 'leader') tally.met('a write was answered when its leader no longer led');
      return this.#watch.confirmed(at);
    }
    this.#checkRead(at);
    if (led) tally.met('a read waited for a round');
    if (!led && atLeast > 0) tally.met('a follower waited for a position');
  }

  /** Of an entry that was applied; of a batch the earlier ones too. */
  #positionAt(index: number): Position {
    const { applied } = this.machine;
    const { base, entries } = this.place.folder;
    return index === applied.index ? applied : entries[index - base.index - 1]!;
  }

  wake(atMs: number): void {
    this.#wakeAtMs = atMs;
    this.#watch.timeline.at(atMs, () => {
      if (atMs !== this.#wakeAtMs) return;
      this.#wakeAtMs = Number.POSITIVE_INFINITY;
      this.#do(() => {});
    });
  }

  compared(): void {}

  note(text: string): void {
    if (text.startsWith('waits for one of')) this.#watch.tally.met('replicas waited for those in sync, all gone');
    if (text.startsWith('leads epoch') && text.endsWith('no longer')) {
      this.#watch.tally.met('an old leader heard that it leads no longer');
    }
    if (SHOWN) {
      console.log(this.#watch.timeline.nowMs.toFixed(1), this.place.address, this.member.id, text);
    }
  }

  end({ anew, reason }: Ending): void {
    this.#ended = true;
    this.note(`ends${anew ? ' to begin anew' : ''}: ${reason}`);
    if (reason === 'a flush failed') this.#watch.tally.met('a disk failed');
    if (reason.startsWith('the state differs')) this.#watch.tally.met('a state that differed was noticed');
    if (reason.startsWith('the log was damaged'))
      this.#watch.tally.met('one that alone was in sync was damaged, and ended');
    const isInSync = this.#watch.coordination.record?.inSync.some(({ id }) => id === this.member.id);
    demand(!anew || !isInSync || this.machine.isWrong, 'who is in sync keeps what it has');
    this.#watch.timeline.after(0, () => {
      if (this.place.process !== this) return;
      this.place.kill();
      if (anew) this.place.setAside();
      this.#watch.timeline.after(100, () => this.place.start());
    });
  }

  /** Does something unless the process is dead or paused, and then all that follows from it. */
  #do(happens: () => void): void {
    if (this.#isDead) return;
    if (this.#backlog) return void this.#backlog.push(happens);
    happens();
    if (this.#settling) return;
    this.#settling = true;
    this.#watch.timeline.after(0, () => this.#settle());
  }

  #settle(): void {
    this.#settling = false;
    if (this.#isDead) return;
    if (this.#backlog) return void this.#backlog.push(() => {});
    this.#core.settle(this.#now());
    this.#fill();
    const { role, epoch } = this.status;
    if (role === 'leader' && epoch !== this.#ledEpoch) {
      this.#ledEpoch = epoch;
      this.#watch.leads(epoch, this);
    }
  }

  /** The state may have no room for a while. */
  #fill(): void {
    const { plan, random, tally, timeline } = this.#watch;
    const { machine } = this;
    if (machine.isFull && this.status.lag > 0) tally.met('what was committed waited for the state to have room');
    if (plan.fullMs === 0 || machine.isFull || timeline.nowMs > TROUBLE_MS || !random.chance(10)) return;
    machine.isFull = true;
    timeline.after(random.below(plan.fullMs), () => {
      machine.isFull = false;
      this.#do(() => {});
    });
  }

  #now(): Now {
    const { nowMs } = this.#watch.timeline;
    // The wall clocks of two replicas differ, and one of them goes back.
    const us = Math.floor(1e15 + nowMs * (this.place.number === 1 ? -1000 : 1000)) + this.place.number * 3_000_000;
    return { ms: nowMs - this.#startedMs + 1000, us };
  }

  #connect(): void {
    const dialled = this.#dialled!;
    const to = Number(/^r(\d+):1$/.exec(dialled.address)?.[1] ?? -1);
    this.#watch.streams.connect(this.place.number, to, (stream) => {
      const isWanted = this.#dialled === dialled && !this.#isDead;
      if (stream !== undefined && !isWanted) this.#watch.streams.close(stream, this.place.number);
      if (!isWanted) return;
      dialled.stream = stream;
      if (stream !== undefined) return this.#do(() => this.#core.linkUp(stream, this.#now()));
      this.#redial();
      this.#do(() => this.#core.undialled(dialled.address, this.#now()));
    });
  }

  #redial(): void {
    const dialled = this.#dialled!;
    dialled.stream = undefined;
    this.#watch.timeline.after(40, () => {
      if (this.#dialled === dialled && dialled.stream === undefined && !this.#isDead) this.#connect();
    });
  }

  #applied(entry: Entry): void {
    const { base, entries } = this.place.folder;
    demand(entry.index <= (entries.at(-1) ?? base).index, 'what is applied is on the disk');
    this.#watch.applied(entry, this);
  }

  /** What a follower acknowledges is on its disk, and so is the epoch. */
  #checkAck(epoch: number, index: number, sum: string): void {
    const { base, entries, marks } = this.place.folder;
    const last = entries.at(-1) ?? base;
    const at = index === base.index ? base : entries[index - base.index - 1];
    demand(index <= last.index && (at === undefined || at.sum === sum), 'what is acknowledged is on the disk');
    demand(marks !== undefined && marks.epoch >= epoch, 'an epoch is written down before it is acknowledged');
  }

  #checkRead(at: Position): void {
    const { answeredAt } = this.place;
    const { id } = this.member;
    // What a forced takeover has lost is not there to go back from.
    const isBefore = answeredAt.id === id && this.#watch.isCommitted(answeredAt.at);
    demand(!isBefore || at.index >= answeredAt.at.index, 'reads at one replica never go back');
    this.place.answeredAt = { id, at };
  }

  #noteChange(next: Configuration): void {
    const { tally } = this.#watch;
    const before = this.#seen;
    this.#seen = next;
    if (!before) return tally.met('a store was founded');
    if (before.epoch < next.epoch) {
      return tally.met(
        before.leader === next.leader ? 'a leader that was started again led again' : 'a follower took over',
      );
    }
    const isMore = next.inSync.length > before.inSync.length;
    tally.met(isMore ? 'a follower was added while writes went on' : 'a follower was taken out');
  }
}
