/** A replica of the store as a library: started, run, and closed. */

import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../shared/errors';
import type { Status } from '../shared/wire/documents';
import { bootIdentity } from './coordination/local/files';
import { openLocal } from './coordination/local/local';
import { ReplicaFolder } from './folder';
import { greet, type Welcome } from './greeting';
import { LiveReplica } from './live-replica';
import { Port } from './port';
import type { Ending } from './replication/outbox';
import { parseStore, type StoreOptions, type StoreSettings } from './settings';

/** What a running replica tells. */
export interface ServerEvents {
  /** One sentence for people. */
  note?: (text: string) => void;
  /** Its role, epoch or leader have changed. */
  turned?: () => void;
}

/** One replica of a store. */
export interface Server {
  /** `host:port` told to others. @throws before `run` */
  readonly address: string;
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

/** How long the leader named may take to be there, milliseconds: several replicas may be started at once. */
const LEADER_WAIT_MS = 10_000;
const LEADER_PAUSE_MS = 200;
/** Replicas compare their states at every so many entries. */
const HASH_EVERY = 10_000;
/** Applied entries kept in the log for followers that come back. */
const KEEP_ENTRIES = 100_000;

class StoreServer implements Server {
  readonly ended: Promise<void>;
  readonly #options: StoreOptions;
  readonly #note: (text: string) => void;
  readonly #turned: () => void;
  readonly #port: Port;
  #folder: ReplicaFolder | undefined;
  #live: LiveReplica | undefined;
  #closing: Promise<void> | undefined;
  #resolveEnded = (): void => {};
  #rejectEnded = (_error: unknown): void => {};

  constructor(options: StoreOptions, { note = () => {}, turned = () => {} }: ServerEvents) {
    this.#options = options;
    this.#note = note;
    this.#turned = turned;
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

  get folder(): string {
    return this.#held.path;
  }

  async run(): Promise<void> {
    try {
      await this.#port.open();
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
    await this.#port.close();
    await this.#live?.close();
    this.#folder?.release();
  }

  /** Recovers the folder, and puts a replica to work on what is there. */
  async #begin(): Promise<void> {
    const folder = this.#held;
    const { address } = this;
    const { leader, ...settings } = this.#options;
    const boot = await bootIdentity();
    const coordination = await this.#coordinationFolder(boot);
    const recovery = await folder.recover();
    await folder.writePlace({ coordination, boot });
    const live = new LiveReplica(
      { ...settings, address, contact: leader, hashEvery: HASH_EVERY, keepEntries: KEEP_ENTRIES },
      recovery,
      { note: this.#note, turned: this.#turned, ended: (ending) => void this.#end(live, ending) },
    );
    this.#live = live;
    if (coordination !== undefined) {
      const member = { id: recovery.recovered.id, address };
      const { sessionMs } = settings;
      live.coordinate(await openLocal({ folder: coordination, member, sessionMs, events: live.coordinationEvents }));
    }
    const welcome = { coordination: coordination === undefined ? null : { folder: coordination, boot } };
    this.#port.serve({ replica: live, welcome });
  }

  /** Where the store's record lies; undefined where it cannot be seen from here. @throws OperatorError `unreachable` */
  async #coordinationFolder(boot: string): Promise<string | undefined> {
    const { leader, path } = this.#options;
    const known = (await this.#held.place())?.coordination;
    if (known !== undefined) return known;
    if (leader === undefined) return resolve(join(path, 'coordination'));
    const found = await this.#askLeader(leader);
    if (found?.boot === boot) return found.folder;
    this.#note(
      `follows, and can take over only with --zookeeper: the record of ${leader}'s store is on another machine`,
    );
    return undefined;
  }

  async #askLeader(leader: string): Promise<Welcome['coordination']> {
    const deadlineMs = performance.now() + LEADER_WAIT_MS;
    for (;;) {
      try {
        const { connection, welcome } = await greet(leader);
        connection.destroy();
        return welcome.coordination;
      } catch (error) {
        if (performance.now() >= deadlineMs || this.#closing) throw error;
        await sleep(LEADER_PAUSE_MS);
      }
    }
  }

  /** A replica's work is over: it begins anew with nothing, or ends with the reason. */
  async #end(live: LiveReplica, { anew, reason }: Ending): Promise<void> {
    if (this.#closing) return;
    this.#port.serve(undefined);
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
