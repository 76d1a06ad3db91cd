/**
 * What a replica does that does not lead: looks for the leader, cuts off what was never committed, takes what the leader sends,
 * and acknowledges what is on its disk (store specification, section 4, rules 2, 3 and 6).
 */

import type { Configuration } from '../coordination/coordination';
import { type Entry, EntryError, parseEntry } from '../entry';
import type { Restore } from '../state-machine';
import {
  type Append,
  ENDS_MAX,
  type Lead,
  type PeerMessage,
  type SnapshotBegins,
  type SnapshotLines,
  type StateHash,
} from './messages';
import type { Link } from './outbox';
import type { Replica } from './replica';

/** Entries that may wait to be applied while others are on their way to the disk. */
const LAG_MAX = 64;

export class Following {
  readonly #replica: Replica;
  /** The leader that the operator named. */
  readonly #contact: string | undefined;
  /** Where somebody said that the leader is. */
  #hint: string | undefined;
  /** Whom to dial of those that come into question: grows with every failure. */
  #turn = 0;
  #dialled: string | undefined;
  #link: Link | undefined;
  /** The leader has accepted us on this link, in the epoch of our marks. */
  #accepted = false;
  /** What we wrote down to be allowed to acknowledge is on disk. */
  #mayAcknowledge = false;
  /** The last index that was acknowledged on this link; -1 before the first. */
  #acked = -1;
  /** Messages of a snapshot that were taken and are not yet said to be. Bounded by what a leader sends before they are. */
  #taken = 0;
  #heardMs = 0;
  #round = 0;
  #committed = 0;
  /** What was committed since, and when that is learned. Bounded by the appends that come within the setting `learnMs`. */
  #learning: { committed: number; atMs: number }[] = [];
  #leaderHash: StateHash | undefined;
  #restoring: { restore: Restore; begins: SnapshotBegins } | undefined;

  constructor(replica: Replica, contact: string | undefined) {
    this.#replica = replica;
    this.#contact = contact;
  }

  /** Does a leader speak to it? */
  get isAccepted(): boolean {
    return this.#accepted;
  }

  /** Is its state being replaced? */
  get isRestoring(): boolean {
    return this.#restoring !== undefined;
  }

