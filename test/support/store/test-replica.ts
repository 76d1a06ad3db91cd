/** A replica without a disk, a network or a clock: a test says what happens, and reads what the core gives out as prose. */

import type { Configuration, Member } from '../../../store/coordination/coordination';
import { type CoreOptions, type Recovered, ReplicaCore } from '../../../store/core';
import { type Entry, makeEntry, type Operation, type Position, START } from '../../../store/entry';
import type { PeerMessage } from '../../../store/replication/messages';
import type { Answer, Comparison, Ending, Outbox, Write } from '../../../store/replication/outbox';
import { ListMachine } from '../../sim/store/worlds/list-machine';

export const A: Member = { id: 'a', address: 'a:1' };
export const B: Member = { id: 'b', address: 'b:1' };
export const C: Member = { id: 'c', address: 'c:1' };

export const OPTIONS: CoreOptions = {
  address: 'a:1',
  contact: undefined,
  ackMs: 2000,
  sessionMs: 3000,
  requestMs: 30_000,
  minInSync: 1,
  hashEvery: 1000,
  keepEntries: 1000,
};

export const EMPTY: Recovered = {
  id: 'a',
  marks: undefined,
  base: START,
  last: START,
  epochs: [],
  tail: [],
  former: undefined,
};

/** Entries one behind the other, all of an epoch. */
export function entriesOf(epoch: number, values: readonly number[], behind: Position = START): Entry[] {
  const entries: Entry[] = [];
  for (const value of values) {
    entries.push(makeEntry(entries.at(-1) ?? behind, epoch, 1e15, ['append', 'list', value]));
  }
  return entries;
}

/** What a folder holds that has these entries. */
export function holding(entries: readonly Entry[], epoch: number): Recovered {
  const ends = new Map(entries.map((entry) => [entry.epoch, { epoch: entry.epoch, last: entry.index }]));
  const marks = { epoch, tried: epoch, known: undefined };
  return { ...EMPTY, marks, last: entries.at(-1) ?? START, epochs: [...ends.values()], tail: entries };
}

export function recordOf(version: number, epoch: number, leader: Member, ...inSync: Member[]): Configuration {
  return { version, epoch, leader: leader.id, inSync };
}

/** Far more than any test needs: a core that never comes to rest fails at once. */
const EFFECTS_MAX = 1000;

export class TestReplica implements Outbox {
  readonly core: ReplicaCore;
  readonly machine: ListMachine;
  /** Flushes come at once, or only by `flush`. */
  slowDisk = false;
  sent: PeerMessage[] = [];
  writes: Write[] = [];
  ending: Ending | undefined;
  comparisons: string[] = [];
  /** Why it hung up, what it told people, and up to where it let its log go. */
  reasons: string[] = [];
  notes: string[] = [];
  trimmed: number[] = [];
  #said: string[] = [];
  #nowMs = 1000;
  #us = 1e15;
  #ticket = 0;
  #flushed = 0;
  #wakeAtMs = Number.POSITIVE_INFINITY;

  constructor(recovered: Recovered = EMPTY, options: Partial<CoreOptions> = {}) {
    this.machine = new ListMachine(() => {}, 1);
    this.core = new ReplicaCore({ ...OPTIONS, ...options }, recovered, this.machine, this);
    this.core.start(this.now);
  }

