/** A store of the lab: replicas as processes, doors between them, what they say to each other, and the check that nothing is lost. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError, usageError } from '../../shared/errors';
import { escapeText } from '../../shared/escape';
import type { Json } from '../../shared/wire/json';
import type { PeerMessage } from '../../store/replication/messages';
import { connectClient, type StoreClient } from '../../store-client/index';
import type { DoneView, MessageView, StoreEvent, StoreView } from '../store-view';
import { Door } from './door';
import { LabReplica } from './lab-replica';
import { REPLICAS_MAX } from './replicas-max';
import { RunningCheck } from './running-check';

/** Between two looks at all replicas, milliseconds. */
const LOOK_MS = 250;
/** How long an insertion or a search may take, a takeover included, milliseconds. */
const REQUEST_MS = 20_000;
/** Documents that a search shows. */
const FOUND_MAX = 50;
/** Where documents are put: anything may stand in them. */
const COLLECTION = 'notes';

export class LabStore {
  readonly #tell: (event: StoreEvent) => void;
  readonly #path = mkdtempSync(join(tmpdir(), 'lab-store-'));
  readonly #startMs = performance.now();
  /** In the order in which they were added. Bounded by REPLICAS_MAX. */
  readonly #replicas: LabReplica[] = [];
  /** Pairs as `r1 r2`, either way round. */
  readonly #cuts = new Set<string>();
  readonly #check = new RunningCheck();
  /** What each replica has told another last, so that what is not new can be left out. */
  readonly #told = new Map<string, number>();
  #client: StoreClient | undefined;
  #closing = false;
  #looking: Promise<void> = Promise.resolve();
  #lastMessage = 0;
  #lastView = '';
  #leader: string | undefined;

  private constructor(tell: (event: StoreEvent) => void) {
    this.#tell = tell;
  }

  /** Starts a leader and followers. @param count replicas, 1 to 7 @throws OperatorError */
  static async open(count: number, tell: (event: StoreEvent) => void): Promise<LabStore> {
    const store = new LabStore(tell);
    try {
      while (store.#replicas.length < count) await store.add();
      store.#client = await connectClient(
        store.#replicas.map(({ door }) => door.address),
        { timeoutMs: REQUEST_MS },
      );
      await store.#client.create(COLLECTION, { '...': 'any' });
    } catch (error) {
      await store.close();
      throw error;
    }
    store.#looking = store.#look();
    return store;
  }

