/** A replica of the store as a library: started, run, and closed. */

import { resolve } from 'node:path';
import { OperatorError } from '../shared/errors';
import { exchange } from '../shared/tcp/key-value-exchange';
import type { Status } from '../shared/wire/documents';
import type { Dialect } from './dialects/dialect';
import { ForeignFollowers, REPLICATION_MS } from './dialects/key-value/foreign-followers';
import { appliedLine, PrintedPuts } from './dialects/key-value/printed';
import { openDialects } from './dialects/open-dialects';
import type { Replica } from './dialects/replica';
import type { Entry } from './entry';
import { ReplicaFolder } from './folder';
import { Forwarding } from './forwarding';
import { LiveReplica } from './live-replica';
import { Port } from './port';
import type { Ending } from './replication/outbox';
import { parseStore, type StoreOptions, type StoreSettings } from './settings';
import type { Reply } from './state-machine';
import { findRecord, openCoordination, welcomeOf } from './whereabouts';

/** What a running replica tells. */
export interface ServerEvents {
  /** One sentence for people. */
  note?: (text: string) => void;
  /** Its role, epoch or leader have changed. */
  turned?: () => void;
  /** A line for a request of the key-value dialect, with the setting `kvLog`. */
  line?: (text: string) => void;
}

/** One replica of a store. */
export interface Server {
  /** `host:port` told to others. @throws before `run` */
  readonly address: string;
  /** What it serves besides documents, each by its name, `http` say, at a `host:port`. */
  readonly dialects: readonly { readonly name: string; readonly address: string }[];
  /** The folder with its files. @throws before `run` */
  readonly folder: string;
  /**
   * Binds the port, recovers what the folder holds, and serves from then on.
   * @throws OperatorError `port`, `lock` for a folder in use, `format` for another version's, `file`, or `unreachable`
   *   when the leader named does not answer
   */
  run(): Promise<void>;
  /** What it says of itself. */
  status(): Status;
  /** Rejects with OperatorError when it cannot go on: a full disk, say. Resolves at `close`. */
  readonly ended: Promise<void>;
  /** Stops serving and gives port and folder back. */
  close(): Promise<void>;
}

/**
 * A replica that keeps its files beneath `path` (store specification, section 1). It serves from `run` on.
 * @throws OperatorError `usage` for a setting that is none
 */
export function connect(path: string, settings: StoreSettings, events: ServerEvents = {}): Server {
  return new StoreServer(parseStore(path, settings), events);
}

/** Replicas compare their states at every so many entries. */
const HASH_EVERY = 10_000;
/** Applied entries kept in the log for followers that come back. */
const KEEP_ENTRIES = 100_000;

class StoreServer implements Server {
  readonly ended: Promise<void>;
  readonly #options: StoreOptions;
  readonly #note: (text: string) => void;
  readonly #turned: () => void;
  readonly #line: (text: string) => void;
  readonly #port: Port;
  #folder: ReplicaFolder | undefined;
  #live: LiveReplica | undefined;
  #forwarding: Forwarding | undefined;
  #dialects: readonly Dialect[] = [];
  readonly #closed = new AbortController();
  #closing: Promise<void> | undefined;
  #resolveEnded = (): void => {};
  #rejectEnded = (_error: unknown): void => {};

  constructor(options: StoreOptions, { note = () => {}, turned = () => {}, line = () => {} }: ServerEvents) {
    this.#options = options;
    this.#note = note;
    this.#turned = turned;
    this.#line = line;
    this.#port = new Port(options);
    this.ended = new Promise((done, failed) => {
      this.#resolveEnded = done;
      this.#rejectEnded = failed;
    });
    // Who does not look is told by nothing else, but not by the end of the process either.
    this.ended.catch(() => {});
  }

  get address(): string {
    return this.#options.advertise ?? `${this.#options.host}:${this.#port.port}`;
  }

  get dialects(): readonly Dialect[] {
    return this.#dialects;
  }

