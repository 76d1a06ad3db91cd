/**
 * A replica at work: one core, and around it what does as it decides. All that comes in within a turn of the event loop is
 * given to the core first, then settled once: so many clients share a flush, and many entries a frame.
 */

import debug from 'debug';
import { version } from '../shared/program/version';
import type { Status } from '../shared/wire/documents';
import type { Configuration, Coordination, CoordinationEvents } from './coordination/coordination';
import { type CoreOptions, ReplicaCore } from './core';
import type { Replica } from './dialects/replica';
import type { Operation } from './entry';
import { marksJson, type Recovery } from './folder';
import { type LinkEvents, Links } from './links';
import type { PeerMessage } from './replication/messages';
import type { Answer, Comparison, Ending, Link, Outbox, Token, Write } from './replication/outbox';
import type { Now } from './replication/replica';

const trace = debug('store:replica');

/** How often what is applied is brought to its file, for those that read it and to shorten the next start, milliseconds. */
const FLUSH_MS = 5000;
/** What one reading of the log may bring, bytes. */
const READ_BYTES_MAX = 1024 * 1024;

/** What a replica tells whoever runs it. */
export interface LiveEvents {
  /** One sentence for people. */
  note(text: string): void;
  /** Role, epoch or leader have changed. */
  turned(): void;
  /** A follower's copy was compared with ours; in which files of the log its entries are. */
  compared?: (comparison: Comparison, segments: readonly string[]) => void;
  /** It is over; `close` is still to be called. */
  ended(ending: Ending): void;
}

/**
 * Who waits for an answer. Emptied when it is given: a map that always has something coming and going drags its former tables
 * along until the next full collection of garbage, and with them all that hung on what stood in them.
 */
interface Asking {
  settle: ((answer: Answer) => void) | undefined;
}

export class LiveReplica implements Replica, Outbox, LinkEvents {
  readonly links = new Links(this);
  readonly #core: ReplicaCore;
  readonly #parts: Recovery;
  readonly #events: LiveEvents;
  /** Set as soon as the service is open; the core asks for nothing before it has told something. */
  #coordination: Coordination | undefined;
  #lastToken: Token = 0;
  /** Bounded by the requests that the core admits. */
  readonly #asking = new Map<Token, Asking>();
  #timer: NodeJS.Timeout | undefined;
  readonly #flushing: NodeJS.Timeout;
  /** The entry that the documents' file is at. */
  #flushedIndex = 0;
  #turning = false;
  /** Somebody waits for the state to have room. */
  #full = false;
  #over = false;
  #closing: Promise<void> | undefined;
  #turned = '';

  constructor(options: CoreOptions, parts: Recovery, events: LiveEvents) {
    this.#parts = parts;
    this.#events = events;
    this.#core = new ReplicaCore(options, parts.recovered, parts.machine, this);
    this.#flushing = setInterval(() => this.#flushState(), FLUSH_MS);
    this.#input((core, now) => core.start(now));
  }

  /** What the coordination service is to tell. */
  readonly coordinationEvents: CoordinationEvents = {
    record: (configuration) => this.#input((core, now) => core.record(configuration, now)),
    alive: (members) => this.#input((core, now) => core.alive(members, now)),
    session: (held) => this.#input((core, now) => core.session(held, now)),
    notice: (sentence) => this.#events.note(sentence),
  };

  /** The service is open, where there is one. */
  coordinate(coordination: Coordination | undefined): void {
    this.#coordination = coordination;
  }

  write(operation: Operation, request: string | undefined): Promise<Answer> {
    return this.#ask((core, token, now) => core.write(token, operation, request, now));
  }

  read(operation: Operation, atLeast: number): Promise<Answer> {
    return this.#ask((core, token, now) => core.read(token, operation, atLeast, now));
  }

  /** An operator makes this replica the leader, whoever is in sync. */
  force(): Promise<Answer> {
    return this.#ask((core, token, now) => core.force(token, now));
  }

  status(): Status {
    const { role, epoch, leader = null, members, inSync, position, lag } = this.#core.status;
    return {
      role,
      epoch,
      leader,
      members: members.map(({ member }) => member.address),
      inSync: inSync.map(({ address }) => address),
      position,
      lag,
      version: version(),
    };
  }