  get now(): { ms: number; us: number } {
    return { ms: this.#nowMs, us: this.#us };
  }

  /** Something happens, and all that follows from it. Gives what the core has said since the last time. */
  when(happens: (core: ReplicaCore) => void): string[] {
    happens(this.core);
    this.core.settle(this.now);
    while (!this.slowDisk && this.#flushed < this.#ticket) this.flush();
    return this.heard();
  }

  heard(): string[] {
    const said = this.#said;
    this.#said = [];
    return said;
  }

  flush(): void {
    this.#flushed = this.#ticket;
    this.core.persisted(this.#ticket, this.now);
    this.core.settle(this.now);
  }

  /** Time goes on; whatever is due happens. */
  pass(ms: number): string[] {
    const untilMs = this.#nowMs + ms;
    for (let wakes = 1; this.#wakeAtMs <= untilMs; wakes++) {
      if (wakes > EFFECTS_MAX) throw new Error(`it was woken ${EFFECTS_MAX} times in ${ms} ms`);
      this.#nowMs = Math.max(this.#nowMs, this.#wakeAtMs);
      this.#wakeAtMs = Number.POSITIVE_INFINITY;
      this.when(() => {}).forEach((said) => void this.#said.push(said));
    }
    this.#nowMs = untilMs;
    return this.heard();
  }

  /** When it asked to be woken, in milliseconds from now. */
  get wakesInMs(): number {
    return this.#wakeAtMs - this.#nowMs;
  }

  /** The wall clock is set. */
  setClock(us: number): void {
    this.#us = us;
  }

  /** There is no record, and it has a session: it founds a store, and leads it. */
  found(): this {
    this.when((core) => core.session(true, this.now));
    this.when((core) => core.record(undefined, this.now));
    this.when((core) => core.changed('done', this.now));
    this.heard();
    return this;
  }

  /** A follower joins on a link and has everything. */
  join(link: number, member: Member, decided = true): string[] {
    const { last } = this;
    const join = { type: 'join', epoch: 0, member, ends: [{ epoch: last.epoch, last: last.index }] };
    const said = this.when((core) => core.receive(link, join, this.now));
    said.push(...this.acknowledge(link));
    if (decided) said.push(...this.when((core) => core.changed('done', this.now)));
    return [...said, ...this.acknowledge(link)];
  }

  /** The last entry that the core has given to the disk. */
  get last(): Position {
    const appended = this.writes.flatMap((write) => (write.kind === 'append' ? write.entries : []));
    return appended.at(-1) ?? START;
  }

  /** A follower acknowledges all, and the last round. */
  acknowledge(link: number, at: Position = this.last): string[] {
    const round = Math.max(0, ...this.sent.map((message) => (message.type === 'append' ? message.round : 0)));
    const ack = { type: 'ack', epoch: this.core.status.epoch, index: at.index, sum: at.sum, round };
    return this.when((core) => core.receive(link, ack, this.now));
  }

  write(token: number, value: number, request?: string): string[] {
    const operation: Operation = ['append', 'list', value];
    return this.when((core) => core.write(token, operation, request, this.now));
  }

  read(token: number, atLeast = 0): string[] {
    return this.when((core) => core.read(token, ['read', 'list'], atLeast, this.now));
  }

  persist(ticket: number, write: Write): void {
    this.#ticket = ticket;
    if (this.writes.push(write) > EFFECTS_MAX) throw new Error(`it writes more than ${EFFECTS_MAX} times`);
    if (write.kind === 'append') this.#say(`writes ${write.entries.map(({ index }) => index).join(' ')}`);
    if (write.kind === 'truncate') this.#say(`cuts off what is behind ${write.after}`);
    if (write.kind === 'restart') this.#say(`begins its log behind ${write.at.index}`);
    if (write.kind === 'marks') this.#say(`marks epoch ${write.marks.epoch}, tried ${write.marks.tried}`);
  }

  send(link: number, message: PeerMessage): void {
    if (this.sent.push(message) > EFFECTS_MAX) throw new Error(`it sends more than ${EFFECTS_MAX} messages`);
    if (message.type === 'ack') this.#say(`acknowledges ${message.index} to ${link}`);
    else if (message.type === 'append' && message.lines.length > 0)
      this.#say(`sends ${message.lines.length} to ${link}`);
    else if (message.type !== 'append') this.#say(`says ${message.type} to ${link}`);
  }

  change({ version, epoch, leader, inSync, forced }: Configuration): void {
    const members = inSync.map(({ id }) => id).join('+');
    this.#say(`proposes ${version}: epoch ${epoch} of ${leader}, ${members} in sync${forced ? ', forced' : ''}`);
  }

  answer(token: number, answer: Answer): void {
    const { kind } = answer;
    if (kind === 'reply') this.#say(`answers ${token} ${JSON.stringify(answer.reply[1])}`);
    else if (kind === 'refused') this.#say(`refuses ${token}: ${answer.reason}`);
    else if (kind === 'not-leader') this.#say(`tells ${token} to ask ${answer.leader}`);
    else this.#say(`does not know about ${token}: ${answer.reason}`);
  }

  end(ending: Ending): void {
    this.ending = ending;
    this.#say(ending.anew ? 'begins anew' : 'ends');
  }

  readRecord(): void {
    this.#say('reads the record');
  }

  dial(address: string | undefined): void {
    this.#say(`dials ${address ?? 'nobody'}`);
  }

  hangUp(link: number, reason: string): void {
    this.reasons.push(reason);
    this.#say(`hangs up ${link}`);
  }

  readLog(link: number, from: number): void {
    this.#say(`reads its log from ${from} for ${link}`);
  }

  wake(atMs: number): void {
    this.#wakeAtMs = atMs;
  }

  trim(index: number): void {
    this.trimmed.push(index);
  }

  compared({ found, follower, from, to }: Comparison): void {
    this.comparisons.push(`${follower} ${found} ${from}-${to}`);
  }

  note(text: string): void {
    this.notes.push(text);
  }

  #say(text: string): void {
    this.#said.push(text);
  }
}