  /** Entries that the leader has committed and this replica has not applied. */
  get lag(): number {
    return Math.max(0, this.#committed - this.#replica.machine.applied.index);
  }

  /** Where the leader is, as far as is known. */
  get leader(): string | undefined {
    return this.#hint ?? addressOfLeader(this.#replica.known);
  }

  get nextMs(): number {
    const learnMs = this.#learning[0]?.atMs ?? Number.POSITIVE_INFINITY;
    return Math.min(this.#silentMs, learnMs);
  }

  /** From then on the leader is taken for gone. */
  get #silentMs(): number {
    return this.#link === undefined ? Number.POSITIVE_INFINITY : this.#heardMs + this.#patienceMs;
  }

  /** A later configuration is known: its leader is the first to be dialled. */
  look(): void {
    this.#hint = undefined;
    this.#turn = 0;
    const { marks, known } = this.#replica;
    if (this.#link !== undefined && known && known.epoch > marks.epoch) this.leave('another epoch has begun');
  }

  linkUp(link: Link): void {
    const { log, marks, now, out, self } = this.#replica;
    this.#link = link;
    this.#heardMs = now.ms;
    out.send(link, { type: 'join', epoch: marks.epoch, member: self, ends: log.ends(ENDS_MAX) });
  }

  /** False when it is not the link to the leader. */
  linkDown(link: Link): boolean {
    if (link !== this.#link) return false;
    if (!this.#accepted) this.#turn++;
    this.#forgetLink();
    return true;
  }

  undialled(address: string): void {
    if (address === this.#dialled) this.#turn++;
  }

  /** Hangs up, and acknowledges nothing more of this leader. */
  leave(reason: string): void {
    const link = this.#link;
    if (link === undefined) return;
    this.#replica.out.hangUp(link, reason);
    this.#forgetLink();
  }

  /** Dials nobody, until the next `settle`. */
  stop(reason: string): void {
    this.leave(reason);
    this.#dial(undefined);
  }

  forgive(): void {
    this.#heardMs = this.#replica.now.ms;
  }

  receive(link: Link, message: PeerMessage): void {
    if (link !== this.#link) return this.#replica.out.hangUp(link, 'it sends what only a leader hears');
    this.#heardMs = this.#replica.now.ms;
    const { type } = message;
    if (type === 'elsewhere') return this.#go(message.leader);
    if (type === 'differs')
      return this.#differs(`the leader says that the log differs from its own at entry ${message.index}`);
    if (type === 'lead') return this.#led(message);
    if (type === 'snapshot') return this.#beginRestore(message);
    if (!this.#accepted || message.epoch !== this.#replica.marks.epoch)
      return this.#leaveAndTurn('it is not our leader');
    if (type === 'append') return this.#append(message);
    if (type === 'lines') return this.#restore(message);
    if (type === 'changed') return this.#replica.hear(message.configuration);
    this.#leaveAndTurn('it sends what only a leader hears');
  }

  /** Does all that can be done now. */
  settle(): void {
    const { log, machine, now } = this.#replica;
    if (now.ms >= this.#silentMs) this.#leaveAndTurn('it is silent');
    while (this.#learning.length > 0 && now.ms >= this.#learning[0]!.atMs) {
      this.#committed = this.#learning.shift()!.committed;
    }
    if (this.#accepted && !this.#restoring && this.#mayApply) {
      this.#replica.apply(Math.min(this.#committed, log.flushed));
    }
    this.#goOn();
    this.#compareStates();
    this.#replica.trim(machine.applied.index);
    const candidates = this.#candidates();
    this.#dial(candidates[this.#turn % Math.max(candidates.length, 1)]);
  }

  /** While the leader waits for our disk, what is committed waits, but not for long. */
  get #mayApply(): boolean {
    return !this.#replica.disk.isBusy || this.lag >= LAG_MAX;
  }

  get #patienceMs(): number {
    return 2 * this.#replica.settings.ackMs;
  }

  /** Who may lead, or know who does: the latest word first. */
  #candidates(): string[] {
    const { known, self } = this.#replica;
    const members = known?.inSync.map(({ address }) => address) ?? [];
    const all = [this.#hint, addressOfLeader(known), this.#contact, ...members];
    return [...new Set(all)].filter((address) => address !== undefined).filter((address) => address !== self.address);
  }

  #dial(address: string | undefined): void {
    if (address === this.#dialled) return;
    this.leave('another is dialled');
    this.#dialled = address;
    this.#replica.out.dial(address);
  }

  #go(leader: string | undefined): void {
    const turn = this.#turn + 1;
    this.#leaveAndTurn('it does not lead');
    if (leader === undefined || leader === this.#hint) return;
    this.#hint = leader;
    // The hint comes first among the candidates; a second failure goes on where we were.
    this.#turn = this.#candidates()[0] === leader ? 0 : turn;
  }

  #leaveAndTurn(reason: string): void {
    this.#turn++;
    this.leave(reason);
  }

  #forgetLink(): void {
    this.#link = undefined;
    this.#accepted = false;
    this.#mayAcknowledge = false;
    this.#acked = -1;
    this.#taken = 0;
    this.#round = 0;
    this.#leaderHash = undefined;
    if (this.#restoring) this.#differs('the snapshot did not come to its end');
  }

  #led(message: Lead): void {
    const { disk, log, machine, out } = this.#replica;
    if (!this.#accept(message)) return;
    const { after } = message;
    if (after > log.last.index) return this.#leaveAndTurn('it names an entry that it was not told of');
    const at = after === machine.applied.index ? machine.applied : log.positionAt(after);
    if (after < machine.applied.index || !at) {
      return this.#differs(`entries behind ${after} were applied here and are not in the log of the leader`);
    }
    if (after < log.last.index) {
      out.note(`entries ${after + 1} to ${log.last.index} are not in the log of the leader and are cut off`);
      log.truncate(at);
      disk.write({ kind: 'truncate', after });
    }
    this.#acknowledgeWhenFlushed();
  }

  /** Takes the sender for the leader, unless its epoch is over. */
  #accept({ epoch, configuration }: Lead | SnapshotBegins): boolean {
    const { marks, out } = this.#replica;
    if (epoch < marks.epoch || this.#accepted) {
      if (!this.#accepted) out.send(this.#link!, { type: 'stale', epoch: marks.epoch });
      this.#leaveAndTurn('its epoch is over');
      return false;
    }
    this.#replica.hear(configuration);
    this.#accepted = true;
    // Who accepts us leads, whatever others said, and stays the first to be dialled however the record changes.
    this.#hint = this.#dialled;
    this.#turn = 0;
    this.#committed = 0;
    this.#learning = [];
    if (epoch > marks.epoch) this.#replica.mark({ epoch });
    return true;
  }

  #acknowledgeWhenFlushed(): void {
    const link = this.#link;
    this.#replica.disk.whenFlushed(() => {
      if (link !== this.#link) return;
      this.#mayAcknowledge = true;
      this.#acknowledge();
    });
  }

  #acknowledge(): void {
    const { log, machine, marks, out } = this.#replica;
    if (!this.#mayAcknowledge || this.#restoring) return;
    const index = this.#isBehind ? Math.max(this.#acked, machine.applied.index) : log.flushed;
    const at = index === machine.applied.index ? machine.applied : log.positionAt(index);
    if (!at) return;
    this.#acked = index;
    out.send(this.#link!, { type: 'ack', epoch: marks.epoch, index, sum: at.sum, round: this.#round });
  }

  /** Too much waits to be applied: until the state has room again no more is acknowledged, so that the leader sends no more. */
  get #isBehind(): boolean {
    const { log, machine } = this.#replica;
    return log.isFull && machine.isFull;
  }

  /** Says what it did not say while the state had no room. */
  #goOn(): void {
    const { log, machine, marks, out } = this.#replica;
    if (this.#acked >= 0 && this.#acked < log.flushed && !this.#isBehind) this.#acknowledge();
    for (; this.#taken > 0 && !machine.isFull; this.#taken--)
      out.send(this.#link!, { type: 'taken', epoch: marks.epoch });
  }

  #append({ lines, committed, round, hash }: Append): void {
    const { disk, log } = this.#replica;
    if (this.#restoring) return this.#leaveAndTurn('it sends entries before the end of its snapshot');
    const entries: Entry[] = [];
    try {
      for (const line of lines) entries.push(parseEntry(entries.at(-1) ?? log.last, line));
    } catch (error) {
      if (!(error instanceof EntryError)) throw error;
      return this.#leaveAndTurn(`it sends a line that is not the next of the log: ${error.message}`);
    }
    const link = this.#link;
    if (entries.length > 0) {
      for (const entry of entries) log.append(entry);
      disk.write({ kind: 'append', entries }, () => {
        if (link === this.#link) this.#acknowledge();
      });
    }
    this.#learn(committed);
    if (hash) this.#leaderHash = hash;
    if (round <= this.#round) return;
    this.#round = round;
    this.#acknowledge();
  }

  /** The leader has committed so much. */
  #learn(committed: number): void {
    const { now, settings } = this.#replica;
    const { learnMs = 0 } = settings;
    if (learnMs === 0) this.#committed = Math.max(this.#committed, committed);
    else if (committed > (this.#learning.at(-1)?.committed ?? this.#committed)) {
      this.#learning.push({ committed, atMs: now.ms + learnMs });
    }
  }

  #beginRestore(begins: SnapshotBegins): void {
    const { log, machine, now, out } = this.#replica;
    if (!this.#accept(begins)) return;
    const { index } = begins.position;
    if (index < machine.applied.index) {
      return this.#differs(`entries behind ${index} were applied here and are not in the snapshot of the leader`);
    }
    out.note(`takes the state at entry ${index} from the leader in the place of all up to ${log.last.index}`);
    this.#restoring = { restore: machine.restore(begins.position), begins };
    this.#heardMs = now.ms;
  }

  #restore({ lines, last }: SnapshotLines): void {
    const { clients, disk, log } = this.#replica;
    if (!this.#restoring) return this.#leaveAndTurn('it sends a snapshot without its beginning');
    const { restore, begins } = this.#restoring;
    try {
      restore.add(lines);
      if (last) restore.finish(begins.hash);
    } catch (error) {
      return this.#differs(`the snapshot of the leader is not what it says: ${(error as Error).message}`);
    }
    this.#taken++;
    if (!last) return;
    this.#restoring = undefined;
    log.restart(begins.position);
    disk.write({ kind: 'restart', at: begins.position });
    clients.restarted(this.leader);
    this.#acknowledgeWhenFlushed();
  }

  #compareStates(): void {
    const { stateHash } = this.#replica;
    if (!stateHash || stateHash.index !== this.#leaderHash?.index) return;
    if (stateHash.hash !== this.#leaderHash.hash)
      this.#differs(`the state differs from the leader's at ${stateHash.index}`);
  }

  #differs(reason: string): void {
    this.#replica.end({ anew: true, reason });
  }
}

function addressOfLeader(configuration: Configuration | undefined): string | undefined {
  return configuration?.inSync.find(({ id }) => id === configuration.leader)?.address;
}
