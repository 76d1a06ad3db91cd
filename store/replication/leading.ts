/**
 * What the leader of an epoch does: orders the writes, sends them, commits what every member in sync has on disk, has its reads
 * confirmed, and changes the configuration as followers fall behind and catch up (store specification, section 4, rules 2 to 4,
 * 6 and 7).
 */

import type { Configuration, Member } from '../coordination/coordination';
import { type Entry, makeEntry, type Operation } from '../entry';
import type { PendingRead } from './clients';
import type { Ack, Join } from './messages';
import type { Link, Token } from './outbox';
import { Peer } from './peer';
import type { Replica } from './replica';

/** Replicas that one leader feeds at most. */
const PEERS_MAX = 100;
/** One message of entries has at most so many, of about so many characters together, but always one. */
const BATCH_ENTRIES_MAX = 1000;
const BATCH_LENGTH_MAX = 512 * 1024;
/** About so many bytes of a snapshot go into one message: to read that many takes up to a millisecond, and writers wait. */
const SNAPSHOT_BYTES = 16 * 1024;
/** Who is not in sync and takes a snapshot may be silent so many times longer: it is busy, and nobody waits for it. */
const JOINING_PATIENCE = 15;
/** That something is committed is told with the next entries, or after this: whoever writes again spares a message for each. */
const TELL_MS = 5;
/** Heartbeats within the time that a follower has to acknowledge. */
export const HEARTBEATS = 4;

interface Unserved {
  token: Token;
  operation: Operation;
  request: string | undefined;
}

export class Leading {
  readonly epoch: number;
  readonly #replica: Replica;
  /** The configuration that this leader brought about last: what it knows to be the record, unless another takes over. */
  #recorded: Configuration;
  /** By identity. Bounded by PEERS_MAX and the configuration. */
  readonly #peers = new Map<string, Peer>();
  readonly #byLink = new Map<Link, Peer>();
  /** The entry that began the epoch: all before it is committed when it is. */
  readonly #first: number;
  #committed: number;
  /** When to tell followers so that no entry has told. */
  #tellAtMs = 0;
  /** Entries up to here were given to the disk. */
  #written: number;
  /** What each follower had on disk when it was last heard of, its peer may be gone. Bounded as the peers are. */
  readonly #acked = new Map<string, number>();
  #round = 0;
  #heartbeatAtMs = 0;
  #changeAtMs = 0;
  #resigned = false;
  /** Writes that came before the epoch's first entry was committed. Bounded, as all that wait are, by the clients' bound. */
  #unserved: Unserved[] = [];
  /** Reads that no round was begun for yet, and those that a round was begun for. */
  #newReads: PendingRead[] = [];
  #reads: (PendingRead & { round: number })[] = [];

  constructor(replica: Replica, configuration: Configuration) {
    this.#replica = replica;
    this.#recorded = configuration;
    this.epoch = configuration.epoch;
    const { log, machine, now, self } = replica;
    this.#committed = machine.applied.index;
    this.#written = log.last.index;
    this.#first = this.#append(['lead', self.id]).index;
    for (const member of configuration.inSync) {
      if (member.id !== self.id) this.#peers.set(member.id, new Peer(member, undefined, now.ms));
    }
  }

  get recorded(): Configuration {
    return this.#recorded;
  }

  get committed(): number {
    return this.#committed;
  }

  /** Has all that was committed before the epoch been applied? Before, it is not known which requests were done. */
  get isServing(): boolean {
    return this.#replica.machine.applied.index >= this.#first;
  }

