/**
 * The core of a replica: replication, decided without I/O, clock or randomness (store specification, section 4). Primary-backup
 * with an external configuration, after PacificA (MSR-TR-2008-25) and Kafka's in-sync sets.
 *
 * Why nothing that was confirmed is lost, and no two leaders confirm:
 *
 * 1. The record changes by compare-and-set alone, and every takeover raises its epoch. A replica tries an epoch once in its
 *    life, for it writes down that it does before it does. So an epoch has one leader, which leads because its own
 *    compare-and-set succeeded, and never because the record says so: a leader that was started again is none.
 * 2. An entry is committed when every member of the record has it on disk; while a change is under way or in doubt, every member
 *    of what is recorded and of what is proposed. Whichever of the two the record then is, its members all have the entry. Who
 *    is added has all that is committed when it is proposed, and from then on must have whatever else is.
 * 3. Only a member of the record takes over, by compare-and-set on the very version in which it is one: so it has all that was
 *    committed. From the moment it tries it acknowledges nothing of the old epoch. So what the old leader commits afterwards,
 *    it commits after the attempt has failed, or after a compare-and-set of its own took that member out, by which the
 *    attempt fails. (As Kafka's unclean elections do not: a force by an operator is the one way around this, and marked.)
 * 4. Logs are compared by where epochs end, not by what somebody believes was committed (Kafka lost writes by that: KIP-101,
 *    KIP-279): two logs that have one entry of an epoch in common have all before it in common.
 * 5. An epoch is written down before anything of it is acknowledged, so no restart brings a member back to an older leader.
 * 6. A read at the leader is answered when every member, as in 2, has confirmed a round begun after the read came. Whoever takes
 *    over must be one of them, and tries after it confirmed: what the new leader commits comes after the read began.
 * 7. Whoever lost what it had acknowledged (its disk was damaged, its state differs) comes back under another identity, and so
 *    is in no record. A failed write ends a replica: what it has on disk then is not known.
 *
 * Leases, silence and time only say when to try something. They can cost time, and never a write.
 */

import type { ChangeOutcome, Configuration, Member } from './coordination/coordination';
import type { Entry, Operation } from './entry';
import { Ballot } from './replication/ballot';
import { Clients } from './replication/clients';
import { Disk } from './replication/disk';
import { Following } from './replication/following';
import { HEARTBEATS, Leading } from './replication/leading';
import { type RecoveredLog, ReplicaLog } from './replication/log';
import { readMessage } from './replication/messages';
import type { Link, Marks, Outbox, Token } from './replication/outbox';
import { type Now, Replica, type Settings } from './replication/replica';
import type { StateMachine } from './state-machine';

export interface CoreOptions extends Settings {
  /** `host:port`, as told to others. */
  readonly address: string;
  /** The leader that the operator named; undefined for one that may found a store. */
  readonly contact: string | undefined;
}

/** What the shell found in the replica's folder. */
export interface Recovered extends RecoveredLog {
  /** The identity kept in the folder: random, and new for a folder that was lost, or set aside as damaged. */
  readonly id: string;
  readonly marks: Marks | undefined;
  /** The identity of a folder that was damaged and set aside; then this one is empty. */
  readonly former: string | undefined;
}

export interface Status {
  readonly role: 'leader' | 'follower' | 'joining';
  readonly epoch: number;
  /** `host:port`; undefined while nobody is known to lead. */
  readonly leader: string | undefined;
  /** The replicas that the leader feeds, and how far each has the log on disk; elsewhere, those in sync. */
  readonly members: readonly { readonly member: Member; readonly acked: number | undefined }[];
  readonly inSync: readonly Member[];
  /** Index of the last entry applied, and how many committed ones are not yet. */
  readonly position: number;
  readonly lag: number;
  readonly forced: boolean;
}

/** The time between two candidates' attempts, in heartbeats: the first in the order of the record usually has done by then. */
const STAGGER = 1;

