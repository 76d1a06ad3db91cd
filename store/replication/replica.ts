/** What the roles of a replica share, whichever it has: its log and state, its disk and clients, and what time it is. */

import type { Configuration, Member } from '../coordination/coordination';
import type { Operation } from '../entry';
import type { Reading, Reply, StateMachine } from '../state-machine';
import type { Ballot } from './ballot';
import type { Clients } from './clients';
import type { Disk } from './disk';
import type { ReplicaLog } from './log';
import type { StateHash } from './messages';
import type { Ending, Marks, Outbox, Token } from './outbox';

/** Entries given to the state machine at once. */
const APPLY_MAX = 1000;
/** Readings under way; each keeps the state as it was in its file. One more is refused. */
const READINGS_MAX = 100;

export interface Now {
  /** Milliseconds of a clock that never goes back. */
  readonly ms: number;
  /** Microseconds since 1970 by the wall clock, whatever it does. */
  readonly us: number;
}

export interface Settings {
  /** A follower that does not acknowledge for so long is taken out, milliseconds. */
  readonly ackMs: number;
  /** How long a session lasts without its holder, milliseconds: so long a leader that is heard but has none is borne. */
  readonly sessionMs: number;
  /** Deadline of a client's request, milliseconds. */
  readonly requestMs: number;
  /** Writes are refused while fewer are in sync, the leader among them. */
  readonly minInSync: number;
  /** Replicas compare their states at every index that is a multiple of this. */
  readonly hashEvery: number;
  /** Applied entries that are kept in the log for followers that come back. */
  readonly keepEntries: number;
  /** How late a follower learns what is committed, milliseconds: to show what clients then see. Default 0. */
  readonly learnMs?: number;
}

export interface Parts {
  self: Member;
  settings: Settings;
  log: ReplicaLog;
  machine: StateMachine;
  out: Outbox;
  disk: Disk;
  clients: Clients;
  ballot: Ballot;
  marks: Marks;
}

export class Replica {
  readonly self: Member;
  readonly settings: Settings;
  readonly log: ReplicaLog;
  readonly machine: StateMachine;
  readonly out: Outbox;
  readonly disk: Disk;
  readonly clients: Clients;
  readonly ballot: Ballot;
  marks: Marks;
  now: Now = { ms: 0, us: 0 };
  ended = false;
  /** The state at the last index that replicas compare at, if it was passed in this life. */
  stateHash: StateHash | undefined;
  /** Those under way, the next to go on first. Bounded by READINGS_MAX. */
  #readings: { token: Token; reading: Reading; index: number }[] = [];
  /** When an entry was last to wait until what it is to change is found. */
  #looked: Now | undefined;
  /** The latest configuration heard of, from the record or from a leader: whom to look for. */
  known: Configuration | undefined;

  constructor(parts: Parts) {
    this.self = parts.self;
    this.settings = parts.settings;
    this.log = parts.log;
    this.machine = parts.machine;
    this.out = parts.out;
    this.disk = parts.disk;
    this.clients = parts.clients;
    this.ballot = parts.ballot;
    this.marks = parts.marks;
    this.known = parts.marks.known;
  }

  /** Writes marks down; `then` is called when they are on disk. */
  mark(change: Partial<Marks>, then?: () => void): void {
    this.marks = { ...this.marks, known: this.known, ...change };
    this.disk.write({ kind: 'marks', marks: this.marks }, then);
  }

  /** Hears of a configuration. */
  hear(configuration: Configuration | undefined): void {
    if (configuration && configuration.version > (this.known?.version ?? 0)) this.known = configuration;
  }

  /**
   * Applies what is committed, as far as the state has room for it, and answers whoever waits for it. The entries up to `index`
   * are on disk.
   */
  apply(index: number): void {
    const { clients, log, machine, settings } = this;
    while (machine.applied.index < index && !machine.isFull) {
      const from = machine.applied.index + 1;
      const untilHash = Math.ceil(from / settings.hashEvery) * settings.hashEvery;
      const next = log.read(from, Math.min(index, untilHash), APPLY_MAX)!;
      const entries = next.slice(0, machine.ready(next));
      if (entries.length === 0) {
        this.#looked = this.now;
        break;
      }
      const replies = machine.apply(entries);
      for (const [i, entry] of entries.entries()) clients.applied(entry, replies[i]!, this.leader);
      if (machine.applied.index === untilHash) this.stateHash = { index: untilHash, hash: machine.hash() };
    }
    log.forget(machine.applied.index);
  }

  /** Lets go of what no follower up to this index needs, but what is kept for those that come back. */
  trim(index: number): void {
    const { keepEntries } = this.settings;
    const upTo = Math.min(index, this.machine.applied.index) - keepEntries;
    // In pieces, so that it is not said with every entry.
    if (upTo < this.log.base + keepEntries) return;
    this.log.trim(upTo);
    this.out.trim(upTo);
  }

  /** `host:port` of who leads, as far as is known, if it is another. */
  get leader(): string | undefined {
    const address = this.known?.inSync.find(({ id }) => id === this.known?.leader)?.address;
    return address === this.self.address ? undefined : address;
  }

  /** Answers at once, or begins to look. */
  answerRead(token: Token, operation: Operation): void {
    const { clients, machine } = this;
    const { index } = machine.applied;
    const found = machine.read(operation);
    if (isReply(found)) return clients.answer(token, { kind: 'reply', reply: found, index });
    this.#readings.push({ token, reading: found, index });
    if (this.#readings.length <= READINGS_MAX) return;
    this.#readings.pop()!.reading.close();
    const reason = `more than ${READINGS_MAX} questions look through many documents: index what is asked for`;
    clients.answer(token, { kind: 'refused', reason });
  }

  /** Goes on with one reading: others, and all else, have their turn in between. */
  readOn(): void {
    const first = this.#readings.shift();
    if (!first) return;
    const { token, reading, index } = first;
    if (!this.clients.isOpen(token)) return reading.close();
    const reply = reading.next();
    if (reply) this.clients.answer(token, { kind: 'reply', reply, index });
    else this.#readings.push(first);
  }

  /** Is something to be looked on for? */
  get isReading(): boolean {
    return this.#readings.length > 0 || this.#looked === this.now;
  }

  end(ending: Ending): void {
    if (this.ended) return;
    this.ended = true;
    this.out.end(ending);
  }
}

function isReply(found: Reply | Reading): found is Reply {
  return Array.isArray(found);
}