  /** What is committed waits to be applied while the state has no room. */
  get #hasAppliedAll(): boolean {
    return this.#replica.machine.applied.index === this.#committed;
  }

  /** How far each of the others is. */
  get followers(): { member: Member; acked: number }[] {
    return [...this.#byLink.values()].map(({ member, acked }) => ({ member, acked: Math.max(acked, 0) }));
  }

  nextMs(): number {
    const { ackMs } = this.#replica.settings;
    let next = this.#heartbeatAtMs;
    if (this.#tellAtMs > this.#replica.now.ms) next = Math.min(next, this.#tellAtMs);
    for (const { member, heardMs } of this.#peers.values()) {
      if (this.#isRequired(member.id)) next = Math.min(next, Math.max(heardMs + ackMs, this.#replica.now.ms + 1));
    }
    return next;
  }

  write(token: Token, operation: Operation, request: string | undefined): void {
    if (this.isServing) this.#serve({ token, operation, request });
    else this.#unserved.push({ token, operation, request });
  }

  #serve({ token, operation, request }: Unserved): void {
    const { clients, log, machine, settings } = this.#replica;
    if (!clients.isOpen(token)) return;
    const first = request === undefined ? undefined : machine.firstReply(request);
    if (first) return clients.answer(token, { kind: 'reply', reply: first, index: machine.applied.index });
    if (request !== undefined && clients.join(request, token)) return;
    const inSync = this.#recorded.inSync.length;
    const wanted = settings.minInSync;
    if (inSync < wanted) {
      const reason = `too few replicas are in sync: ${inSync} of ${wanted}`;
      return clients.answer(token, { kind: 'refused', reason, wanted });
    }
    if (log.isFull) {
      const reason = 'too many writes wait to be confirmed by the replicas in sync';
      return clients.answer(token, { kind: 'refused', reason });
    }
    clients.wrote(this.#append(operation, request), token);
  }

  read(read: PendingRead): void {
    this.#newReads.push(read);
  }

  /** Somebody dialled and would follow. */
  joined(link: Link, { epoch, member, ends }: Join): void {
    const { ballot, log, now, out, self } = this.#replica;
    if (epoch > this.epoch) {
      ballot.ask(now.ms);
      return this.#refuse(link, 'it knows of a later epoch');
    }
    if (member.id === self.id) return this.#refuse(link, 'it has our own identity');
    if (this.#byLink.has(link)) return this.#drop(this.#byLink.get(link)!, 'it joined twice');
    if (!this.#peers.has(member.id) && this.#peers.size >= PEERS_MAX) return this.#refuse(link, 'too many replicas');
    const before = this.#peers.get(member.id);
    if (before?.link !== undefined) this.#drop(before, 'it has come back');
    const peer = new Peer(member, link, now.ms);
    this.#peers.set(member.id, peer);
    this.#byLink.set(link, peer);
    const after = log.common(ends);
    peer.lost = this.#isRequired(member.id) && (after ?? -1) < this.#committed;
    if (after === undefined) {
      peer.feed = 'leave first';
      return;
    }
    peer.start(after);
    out.send(link, { type: 'lead', epoch: this.epoch, configuration: this.#recorded, after });
  }

  acknowledged(link: Link, { epoch, index, sum, round }: Ack): void {
    const peer = this.#byLink.get(link);
    if (!peer || epoch !== this.epoch) return;
    const { log, now, out } = this.#replica;
    const isPossible = peer.feed === 'entries' && index < peer.next && index >= peer.acked && round <= this.#round;
    if (!isPossible) return this.#drop(peer, 'it acknowledged what it was not sent');
    const own = log.positionAt(index);
    const from = Math.max(peer.acked, peer.had) + 1;
    const compared = { follower: peer.member.address, from, to: index };
    if (own && own.sum !== sum) {
      out.compared({ ...compared, found: 'differs' });
      out.send(link, { type: 'differs', epoch: this.epoch, index });
      out.note(`the log of ${peer.member.address} is not ours at entry ${index}: it is taken out and built anew`);
      return this.#drop(peer, 'its log differs');
    }
    peer.heardMs = now.ms;
    peer.acknowledged(index, round, now.ms);
    this.#acked.set(peer.member.id, index);
    if (index >= from) out.compared({ ...compared, found: 'same' });
  }

  taken(link: Link): void {
    const peer = this.#byLink.get(link);
    if (!peer || peer.untaken === 0) return;
    peer.untaken--;
    peer.heardMs = peer.progressMs = this.#replica.now.ms;
  }

  logRead(link: Link, entries: readonly Entry[]): void {
    const peer = this.#byLink.get(link);
    if (!peer?.reading) return;
    peer.reading = false;
    if (entries[0]?.index === peer.next) return this.#send(peer, entries);
    this.#replica.out.note(`entry ${peer.next} cannot be read from the log: ${peer.member.address} gets a snapshot`);
    peer.feed = 'leave first';
    peer.lost = true;
  }

  /** A link is down, or says what no follower says. */
  lost(link: Link): void {
    const peer = this.#byLink.get(link);
    if (peer) this.#forget(peer);
  }

  /** We were stopped for a while: nobody else is to blame for the silence. */
  forgive(): void {
    const { now } = this.#replica;
    for (const peer of this.#peers.values()) peer.heardMs = peer.progressMs = now.ms;
  }

  /** Does all that can be done now. */
  settle(): void {
    this.#writeEntries();
    this.#commit();
    this.#takeOut();
    this.#proposeWish();
    this.#beginRound();
    this.#answerReads();
    for (const peer of this.#byLink.values()) this.#feed(peer);
  }

  /** Another leads, or tries to. */
  resign(): void {
    this.#resigned = true;
    // What came in this very turn is in the log, and goes on to the disk: whatever is written next is written behind it.
    this.#writeEntries();
    const { clients, out, known } = this.#replica;
    const leader = known?.inSync.find(({ id }) => id === known.leader && known.epoch > this.epoch)?.address;
    for (const { token } of [...this.#unserved, ...this.#newReads, ...this.#reads]) {
      clients.answer(token, { kind: 'not-leader', leader });
    }
    clients.notLeading();
    for (const [link, peer] of this.#byLink) {
      peer.close();
      out.hangUp(link, 'this replica leads no longer');
    }
  }

  #append(operation: Operation, request?: string): Entry {
    const { log, now } = this.#replica;
    const entry = makeEntry(log.last, this.epoch, now.us, operation, request);
    log.append(entry);
    return entry;
  }

  #writeEntries(): void {
    const { disk, log } = this.#replica;
    if (this.#written === log.last.index) return;
    const entries = log.read(this.#written + 1, log.last.index, Number.POSITIVE_INFINITY)!;
    this.#written = log.last.index;
    disk.write({ kind: 'append', entries });
  }

  /** Who must have a write before it is committed: those of the record and, while a change is not decided, those it proposes. */
  #required(): readonly Member[] {
    const { ballot, self } = this.#replica;
    const members = [...this.#recorded.inSync, ...(ballot.proposed?.inSync ?? [])];
    return members.filter(({ id }) => id !== self.id);
  }

  #isRequired(member: string): boolean {
    return this.#required().some(({ id }) => id === member);
  }

  #commit(): void {
    const { log, machine, now } = this.#replica;
    let index = log.flushed;
    for (const { id } of this.#required()) index = Math.min(index, this.#peers.get(id)?.acked ?? -1);
    if (index > this.#committed) {
      this.#committed = index;
      this.#tellAtMs = now.ms + TELL_MS;
    }
    if (this.#hasAppliedAll) return;
    const served = this.isServing;
    this.#replica.apply(this.#committed);
    this.#replica.trim(this.#neededFrom());
    if (served || !this.isServing) return;
    this.#replica.out.note(`leads epoch ${this.epoch} from entry ${machine.applied.index} on`);
    const unserved = this.#unserved;
    this.#unserved = [];
    for (const write of unserved) this.#serve(write);
    this.#writeEntries();
  }

  /** The last index that every linked follower has. */
  #neededFrom(): number {
    let index = this.#committed;
    for (const peer of this.#byLink.values()) index = Math.min(index, peer.snapshot?.position.index ?? peer.next - 1);
    return index;
  }

  /** Lets go of followers that do not answer in time. */
  #takeOut(): void {
    const { ackMs } = this.#replica.settings;
    for (const peer of [...this.#byLink.values()]) {
      const waitMs = this.#isRequired(peer.member.id) ? ackMs : ackMs * JOINING_PATIENCE;
      if (!peer.isInTime(this.#replica.now.ms, waitMs)) this.#drop(peer, 'it does not acknowledge in time');
    }
  }

  #proposeWish(): void {
    const { ballot, now, out, settings } = this.#replica;
    if (ballot.busy || now.ms < this.#changeAtMs) return;
    const inSync = this.#wish();
    if (isSameSet(inSync, this.#recorded.inSync)) return;
    const next = { ...this.#recorded, version: this.#recorded.version + 1, inSync };
    ballot.propose(next, (done) => {
      if (this.#resigned) return;
      if (!done) {
        // Perhaps our session was lost; if another has taken over, the record will say so.
        this.#changeAtMs = this.#replica.now.ms + settings.ackMs / HEARTBEATS;
        return;
      }
      this.#tellMissing(next);
      this.#recorded = next;
      this.#replica.hear(next);
      out.note(`in sync now: ${inSync.map(({ address }) => address).join(', ')}`);
      for (const id of this.#acked.keys()) if (!inSync.some((member) => member.id === id)) this.#acked.delete(id);
      for (const link of this.#byLink.keys()) {
        out.send(link, { type: 'changed', epoch: this.epoch, configuration: next });
      }
    });
  }

  /** Whoever is no longer waited for lacks what is behind its last acknowledgement. */
  #tellMissing({ inSync }: Configuration): void {
    for (const { id, address } of this.#recorded.inSync) {
      if (inSync.some((member) => member.id === id)) continue;
      const acked = this.#acked.get(id) ?? 0;
      const to = this.#replica.log.last.index;
      this.#replica.out.compared({ found: 'missing', follower: address, from: acked + 1, to });
    }
  }

  /** Who should be in sync: who is and answers, and whoever has caught up with all that is committed. */
  #wish(): Member[] {
    const { self } = this.#replica;
    const wished = [self];
    for (const { id } of this.#recorded.inSync) {
      const peer = this.#peers.get(id);
      if (peer && !peer.lost && this.#isWaitedFor(peer)) wished.push(peer.member);
    }
    for (const peer of this.#byLink.values()) {
      const isIn = wished.some(({ id }) => id === peer.member.id);
      if (!isIn && this.#hasCaughtUp(peer)) wished.push(peer.member);
    }
    return wished;
  }

  /** One that has not come yet since the epoch began is given the time to; one whose link went down is not. */
  #isWaitedFor({ link, heardMs }: Peer): boolean {
    const { now, settings } = this.#replica;
    return link !== undefined || now.ms - heardMs < settings.ackMs;
  }

  #hasCaughtUp(peer: Peer): boolean {
    const owed = Math.max(this.#committed, this.#first);
    return peer.feed === 'entries' && !peer.lost && peer.acked >= owed && peer.confirmed > 0;
  }

  /** One round for all reads that wait, when the one before is confirmed; and one with every heartbeat. */
  #beginRound(): void {
    const { now, settings } = this.#replica;
    const isDue = now.ms >= this.#heartbeatAtMs;
    if (!isDue && (this.#newReads.length === 0 || this.#confirmed() < this.#round)) return;
    if (isDue) this.#heartbeatAtMs = now.ms + settings.ackMs / HEARTBEATS;
    this.#round++;
    // Part by part: a copy of each by `...` is slow where there are tens of thousands a second.
    for (const { token, operation, atLeast } of this.#newReads) {
      this.#reads.push({ token, operation, atLeast, round: this.#round });
    }
    this.#newReads = [];
  }

  /** The last round that every member has confirmed. */
  #confirmed(): number {
    let round = this.#round;
    for (const { id } of this.#required()) round = Math.min(round, this.#peers.get(id)?.confirmed ?? 0);
    return round;
  }

  #answerReads(): void {
    if (this.#reads.length === 0 || !this.isServing) return;
    const confirmed = this.#confirmed();
    const { clients, machine } = this.#replica;
    const waiting = [];
    for (const read of this.#reads) {
      if (!clients.isOpen(read.token)) continue;
      if (read.round > confirmed) waiting.push(read);
      else if (read.atLeast > machine.applied.index) clients.postpone(read);
      else this.#replica.answerRead(read.token, read.operation);
    }
    this.#reads = waiting;
  }

  /** Sends a follower what is next for it. */
  #feed(peer: Peer): void {
    if (peer.lost && !this.#isRequired(peer.member.id)) peer.lost = false;
    // Not before all that was committed is applied: the snapshot must have whatever a follower has.
    const mayHaveSnapshot = !this.#isRequired(peer.member.id) && this.isServing && this.#hasAppliedAll;
    if (peer.feed === 'leave first' && mayHaveSnapshot) this.#beginSnapshot(peer);
    if (peer.feed === 'snapshot') this.#feedSnapshot(peer);
    if (peer.feed === 'entries') this.#feedEntries(peer);
  }

  #beginSnapshot(peer: Peer): void {
    const snapshot = this.#replica.machine.snapshot();
    peer.close();
    peer.snapshot = snapshot;
    peer.feed = 'snapshot';
    peer.untaken = 0;
    const { position, hash } = snapshot;
    const message = { type: 'snapshot', epoch: this.epoch, configuration: this.#recorded, position, hash } as const;
    this.#replica.out.send(peer.link!, message);
  }

  #feedSnapshot(peer: Peer): void {
    while (peer.mayBeSentSnapshot && peer.snapshot) {
      const lines = peer.snapshot.next(SNAPSHOT_BYTES);
      peer.untaken++;
      if (peer.untaken === 1) peer.progressMs = this.#replica.now.ms;
      const message = { type: 'lines', epoch: this.epoch, lines: lines ?? [], last: lines === undefined } as const;
      this.#replica.out.send(peer.link!, message);
      if (lines) continue;
      const { index } = peer.snapshot.position;
      peer.close();
      peer.start(index);
    }
  }

  #feedEntries(peer: Peer): void {
    const { log, now, out } = this.#replica;
    while (peer.mayBeSent && peer.next <= log.last.index) {
      const entries = log.read(peer.next, log.last.index, BATCH_ENTRIES_MAX);
      if (entries) this.#send(peer, entries);
      else if (peer.next > log.base) {
        peer.reading = true;
        out.readLog(peer.link!, peer.next, BATCH_ENTRIES_MAX);
      } else {
        peer.feed = 'leave first';
        peer.lost = true;
        return;
      }
    }
    const { committed, round, hash } = peer.told;
    const isNews = (committed < this.#committed && now.ms >= this.#tellAtMs) || round < this.#round;
    if (isNews || hash < (this.#replica.stateHash?.index ?? 0)) this.#tell(peer, []);
  }

  #send(peer: Peer, entries: readonly Entry[]): void {
    const lines: string[] = [];
    let length = 0;
    for (const { line } of entries) {
      if (lines.length > 0 && length + line.length > BATCH_LENGTH_MAX) break;
      lines.push(line);
      length += line.length;
    }
    peer.sent(peer.next + lines.length - 1, this.#replica.now.ms);
    this.#tell(peer, lines);
  }

  #tell(peer: Peer, lines: readonly string[]): void {
    const { out, stateHash } = this.#replica;
    const hash = stateHash && stateHash.index > peer.told.hash ? stateHash : undefined;
    peer.told = { committed: this.#committed, round: this.#round, hash: stateHash?.index ?? 0 };
    const message = {
      type: 'append',
      epoch: this.epoch,
      lines,
      committed: this.#committed,
      round: this.#round,
    } as const;
    out.send(peer.link!, hash ? { ...message, hash } : message);
  }

  #refuse(link: Link, reason: string): void {
    this.#replica.out.hangUp(link, reason);
  }

  #drop(peer: Peer, reason: string): void {
    this.#forget(peer);
    this.#replica.out.hangUp(peer.link!, reason);
  }

  #forget(peer: Peer): void {
    peer.close();
    this.#byLink.delete(peer.link!);
    if (this.#peers.get(peer.member.id) === peer) this.#peers.delete(peer.member.id);
  }
}

function isSameSet(one: readonly Member[], other: readonly Member[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ id, address }) => other.some((member) => member.id === id && member.address === address))
  );
}