export class ReplicaCore {
  readonly #replica: Replica;
  readonly #options: CoreOptions;
  readonly #former: string | undefined;
  readonly #following: Following;
  #leading: Leading | undefined;
  /** From the attempt at a takeover until its outcome is known. */
  #trying = false;
  #session = false;
  /** Who has a session; undefined until that is known. */
  #alive: readonly Member[] | undefined;
  /** Since when the leader has no session. */
  #goneSinceMs: number | undefined;
  /** No attempt before this, for the last one failed. */
  #tryAtMs = 0;
  #saidWaiting = '';
  /** A follower answers reads from here on only: up to here it may have applied in an earlier life, and answers never go back. */
  #readableFrom: number;
  #wakeAtMs = Number.POSITIVE_INFINITY;

  constructor(options: CoreOptions, recovered: Recovered, machine: StateMachine, out: Outbox) {
    const log = new ReplicaLog(recovered);
    this.#options = options;
    this.#former = recovered.former;
    this.#replica = new Replica({
      self: { id: recovered.id, address: options.address },
      settings: options,
      log,
      machine,
      out,
      disk: new Disk(log, out),
      clients: new Clients(out, options.requestMs),
      ballot: new Ballot(out, options.ackMs / HEARTBEATS),
      marks: recovered.marks ?? { epoch: 0, tried: 0, known: undefined },
    });
    this.#following = new Following(this.#replica, options.contact);
    this.#readableFrom = log.last.index;
  }

  /** Called once, first. Log and state must belong together; else it ends, to begin anew. */
  start(now: Now): void {
    this.#enter(now);
    const { log, machine } = this.#replica;
    const { index } = machine.applied;
    if (index >= log.base && index <= log.last.index) return;
    const reason = `the state is at entry ${index}, and the log has those behind ${log.base} up to ${log.last.index}`;
    this.#replica.end({ anew: true, reason });
  }

  get status(): Status {
    const { known, machine, marks, self } = this.#replica;
    const leading = this.#leading;
    const inSync = (leading?.recorded ?? known)?.inSync ?? [];
    const followers = leading?.followers ?? inSync.map((member) => ({ member, acked: undefined }));
    const isIn = inSync.some(({ id }) => id === self.id);
    return {
      role: leading ? 'leader' : isIn ? 'follower' : 'joining',
      epoch: leading?.epoch ?? marks.epoch,
      leader: leading ? self.address : this.#following.leader,
      members: leading ? [{ member: self, acked: this.#replica.log.flushed }, ...followers] : followers,
      inSync,
      position: machine.applied.index,
      lag: leading ? leading.committed - machine.applied.index : this.#following.lag,
      forced: (leading?.recorded ?? known)?.forced ?? false,
    };
  }

  /** A client's write. Two under one request identity, a UUID, are done once. */
  write(token: Token, operation: Operation, request: string | undefined, now: Now): void {
    if (!this.#enter(now) || !this.#replica.clients.admit(token, now.ms)) return;
    if (this.#leading) return this.#leading.write(token, operation, request);
    this.#replica.clients.answer(token, { kind: 'not-leader', leader: this.#leaderElsewhere() });
  }

  /** A client's question: what a leader answers is linearizable, what a follower answers a prefix with at least this index. */
  read(token: Token, operation: Operation, atLeast: number, now: Now): void {
    if (!this.#enter(now) || !this.#replica.clients.admit(token, now.ms)) return;
    const { clients, log, machine } = this.#replica;
    if (this.#leading) return this.#leading.read({ token, operation, atLeast });
    if (this.#following.isRestoring) {
      const reason = 'this replica is being built anew from the state of the leader';
      return clients.answer(token, { kind: 'refused', reason });
    }
    this.#readableFrom = Math.min(this.#readableFrom, log.last.index);
    const from = Math.max(atLeast, this.#readableFrom);
    if (from > machine.applied.index) return clients.postpone({ token, operation, atLeast: from });
    this.#replica.answerRead(token, operation);
  }

  /** An operator makes this replica the leader whoever is in sync: what it has not may be lost. */
  force(token: Token, now: Now): void {
    if (!this.#enter(now) || !this.#replica.clients.admit(token, now.ms)) return;
    const { ballot, clients } = this.#replica;
    const refuse = (reason: string): void => clients.answer(token, { kind: 'refused', reason });
    if (this.#leading) return refuse('this replica leads already');
    if (this.#trying || ballot.busy) return refuse('this replica is asking for the lead already');
    if (this.#following.isRestoring) return refuse('this replica is being built anew: its state is no whole one');
    if (!ballot.latest && !ballot.absent) return refuse('the coordination service has not said what the record is');
    this.#try({ forced: true }, (done) => {
      if (!done) return refuse('the record has changed meanwhile: look, and force again');
      clients.answer(token, { kind: 'reply', reply: ['ok', null], index: this.#replica.machine.applied.index });
    });
  }

  /** The link that was asked for with `dial` is there. */
  linkUp(link: Link, now: Now): void {
    if (!this.#enter(now)) return;
    if (this.#leading || this.#trying) this.#replica.out.hangUp(link, 'this replica no longer wants to follow');
    else this.#following.linkUp(link);
  }

  /** Any link is gone. */
  linkDown(link: Link, now: Now): void {
    if (this.#enter(now) && !this.#following.linkDown(link)) this.#leading?.lost(link);
  }

  /** An attempt to dial has failed. */
  undialled(address: string, now: Now): void {
    if (this.#enter(now)) this.#following.undialled(address);
  }

  /** A peer said something: any JSON, for all that is known. */
  receive(link: Link, json: unknown, now: Now): void {
    if (!this.#enter(now)) return;
    const { ballot, marks, out } = this.#replica;
    const message = readMessage(json);
    const leading = this.#leading;
    if (!message) {
      if (!this.#following.linkDown(link)) leading?.lost(link);
      out.hangUp(link, 'it sends what is no message of a replica');
    } else if (message.type === 'stale') {
      // Whoever says so may be mistaken: the record tells.
      ballot.ask(now.ms);
    } else if (leading && message.type === 'join') leading.joined(link, message);
    else if (leading && message.type === 'ack') leading.acknowledged(link, message);
    else if (leading && message.type === 'taken') leading.taken(link);
    else if (message.type === 'join') {
      out.send(link, { type: 'elsewhere', epoch: marks.epoch, leader: this.#leaderElsewhere() });
    } else this.#following.receive(link, message);
  }

  /** The latest record; undefined: there is none yet. */
  record(configuration: Configuration | undefined, now: Now): void {
    if (!this.#enter(now)) return;
    this.#replica.ballot.seen(configuration);
    this.#look();
  }

  /** Who has a session. */
  alive(members: readonly Member[], now: Now): void {
    if (this.#enter(now)) this.#alive = members;
  }

  /** Our own session was gained or lost. */
  session(held: boolean, now: Now): void {
    if (!this.#enter(now)) return;
    this.#session = held;
    if (!held) this.#alive = undefined;
  }

  /** The outcome of the change asked for. */
  changed(outcome: ChangeOutcome, now: Now): void {
    if (!this.#enter(now)) return;
    this.#replica.ballot.changed(outcome, now.ms);
    this.#look();
  }

  /** The result of the reading asked for. */
  recordRead(configuration: Configuration | undefined, now: Now): void {
    if (!this.#enter(now)) return;
    this.#replica.ballot.read(configuration);
    this.#look();
  }

  /** The reading asked for failed. */
  recordUnreadable(now: Now): void {
    if (this.#enter(now)) this.#replica.ballot.unreadable(now.ms);
  }

  /** All that was given to the disk up to this ticket is flushed. */
  persisted(ticket: number, now: Now): void {
    if (this.#enter(now)) this.#replica.disk.done(ticket);
  }

  /** Something could not be written or flushed: what is on the disk now is not known, so it is over. */
  persistFailed(reason: string, now: Now): void {
    if (this.#enter(now)) this.#replica.end({ anew: false, reason });
  }

  /** What `readLog` asked for; nothing where it could not be read. */
  logRead(link: Link, entries: readonly Entry[], now: Now): void {
    if (this.#enter(now)) this.#leading?.logRead(link, entries);
  }

  /**
   * Does all that the inputs since the last call have made possible: one flush, one message for many of them. To be called
   * after every input, or a batch of them that came together, and at the time asked for with `wake`.
   */
  settle(now: Now): void {
    if (!this.#enter(now)) return;
    const { ballot, clients } = this.#replica;
    ballot.wake(now.ms);
    if (this.#leading) this.#leading.settle();
    else if (!this.#trying) this.#settleFollowing();
    if (this.#replica.ended) return;
    for (const { token, operation } of clients.due(this.#replica.machine.applied.index)) {
      this.#replica.answerRead(token, operation);
    }
    this.#replica.readOn();
    clients.wake(now.ms, this.#leaderElsewhere());
    this.#askToBeWoken();
  }

  /** Begins every input; false when it is over. */
  #enter(now: Now): boolean {
    const wasMs = this.#replica.now.ms;
    this.#replica.now = now;
    // A core is woken with every heartbeat. One that was not, was stopped, and others were not silent.
    if (now.ms - wasMs > (2 * this.#options.ackMs) / HEARTBEATS) {
      this.#leading?.forgive();
      this.#following.forgive();
    }
    return !this.#replica.ended;
  }

  /** A configuration may be news: of a later epoch, and of whom to follow. */
  #look(): void {
    const { ballot, known, marks } = this.#replica;
    const { latest } = ballot;
    this.#replica.hear(latest);
    if (!latest) return;
    if (this.#leading && latest.epoch > this.#leading.epoch) this.#resign();
    const isNews = latest.version > (known?.version ?? 0);
    if (latest.epoch > marks.epoch && !this.#trying) {
      this.#following.look();
      this.#replica.mark({ epoch: latest.epoch });
    } else if (isNews) this.#following.look();
  }

  #resign(): void {
    const { out } = this.#replica;
    this.#leading?.resign();
    out.note(`leads epoch ${this.#leading?.epoch} no longer`);
    this.#leading = undefined;
    this.#goneSinceMs = undefined;
  }

  #settleFollowing(): void {
    const { ballot, now, self } = this.#replica;
    const { latest } = ballot;
    if (latest && this.#former !== undefined && latest.inSync.every(({ id }) => id === this.#former)) {
      const reason = 'the log was damaged, and no other replica was in sync: bring the folder back, or force another';
      return this.#replica.end({ anew: false, reason: `${reason} (store takeover --force)` });
    }
    if (now.ms >= this.#campaignAtMs()) return this.#try({}, () => {});
    if (!latest && ballot.absent && this.#mayFound()) return this.#try({}, () => {});
    this.#sayWhatItWaitsFor(latest, self);
    this.#following.settle();
  }

  /** A store is founded by one that was told of no leader, has nothing, and sees no record. */
  #mayFound(): boolean {
    const { ballot, log, now } = this.#replica;
    const isNew = log.last.index === 0 && this.#former === undefined && this.#options.contact === undefined;
    return isNew && this.#session && !ballot.busy && now.ms >= this.#tryAtMs;
  }

  /** When to try to take over, if nothing changes; Infinity while there is no reason to. */
  #campaignAtMs(): number {
    const { ballot, marks, now, self } = this.#replica;
    const { latest } = ballot;
    const rank = latest?.inSync.findIndex(({ id }) => id === self.id) ?? -1;
    const isFit = this.#session && !ballot.busy && !this.#following.isRestoring;
    if (!latest || latest.epoch < marks.epoch || rank < 0 || !isFit || !this.#alive) {
      this.#goneSinceMs = undefined;
      return Number.POSITIVE_INFINITY;
    }
    // One that was started again leads only by a change of the record, as any other.
    if (latest.leader === self.id) return this.#tryAtMs;
    if (this.#alive.some(({ id }) => id === latest.leader)) {
      this.#goneSinceMs = undefined;
      return Number.POSITIVE_INFINITY;
    }
    this.#goneSinceMs ??= now.ms;
    const before = latest.inSync
      .slice(0, rank)
      .filter(({ id }) => this.#alive!.some((member) => member.id === id)).length;
    // A leader that is heard has perhaps lost its session for a moment, as all do when the service is started again.
    const patienceMs = this.#following.isAccepted ? this.#options.sessionMs : 0;
    const staggerMs = (before * STAGGER * this.#options.ackMs) / HEARTBEATS;
    return Math.max(this.#goneSinceMs + patienceMs + staggerMs, this.#tryAtMs);
  }

  /** Tries to lead by a change of the record: from now on nothing of the old epoch is acknowledged, until this has failed. */
  #try({ forced }: { forced?: true }, ended: (done: boolean) => void): void {
    const { ballot, marks, out, self } = this.#replica;
    const { latest } = ballot;
    const tried = Math.max(marks.tried, marks.epoch, latest?.epoch ?? 0) + 1;
    const members = latest && !forced ? latest.inSync.filter(({ id }) => id !== latest.leader && id !== self.id) : [];
    const inSync = [self, ...members];
    const next = {
      version: (latest?.version ?? 0) + 1,
      epoch: tried,
      leader: self.id,
      inSync,
      ...(forced && { forced }),
    };
    this.#trying = true;
    this.#following.stop('it tries to take over');
    if (this.#replica.ended) return;
    out.note(`asks for the lead in epoch ${tried}`);
    const decided = (done: boolean): void => {
      this.#trying = false;
      this.#tryAtMs = this.#replica.now.ms + this.#options.ackMs / HEARTBEATS;
      this.#goneSinceMs = undefined;
      if (done) this.#lead(next);
      ended(done);
    };
    this.#replica.mark({ tried }, () => ballot.propose(next, decided));
  }

  #lead(configuration: Configuration): void {
    const { ballot, marks } = this.#replica;
    // Another may have taken over since, and be seen already.
    if ((ballot.latest?.epoch ?? 0) > configuration.epoch || marks.epoch > configuration.epoch) return;
    this.#replica.hear(configuration);
    this.#replica.mark({ epoch: configuration.epoch });
    this.#leading = new Leading(this.#replica, configuration);
  }

  #leaderElsewhere(): string | undefined {
    const { leader } = this.#following;
    return this.#leading || leader === this.#options.address ? undefined : leader;
  }

  #sayWhatItWaitsFor(latest: Configuration | undefined, self: Member): void {
    const isIn = latest?.inSync.some(({ id }) => id === self.id) ?? true;
    const isAnyAlive = latest?.inSync.some(({ id }) => this.#alive?.some((member) => member.id === id)) ?? true;
    const waiting =
      this.#alive && latest && !isIn && !isAnyAlive && !this.#following.isAccepted
        ? `waits for one of ${latest.inSync.map(({ address }) => address).join(', ')}, which alone are known to have all`
        : '';
    if (waiting !== '' && waiting !== this.#saidWaiting) this.#replica.out.note(waiting);
    this.#saidWaiting = waiting;
  }

  #askToBeWoken(): void {
    const { ballot, clients, now, out } = this.#replica;
    const heartbeatMs = this.#options.ackMs / HEARTBEATS;
    let atMs = Math.min(now.ms + heartbeatMs, clients.nextMs, ballot.nextMs);
    if (this.#replica.isReading) atMs = now.ms;
    if (this.#leading) atMs = Math.min(atMs, this.#leading.nextMs());
    else if (!this.#trying) atMs = Math.min(atMs, this.#following.nextMs, this.#campaignAtMs());
    atMs = Math.max(atMs, now.ms);
    if (atMs >= this.#wakeAtMs && this.#wakeAtMs > now.ms) return;
    this.#wakeAtMs = atMs;
    out.wake(atMs);
  }
}