  /** Ends the work: gives the session back, so that nobody waits for it to lapse, and closes log and state. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#over = true;
    clearTimeout(this.#timer);
    clearInterval(this.#flushing);
    this.links.close();
    const { leader } = this.#core.status;
    const ending: Answer = { kind: 'unknown', reason: 'the replica ends', leader };
    for (const token of this.#asking.keys()) this.answer(token, ending);
    await this.#coordination?.close();
    const { engine, journal, machine } = this.#parts;
    // What a failing disk says now is no news: it ended the replica, or what is not flushed stands in the log.
    await journal.close().catch(() => {});
    await machine.flush().catch(() => {});
    await engine.close().catch(() => {});
  }

  // What links tell.

  up(link: Link): void {
    this.#input((core, now) => core.linkUp(link, now));
  }

  received(link: Link, message: unknown): void {
    this.#input((core, now) => core.receive(link, message, now));
  }

  down(link: Link): void {
    this.#input((core, now) => core.linkDown(link, now));
  }

  undialled(address: string): void {
    this.#input((core, now) => core.undialled(address, now));
  }

  // What the core decides.

  persist(ticket: number, write: Write): void {
    this.#persisted(write).then(() => this.#input((core, now) => core.persisted(ticket, now)), this.#failed);
  }

  trim(index: number): void {
    const { journal, machine } = this.#parts;
    // Entries that the state would need again after its death stay.
    machine
      .flush()
      .then((position) => journal.drop(Math.min(index, position.index)))
      .catch(this.#failed);
  }

  readLog(link: Link, from: number, count: number): void {
    this.#parts.journal.read(from, count, READ_BYTES_MAX).then(
      (entries) => this.#input((core, now) => core.logRead(link, entries, now)),
      (error: Error) => {
        this.#events.note(error.message);
        this.#input((core, now) => core.logRead(link, [], now));
      },
    );
  }

  send(link: Link, message: PeerMessage): void {
    this.links.send(link, message);
  }

  dial(address: string | undefined): void {
    this.links.dial(address);
  }

  hangUp(link: Link, reason: string): void {
    trace('link %d is hung up: %s', link, reason);
    this.links.hangUp(link);
  }

  change(next: Configuration): void {
    const changed = this.#coordination?.change(next) ?? Promise.resolve('refused' as const);
    void changed.then((outcome) => this.#input((core, now) => core.changed(outcome, now)));
  }

  readRecord(): void {
    const read = this.#coordination?.read() ?? Promise.reject(new Error('not open'));
    read.then(
      (record) => this.#input((core, now) => core.recordRead(record, now)),
      () => this.#input((core, now) => core.recordUnreadable(now)),
    );
  }

  answer(token: Token, answer: Answer): void {
    const asking = this.#asking.get(token);
    if (!asking) return;
    this.#asking.delete(token);
    const { settle } = asking;
    asking.settle = undefined;
    settle?.(answer);
  }

  wake(atMs: number): void {
    clearTimeout(this.#timer);
    // Timers round down; a millisecond early would only wake us twice.
    this.#timer = setTimeout(() => this.#input(() => {}), Math.ceil(atMs - performance.now()));
  }

  compared(comparison: Comparison): void {
    const { from, to } = comparison;
    this.#events.compared?.(comparison, this.#parts.journal.segmentsOf(from, Math.max(from, to)));
  }

  note(text: string): void {
    this.#events.note(text);
  }

  end(ending: Ending): void {
    this.#over = true;
    clearTimeout(this.#timer);
    // Not from within the core, nor from within the constructor.
    queueMicrotask(() => this.#events.ended(ending));
  }

  #flushState(): void {
    const { machine } = this.#parts;
    if (machine.applied.index === this.#flushedIndex) return;
    machine.flush().then(({ index }) => (this.#flushedIndex = index), this.#failed);
  }

  /** The disk refuses: what is on it is not known. */
  readonly #failed = ({ message }: Error): void => {
    const reason = `expected files that can be written, got ${message}: nothing more is confirmed`;
    this.#input((core, now) => core.persistFailed(reason, now));
  };

  #persisted(write: Write): Promise<void> {
    const { journal, machine } = this.#parts;
    switch (write.kind) {
      case 'append':
        return journal.append(write.entries);
      case 'truncate':
        return journal.truncate(write.after);
      case 'restart':
        // What stands before the log's new beginning is in the state alone.
        return journal.restart(write.at, () => machine.flush());
      case 'marks':
        return journal.mark(marksJson(write.marks));
    }
  }

  #ask(give: (core: ReplicaCore, token: Token, now: Now) => void): Promise<Answer> {
    const token = ++this.#lastToken;
    return new Promise((resolve) => {
      if (this.#over) return resolve({ kind: 'not-leader', leader: undefined });
      this.#asking.set(token, { settle: resolve });
      this.#input((core, now) => give(core, token, now));
    });
  }

  #input(give: (core: ReplicaCore, now: Now) => void): void {
    if (this.#over) return;
    give(this.#core, nowOf());
    if (this.#turning) return;
    this.#turning = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#turning = false;
    // What was called for already, an acknowledgement say, does not wait for what is to be applied now.
    this.links.flush();
    if (!this.#over) this.#core.settle(nowOf());
    this.links.flush();
    if (this.#over) return;
    this.#tellTurns();
    this.#awaitRoom();
  }

  /** The core goes on where it stopped for want of room. */
  #awaitRoom(): void {
    const { machine } = this.#parts;
    if (this.#full || !machine.isFull) return;
    this.#full = true;
    machine
      .room()
      .finally(() => (this.#full = false))
      .then(() => this.#input(() => {}), this.#failed);
  }

  #tellTurns(): void {
    const { role, epoch, leader } = this.#core.status;
    const turned = `${role} ${epoch} ${leader}`;
    if (turned === this.#turned) return;
    this.#turned = turned;
    this.#events.turned();
  }
}

function nowOf(): Now {
  return { ms: performance.now(), us: Date.now() * 1000 };
}
