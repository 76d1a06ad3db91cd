/**
 * Coordination through Apache ZooKeeper (store specification, section 6). Under the chroot, `record` holds the record, and
 * `members/` an ephemeral node for each member, `<identity>@<host:port>`, whose data say its role and all of its addresses.
 */

import { OperatorError } from '../../../shared/errors';
import { type Clock, monotonicClock } from '../clock';
import {
  type ChangeOutcome,
  type Configuration,
  type Coordination,
  type CoordinationOptions,
  type Member,
  roleOf,
} from '../coordination';
import { Fence } from '../fence';
import { Notices } from '../notices';
import { formatRecord, parseRecord } from '../record-text';
import { Turns } from '../turns';
import { ZookeeperClient, ZookeeperError } from './client';
import type { ZookeeperPlace } from './servers';

export interface ZookeeperOptions extends CoordinationOptions {
  place: ZookeeperPlace;
}

/** How often in a session everything is looked at, which also shows that the server answers. */
const TURNS_A_SESSION = 4;
/** How often it is said that ZooKeeper does not answer. */
const SAY_MS = 30_000;

/** Takes part, as soon as ZooKeeper can be reached, until `close`. */
export function openZookeeper(options: ZookeeperOptions): Coordination {
  return new ZookeeperCoordination(options);
}

