/**
 * One session with ZooKeeper, over node-zookeeper-client with its traps closed: every call has a time limit, a server that is
 * silent is left for another, and closing always ends it. Each mend below has a test that fails without it.
 */

import { strict as assert } from 'node:assert';
import type { Socket } from 'node:net';
import { type Client, CreateMode, createClient, Exception, type Stat, State } from 'node-zookeeper-client';
import type { Clock } from '../clock';

/** Told from the event loop. */
export interface ClientEvents {
  connected(): void;
  /** The session is over for ever: what it created is gone, and only a new client can go on. */
  expired(): void;
  /** Something watched has changed. */
  changed(): void;
  /** The server answered what was sent at this time, so the session was held then. */
  answered(sentMs: number): void;
}

/** A call that failed. */
export class ZookeeperError extends Error {
  /** The server's code, such as `Exception.NO_NODE`; undefined: it did not answer, and may have done it, or do it yet. */
  readonly code: number | undefined;

  constructor(code: number | undefined, message: string) {
    super(message);
    this.name = 'ZookeeperError';
    this.code = code;
  }
}

export interface Data {
  data: Buffer;
  stat: Stat;
}

/** What of the library's connection has to be mended. */
interface Internals {
  socket?: Socket;
  connectTimeoutHandler: NodeJS.Timeout | null;
  pendingBuffer: Buffer | null;
  onSocketData(bytes: Buffer): void;
  findNextServer(found: (server: unknown) => void): void;
}

type Failure = Error | Exception | null;
type Done<T> = (error: Failure, result: T) => void;

export class ZookeeperClient {
  readonly #client: Client;
  readonly #internals: Internals;
  readonly #clock: Clock;
  readonly #events: ClientEvents;
  readonly #changed: () => void;
  /** The attempt to connect that was under way at the last look. */
  #attempt: Socket | undefined;
  /** Ends each call that is not answered yet: one thing is asked at a time. */
  readonly #calls = new Set<(reason: string) => void>();
  #cancelLook = () => {};
  #ended = false;