  get folder(): string {
    return this.#held.path;
  }

  async run(): Promise<void> {
    try {
      await this.#port.open();
      this.#dialects = await openDialects(this.#options, { note: this.#note, line: this.#line });
      const { path, host } = this.#options;
      this.#folder = await ReplicaFolder.hold(resolve(path), { host, port: this.#port.port }, this.#note);
      await this.#begin();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  get #held(): ReplicaFolder {
    if (!this.#folder) throw new Error('expected a replica that runs');
    return this.#folder;
  }

  status(): Status {
    if (!this.#live) throw new Error('expected a replica that runs');
    return this.#live.status();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close().finally(this.#resolveEnded);
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed.abort();
    await Promise.all([this.#port.close(), ...this.#dialects.map((dialect) => dialect.close())]);
    this.#forwarding?.close();
    await this.#live?.close();
    this.#folder?.release();
  }

  /** Recovers the folder, and puts a replica to work on what is there. */
  async #begin(): Promise<void> {
    const { address } = this;
    const { leader, sessionMs, ...settings } = this.#options;
    const whereabouts = await findRecord(this.#options, this.#held, this.#closed.signal);
    if (whereabouts.kind === 'unseen') {
      this.#note(
        `the record of ${leader}'s store is on another machine: this replica can take over only with --zookeeper`,
      );
    }
    const recovery = await this.#held.recover();
    if (whereabouts.kind === 'folder') await this.#held.writePlace({ coordination: whereabouts.folder });
    const live = new LiveReplica(
      {
        ...settings,
        learnMs: settings.kvDelayMs,
        sessionMs,
        address,
        contact: leader,
        hashEvery: HASH_EVERY,
        keepEntries: KEEP_ENTRIES,
      },
      recovery,
      {
        note: this.#note,
        turned: this.#turned,
        compared: (...comparison) => {
          for (const dialect of this.#dialects) dialect.compared?.(...comparison);
        },
        ended: (ending) => void this.#end(live, ending),
      },
    );
    this.#live = live;
    if (this.#options.kvLog) recovery.machine.observer = (entry, reply) => this.#sayApplied(entry, reply);
    const member = { id: recovery.recovered.id, address };
    const doors = Object.fromEntries(this.#dialects.map((dialect) => [dialect.name, dialect.address]));
    const events = live.coordinationEvents;
    live.coordinate(await openCoordination(whereabouts, { member, doors, sessionMs, events }));
    const { kvLog, kvReplicate, requestMs } = this.#options;
    const writes = kvReplicate.length === 0 ? live : new ForeignFollowers(live, kvReplicate, exchange);
    const writesOf = (remote: string): Replica => (kvLog ? new PrintedPuts(writes, remote, this.#line) : writes);
    this.#port.serve({ replica: live, writesOf, welcome: welcomeOf(whereabouts) });
    const replica = new Forwarding(writes, requestMs + (kvReplicate.length === 0 ? 0 : REPLICATION_MS));
    this.#forwarding = replica;
    for (const dialect of this.#dialects) dialect.serve({ replica, folder: this.folder });
  }

  /** What a follower is sent in the key-value dialect. */
  #sayApplied(entry: Entry, reply: Reply): void {
    const line = appliedLine(entry, reply);
    if (line !== undefined && this.status().role !== 'leader') this.#line(line);
  }

  /** A replica's work is over: it begins anew with nothing, or ends with the reason. */
  async #end(live: LiveReplica, { anew, reason }: Ending): Promise<void> {
    if (this.#closing) return;
    this.#port.serve(undefined);
    for (const dialect of this.#dialects) dialect.serve(undefined);
    this.#forwarding?.close();
    await live.close();
    try {
      if (!anew) throw new OperatorError('replica', reason);
      await this.#held.setAside(reason);
      await this.#begin();
    } catch (error) {
      this.#rejectEnded(error);
      await this.close();
    }
  }
}