class ZookeeperCoordination implements Coordination {
  readonly #options: ZookeeperOptions;
  readonly #clock: Clock;
  readonly #fence: Fence;
  readonly #notices: Notices;
  readonly #turns: Turns;
  readonly #recordPath: string;
  readonly #membersPath: string;
  #client: ZookeeperClient;
  /** Our own node was created in this session, with this as its data. */
  #shown: string | undefined;
  /** The record told last; null before the first. */
  #told: Configuration | undefined | null = null;
  #alive: readonly Member[] = [];
  #answeredMs: number;
  #sayAtMs: number;
  /** Resolves when everything asked of the server so far was answered or given up: one thing at a time. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: ZookeeperOptions) {
    const { place, sessionMs, events, clock = monotonicClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#fence = new Fence(clock, events.session.bind(events));
    this.#notices = new Notices((sentence) => this.#closed || events.notice(sentence));
    this.#recordPath = `${place.chroot}/record`;
    this.#membersPath = `${place.chroot}/members`;
    this.#answeredMs = clock.nowMs();
    this.#sayAtMs = this.#answeredMs + sessionMs;
    this.#turns = new Turns(clock, () => this.#turn());
    this.#client = this.#newSession();
    this.#turns.ask();
  }

  /**
   * Writes the record again as it is: only a write is ordered after all that was done before, and the node's new version refuses
   * for ever whatever a server has still to do of our earlier changes.
   */
  read(): Promise<Configuration | undefined> {
    return this.#oneByOne(async () => {
      for (;;) {
        const { record, data, version } = await this.#get();
        if (await this.#client.set(this.#recordPath, data, version)) return record;
      }
    });
  }

  async change(next: Configuration): Promise<ChangeOutcome> {
    let outcome: ChangeOutcome = 'refused';
    try {
      return await this.#oneByOne(async () => {
        while (this.#fence.holds) {
          const { record, version } = await this.#get();
          if ((record?.version ?? 0) !== next.version - 1) return 'refused';
          outcome = 'unknown';
          if (await this.#client.set(this.#recordPath, Buffer.from(formatRecord(next)), version)) return 'done';
          // Somebody changed the record, or did but read it.
          outcome = 'refused';
        }
        return 'refused';
      });
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      return outcome;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#fence.close();
    await this.#turns.close();
    await this.#last;
    await this.#client.close();
  }

  #newSession(): ZookeeperClient {
    const { place, sessionMs } = this.#options;
    const client: ZookeeperClient = new ZookeeperClient(place.servers, sessionMs, this.#clock, {
      connected: () => this.#turns.ask(),
      changed: () => this.#turns.ask(),
      answered: (sentMs) => this.#answered(sentMs),
      expired: () => {
        this.#shown = undefined;
        this.#fence.drop();
        void client.close();
        if (!this.#closed) this.#client = this.#newSession();
      },
    });
    return client;
  }

  #answered(sentMs: number): void {
    this.#answeredMs = Math.max(this.#answeredMs, sentMs);
    this.#sayAtMs = this.#answeredMs + this.#client.sessionMs;
    if (this.#shown !== undefined && !this.#closed) this.#fence.hold(this.#answeredMs + this.#client.sessionMs);
  }

  /** Looks at everything. Gives after how many ms that is to be done again. */
  async #turn(): Promise<number> {
    if (this.#client.isConnected) {
      await this.#oneByOne(() => this.#lookAround()).catch((error: unknown) => {
        if (!(error instanceof OperatorError)) throw error;
        if (this.#client.isConnected) this.#notices.amiss('look', error.message);
      });
    }
    this.#saySilence();
    return this.#client.sessionMs / TURNS_A_SESSION;
  }

  async #lookAround(): Promise<void> {
    const client = this.#client;
    if (this.#shown === undefined) await this.#prepare();
    const { record } = await this.#get(true);
    await this.#show(record);
    const names = await client.children(this.#membersPath);
    // Somebody removed it by hand.
    if (!names.includes(this.#ownName)) this.#shown = undefined;
    // Ours of a session before, at another address; it would go when that lapses.
    const former = names.filter((name) => memberOf(name).id === this.#options.member.id && name !== this.#ownName);
    for (const name of former) await client.remove(`${this.#membersPath}/${name}`);
    if (this.#closed || client !== this.#client) return;
    this.#notices.fine('look');
    this.#tellRecord(record);
    this.#tellAlive(names.filter((name) => !former.includes(name)));
  }

  /** Makes the nodes that are kept; `record` empty, so that every change of it is one of its version. */
  async #prepare(): Promise<void> {
    const empty = Buffer.alloc(0);
    const names = this.#membersPath.split('/').slice(1);
    for (let depth = 1; depth <= names.length; depth++) {
      await this.#client.create(`/${names.slice(0, depth).join('/')}`, empty, 'kept');
    }
    await this.#client.create(this.#recordPath, empty, 'kept');
  }

  /** Our own node: there in this session, with our role, for people to see. */
  async #show(record: Configuration | undefined): Promise<void> {
    const { member, doors } = this.#options;
    const { id, address } = member;
    const shown = JSON.stringify({ id, address, ...doors, role: roleOf(id, record) });
    if (shown === this.#shown) return;
    const path = `${this.#membersPath}/${this.#ownName}`;
    const data = Buffer.from(shown);
    const found = await this.#client.get(path);
    // One of our own of a session before would go when that lapses.
    if (found && !this.#client.owns(found.stat)) await this.#client.remove(path);
    if (found && this.#client.owns(found.stat)) await this.#client.set(path, data, found.stat.version);
    else if (!(await this.#client.create(path, data, 'ephemeral'))) return;
    this.#shown = shown;
  }

  /** The record, and what its node holds. @throws OperatorError when it is damaged, or older than one that was told */
  async #get(watched = false): Promise<{ record: Configuration | undefined; data: Buffer; version: number }> {
    const path = this.#recordPath;
    const found = await this.#client.get(path, watched);
    if (!found) throw new OperatorError('coordination', `expected the record in ZooKeeper's ${path}, got no such node`);
    // The library gives nothing where a node holds nothing.
    const data = found.data ?? Buffer.alloc(0);
    const record = parseRecord(data.toString());
    if (data.length > 0 && !record) {
      throw new OperatorError('coordination', `expected a whole record in ZooKeeper's ${path}, got a damaged one`);
    }
    const told = this.#told?.version ?? 0;
    const version = record?.version ?? 0;
    if (version < told) {
      throw new OperatorError(
        'coordination',
        `expected version ${told} or later in ZooKeeper's ${path}, got ${version}`,
      );
    }
    return { record, data, version: found.stat.version };
  }

  #tellRecord(record: Configuration | undefined): void {
    if (this.#told !== null && (record?.version ?? 0) <= (this.#told?.version ?? 0)) return;
    this.#told = record;
    this.#options.events.record(record);
  }

  #tellAlive(names: readonly string[]): void {
    const alive = names
      .filter((name) => name.includes('@'))
      .sort()
      .map(memberOf);
    if (JSON.stringify(alive) === JSON.stringify(this.#alive)) return;
    this.#alive = alive;
    this.#options.events.alive(alive);
  }

  #saySilence(): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#sayAtMs) return;
    this.#sayAtMs = nowMs + SAY_MS;
    const silentS = Math.round((nowMs - this.#answeredMs) / 1000);
    const { servers } = this.#options.place;
    if (!this.#closed)
      this.#options.events.notice(`ZooKeeper at ${servers} has not answered for ${silentS} s; trying on`);
  }

  /** @throws OperatorError `coordination` when the server does not do it */
  #oneByOne<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#last.then(act).catch((error: unknown) => {
      if (!(error instanceof ZookeeperError)) throw error;
      const { servers } = this.#options.place;
      throw new OperatorError('coordination', `ZooKeeper at ${servers} does not answer as expected: ${error.message}`);
    });
    this.#last = done.catch(() => {});
    return done;
  }

  get #ownName(): string {
    const { id, address } = this.#options.member;
    return `${id}@${address}`;
  }
}

/** Who shows as `<identity>@<host:port>`. */
function memberOf(name: string): Member {
  const at = name.indexOf('@');
  return { id: name.slice(0, at), address: name.slice(at + 1) };
}