  constructor(servers: string, sessionMs: number, clock: Clock, events: ClientEvents) {
    this.#clock = clock;
    this.#events = events;
    this.#changed = () => this.#ended || events.changed();
    this.#client = createClient(servers, { sessionTimeout: sessionMs, spinDelay: sessionMs / 4, retries: 0 });
    this.#internals = (this.#client as unknown as { connectionManager: Internals }).connectionManager;
    this.#mend();
    this.#client.on('state', (state) => {
      if (state === State.DISCONNECTED) this.#disconnected();
      if (this.#ended) return;
      if (state === State.SYNC_CONNECTED) events.connected();
      if (state === State.EXPIRED) events.expired();
    });
    this.#client.connect();
    this.#look();
  }

  get isConnected(): boolean {
    return !this.#ended && this.#client.getState() === State.SYNC_CONNECTED;
  }

  /** As the server granted it, once it did. */
  get sessionMs(): number {
    return this.#client.getSessionTimeout();
  }

  /** Does the node belong to this session? */
  owns({ ephemeralOwner }: Stat): boolean {
    return (ephemeralOwner as unknown as Buffer).equals(this.#client.getSessionId());
  }

  /** What the node holds; undefined: there is none. Watched from then on, where asked for. */
  async get(path: string, watched = false): Promise<Data | undefined> {
    try {
      return await this.#call<Data>(1 / 4, (done) => {
        const told = (error: Failure, data: Buffer, stat: Stat) => done(error, { data, stat });
        if (watched) this.#client.getData(path, this.#changed, told);
        else this.#client.getData(path, told);
      });
    } catch (error) {
      if (isCode(error, Exception.NO_NODE)) return undefined;
      throw error;
    }
  }

  /** The names beneath, watched from then on. */
  children(path: string): Promise<string[]> {
    return this.#call(1 / 4, (done) => this.#client.getChildren(path, this.#changed, done));
  }

  /** Sets what the node holds if it is still at `version`; false: it is not. */
  async set(path: string, data: Buffer, version: number): Promise<boolean> {
    try {
      await this.#call<Stat>(1 / 2, (done) => this.#client.setData(path, data, version, done));
      return true;
    } catch (error) {
      if (isCode(error, Exception.BAD_VERSION)) return false;
      throw error;
    }
  }

  /** Creates a node; false: there is one already. */
  async create(path: string, data: Buffer, mode: 'kept' | 'ephemeral'): Promise<boolean> {
    const flags = mode === 'kept' ? CreateMode.PERSISTENT : CreateMode.EPHEMERAL;
    try {
      await this.#call<string>(1 / 2, (done) => this.#client.create(path, data, flags, done));
      return true;
    } catch (error) {
      if (isCode(error, Exception.NODE_EXISTS)) return false;
      throw error;
    }
  }

  /** No matter whether it is there. */
  async remove(path: string): Promise<void> {
    try {
      await this.#call<undefined>(1 / 2, (done) => this.#client.remove(path, (error) => done(error, undefined)));
    } catch (error) {
      if (!isCode(error, Exception.NO_NODE)) throw error;
    }
  }

  /** Ends the session where the server can be told so in time; it lapses otherwise. */
  async close(): Promise<void> {
    if (this.#ended) return;
    const wasConnected = this.isConnected;
    this.#ended = true;
    this.#cancelLook();
    if (wasConnected) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(this.sessionMs / 4, resolve);
        this.#client.once('disconnected', () => {
          cancel();
          resolve();
        });
        this.#client.close();
      });
    }
    this.#disconnect();
  }

  /** @param share of the session for which an answer is waited for: longer, and another server is tried */
  #call<T>(share: number, start: (done: Done<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      // The library would keep it, and send it whenever it is connected again.
      if (!this.isConnected) return reject(new ZookeeperError(Exception.CONNECTION_LOSS, 'not connected'));
      const sentMs = this.#clock.nowMs();
      const fail = (reason: string): void => {
        this.#calls.delete(fail);
        cancel();
        reject(new ZookeeperError(undefined, reason));
      };
      const cancel = this.#clock.after(this.sessionMs * share, () => {
        fail('no answer in time');
        this.#disconnect();
      });
      this.#calls.add(fail);
      start((error, result) => {
        if (!this.#calls.delete(fail)) return;
        cancel();
        const code = error ? (error as Exception).code : 0;
        const isAnswered = code !== Exception.CONNECTION_LOSS && code !== Exception.SESSION_EXPIRED;
        if (isAnswered && !this.#ended) this.#events.answered(sentMs);
        if (error) reject(new ZookeeperError(isAnswered ? code : undefined, String(error)));
        else resolve(result);
      });
    });
  }

  /** Ends an attempt to connect that was under way a quarter of a session ago: a frozen server accepts, and says nothing. */
  #look(): void {
    const { socket } = this.#internals;
    if (this.isConnected) this.#attempt = undefined;
    else if (socket && socket === this.#attempt) this.#disconnect();
    else this.#attempt = socket;
    this.#cancelLook = this.#clock.after(this.sessionMs / 4, () => this.#look());
  }

  /** The library forgets neither half an answer nor calls that it had not sent or could not understand. */
  #disconnected(): void {
    this.#internals.pendingBuffer = null;
    for (const fail of this.#calls) fail('the connection was lost');
  }

  /** The library then tries the next server, unless this is closed. */
  #disconnect(): void {
    // Left alone it would end the next connection, since it knows only the latest.
    clearTimeout(this.#internals.connectTimeoutHandler ?? undefined);
    this.#internals.socket?.destroy();
  }

  #mend(): void {
    const internals = this.#internals;
    assert(typeof internals.onSocketData === 'function' && typeof internals.findNextServer === 'function');
    // It throws at codes that it does not know, such as that the session has moved: such a connection is lost.
    const take = internals.onSocketData.bind(internals);
    internals.onSocketData = (bytes) => {
      try {
        take(bytes);
      } catch {
        internals.pendingBuffer = null;
        this.#disconnect();
      }
    };
    // Closing does not end its attempts to connect.
    const find = internals.findNextServer.bind(internals);
    internals.findNextServer = (found) => find((server) => this.#ended || found(server));
  }
}

function isCode(error: unknown, code: number): boolean {
  return error instanceof ZookeeperError && error.code === code;
}