  view(): StoreView {
    const leading = this.#replicas.filter(({ status }) => status?.role === 'leader');
    const leader = leading.sort((a, b) => b.status!.epoch - a.status!.epoch)[0];
    const inSync = leader?.status?.inSync ?? [];
    return {
      replicas: this.#replicas.map((replica) => replica.view(inSync.includes(replica.door.address))),
      cuts: [...this.#cuts].map((pair) => pair.split(' ') as [string, string]),
      check: this.#check.view(),
    };
  }

  /** Adds a replica, which joins the others. @throws OperatorError `refused` for one too many */
  async add(): Promise<void> {
    if (this.#replicas.length >= REPLICAS_MAX)
      throw new OperatorError('refused', `expected at most ${REPLICAS_MAX} replicas, got one more`);
    const name = `r${this.#replicas.length + 1}`;
    const door = await Door.open({
      passed: (message, member, way) => this.#passed(message, name, member, way),
      isCut: (member) => this.#isCut(name, this.#nameOf(member)),
    });
    const replica = new LabReplica(name, this.#path, door, () => this.#changed());
    this.#replicas.push(replica);
    const known = this.#replicas.find(({ process, name: other }) => process === 'running' && other !== name);
    await replica.start(known?.door.address);
    this.#note(`${name} was started`);
  }

  /** Has something befall a replica's process. @throws OperatorError `refused` when that cannot be */
  async befall(name: string, what: 'kill' | 'pause' | 'wake' | 'start'): Promise<void> {
    const replica = this.#replicas.find((one) => one.name === name);
    if (!replica) throw usageError(`expected a replica of this store, got "${name}"`);
    if (what === 'start') {
      if (replica.process !== 'ended')
        throw new OperatorError('refused', `expected ${name} to have ended, it is ${replica.process}`);
      await replica.start(undefined);
    } else replica[what]();
    this.#note(`${name}: ${what}`);
  }

  /** Lets nothing through between two replicas, or all again. @throws OperatorError `usage` */
  cut(one: string, other: string, cut: boolean): void {
    const known = [one, other].every((name) => this.#replicas.some((replica) => replica.name === name));
    if (!known || one === other) throw usageError(`expected two replicas of this store, got "${one}" and "${other}"`);
    const pair = [one, other].sort().join(' ');
    if (cut) this.#cuts.add(pair);
    else this.#cuts.delete(pair);
    for (const { door } of this.#replicas) door.cutsChanged();
    this.#note(`the link ${one} - ${other} is ${cut ? 'cut' : 'mended'}`);
    this.#changed();
  }

  /** Puts in a document, and resolves when that is acknowledged. @throws OperatorError; `usage` for what is none */
  async insert(text: string): Promise<DoneView> {
    const id = await this.#asked.insert(COLLECTION, objectIn(text));
    this.#check.acknowledged(id);
    this.#changed();
    return { inserted: escapeText(id) };
  }

  /** Documents that meet a query, one JSON text each. @throws OperatorError; `usage` for what is none */
  async search(text: string): Promise<DoneView> {
    const found: string[] = [];
    for await (const document of this.#asked.each(COLLECTION, objectIn(text))) {
      found.push(escapeText(JSON.stringify(document)));
      if (found.length === FOUND_MAX) break;
    }
    return { found };
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#client?.close();
    await this.#looking;
    await Promise.all(this.#replicas.map((replica) => replica.close()));
    rmSync(this.#path, { recursive: true, force: true });
  }

  get #asked(): StoreClient {
    if (!this.#client) throw new OperatorError('closed', 'expected a store that serves, got one that starts');
    return this.#client;
  }

  async #look(): Promise<void> {
    while (!this.#closing) {
      await Promise.all(this.#replicas.map((replica) => replica.look()));
      if (this.#replicas.some(({ status }) => status?.role === 'leader'))
        await this.#check.look(this.#asked, COLLECTION);
      this.#changed();
      await sleep(LOOK_MS);
    }
  }

  /** Tells how all is, where that is another than before. */
  #changed(): void {
    if (this.#closing) return;
    const store = this.view();
    const { name, status } = store.replicas.find((replica) => replica.status?.role === 'leader') ?? {};
    const leader = name && `${name} leads epoch ${status!.epoch}`;
    if (leader !== undefined && leader !== this.#leader) this.#note((this.#leader = leader));
    const text = JSON.stringify(store);
    if (text === this.#lastView) return;
    this.#lastView = text;
    this.#tell({ kind: 'store', store });
  }

  #passed(message: PeerMessage, door: string, member: string, way: 'in' | 'out'): void {
    const other = this.#nameOf(member);
    if (other === undefined) return;
    const [from, to] = way === 'in' ? [other, door] : [door, other];
    for (const { what, first, index } of newsIn(message, `${from} ${to}`, this.#told)) {
      const atMs = Math.round((performance.now() - this.#startMs) * 10) / 10;
      this.#tell({ kind: 'message', message: { id: ++this.#lastMessage, from, to, what, first, index, atMs } });
    }
  }

  #nameOf(address: string): string | undefined {
    return this.#replicas.find(({ door }) => door.address === address)?.name;
  }

  #isCut(one: string, other: string | undefined): boolean {
    return other !== undefined && this.#cuts.has([one, other].sort().join(' '));
  }

  #note(text: string): void {
    this.#tell({ kind: 'note', text });
  }
}

type News = Pick<MessageView, 'what' | 'first' | 'index'>;

/** What a message says that was not said before: replicas assure each other many times a second. */
function newsIn(message: PeerMessage, way: string, told: Map<string, number>): News[] {
  const isNew = (what: 'ack' | 'commit', index: number): boolean => {
    const known = told.get(`${what} ${way}`) ?? 0;
    told.set(`${what} ${way}`, index);
    return index > known;
  };
  switch (message.type) {
    case 'append': {
      const indices = message.lines.map((line) => Number(/^\{"index":(\d+)/.exec(line)?.[1] ?? 0));
      const entries: News[] =
        indices.length > 0 ? [{ what: 'append', first: indices[0]!, index: indices.at(-1)! }] : [];
      const { committed } = message;
      return isNew('commit', committed)
        ? [...entries, { what: 'commit', first: committed, index: committed }]
        : entries;
    }
    case 'ack':
      return isNew('ack', message.index) ? [{ what: 'ack', first: message.index, index: message.index }] : [];
    case 'join':
    case 'lead':
    case 'changed':
    case 'snapshot':
      return [{ what: message.type, first: 0, index: 0 }];
    default:
      return [];
  }
}

function objectIn(text: string): Readonly<Record<string, Json>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, Json>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw usageError(`expected a JSON object such as {"text":"hello"}, got "${escapeText(text)}"`);
}
