/**
 * The store as a library: documents put into and found in a replicated store, whoever leads it at the moment.
 */

import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError, usageError } from '../shared/errors';
import { peerOf } from '../shared/host-port';
import { asksForPages, DOCUMENT_FRAMES, type Reply, type Status, WRITES } from '../shared/wire/documents';
import { encodeJson, type Json } from '../shared/wire/json';
import { RequestCore, type Whereabouts } from './core';
import { KeptConnections } from './kept-connections';

/** Attribute to type, `*` before an indexed one; `"...": "any"` allows attributes that are not listed. */
export type Schema = Readonly<Record<string, string>>;

export interface StoredDocument {
  readonly _id: string;
  readonly [attribute: string]: Json;
}

/** Conditions, all of which must hold: a value, or comparisons such as `{">": 10, "<": 20}`. `{}`: every document. */
export type Query = Readonly<Record<string, Json>>;

/** Each collection by its name. */
export type Description = Readonly<Record<string, { readonly schema: Schema; readonly documents: number }>>;

export interface ClientSettings {
  /** How long a request may take, a takeover included, milliseconds. Default 30,000. */
  timeoutMs?: number;
}

export interface RequestOptions {
  /** Gives the request up early: it then throws the signal's reason. A write may or may not have been done. */
  signal?: AbortSignal | undefined;
}

/**
 * A client of one store. All of its requests throw OperatorError: `refused` when the store says no, `unreachable` when nobody
 * took the request before its deadline (a write may have been done all the same), `usage` for a request that fits no frame,
 * `closed` after `close`; or the signal's reason. Writes are done at most once, however often they had to be sent.
 */
export interface StoreClient extends AsyncDisposable {
  create(collection: string, schema: Schema, options?: RequestOptions): Promise<void>;
  /** All collections, or the one named. */
  describe(collection?: string, options?: RequestOptions): Promise<Description>;
  destroy(collection: string, options?: RequestOptions): Promise<void>;
  /** Gives the document's `_id`: a new one, unless it brings one. */
  insert(collection: string, document: Readonly<Record<string, Json>>, options?: RequestOptions): Promise<string>;
  /** All documents found, ordered by `_id`. */
  search(collection: string, query: Query, options?: RequestOptions): Promise<StoredDocument[]>;
  /** The same one by one: a few pages of memory, however many there are. What changes meanwhile is seen or not. */
  each(collection: string, query: Query, options?: RequestOptions): AsyncGenerator<StoredDocument, void>;
  /** How many were changed. */
  update(
    collection: string,
    query: Query,
    changes: Readonly<Record<string, Json>>,
    options?: RequestOptions,
  ): Promise<number>;
  /** How many were removed. */
  delete(collection: string, query: Query, options?: RequestOptions): Promise<number>;
  /** What the replica asked first says of itself. */
  status(options?: RequestOptions): Promise<Status>;
  close(): Promise<void>;
}

/**
 * Connects to a store. Reads are answered by the replica named first, until a write of this client was taken by the leader: then
 * they go there too, and see it. When a replica is gone the others are asked.
 * @param contact `host:port` of a replica, or of several
 * @throws OperatorError `usage` for a contact or timeout that is none, `unreachable` when nothing answers there
 */
export async function connectClient(
  contact: string | readonly string[],
  { timeoutMs = TIMEOUT_MS }: ClientSettings = {},
): Promise<StoreClient> {
  const contacts = [contact].flat() as string[];
  for (const one of contacts) peerOf(one, 'a replica');
  if (contacts.length === 0) throw usageError('expected host:port of a replica, got none');
  // A timer that is asked for longer than it can count fires at once.
  if (!(timeoutMs > 0 && timeoutMs <= TIMEOUT_MAX_MS)) {
    throw usageError(`expected a timeoutMs above 0 and at most ${TIMEOUT_MAX_MS}, got ${timeoutMs}`);
  }
  const client = new Client(contacts, timeoutMs);
  try {
    await client.greet();
    return client;
  } catch (error) {
    await client.close();
    throw error;
  }
}

const TIMEOUT_MS = 30_000;
/** A day: longer than anybody waits for a store. */
const TIMEOUT_MAX_MS = 86_400_000;
/** A replica that is asked and says nothing for so long may be stopped: another is asked, under the same identity. */
const SILENCE_MS = 5000;
/** What a page should hold, bytes: most of a reply. */
const PAGE_BYTES = 40_000;
const PAGE_MAX = 4096;

class Client implements StoreClient {
  readonly #connections = new KeptConnections();
  readonly #closing = new AbortController();
  readonly #whereabouts: Whereabouts;
  readonly #timeoutMs: number;

  constructor(contacts: string[], timeoutMs: number) {
    this.#whereabouts = { contacts, leader: undefined };
    this.#timeoutMs = timeoutMs;
    // Every request under way listens to it.
    setMaxListeners(0, this.#closing.signal);
  }

  /** Learns who else there is, for the time when the contact is gone. @throws OperatorError `unreachable` */
  async greet(): Promise<void> {
    const { contacts } = this.#whereabouts;
    const payload = encodeJson(['status']);
    const reasons: string[] = [];
    for (const address of contacts) {
      const limitMs = Math.min(this.#timeoutMs, SILENCE_MS);
      const outcome = await this.#connections.ask(address, payload, limitMs, this.#closing.signal);
      if (outcome.kind === 'lost') {
        reasons.push(`got ${address}: ${outcome.reason}`);
        continue;
      }
      if (outcome.reply[0] === 'ok') this.#learn(outcome.reply[1] as unknown as Status);
      return;
    }
    throw new OperatorError('unreachable', `expected a replica of a store, ${reasons.join('; ')}`);
  }

  async create(collection: string, schema: Schema, options?: RequestOptions): Promise<void> {
    await this.#request(['create', collection, schema], options);
  }

  async describe(collection?: string, options?: RequestOptions): Promise<Description> {
    return (await this.#request(
      collection === undefined ? ['describe'] : ['describe', collection],
      options,
    )) as Description;
  }

  async destroy(collection: string, options?: RequestOptions): Promise<void> {
    await this.#request(['destroy', collection], options);
  }

  async insert(
    collection: string,
    document: Readonly<Record<string, Json>>,
    options?: RequestOptions,
  ): Promise<string> {
    return (await this.#request(['insert', collection, document], options)) as string;
  }

  async search(collection: string, query: Query, options?: RequestOptions): Promise<StoredDocument[]> {
    const found: StoredDocument[] = [];
    for await (const page of this.#pages(collection, query, options)) found.push(...page);
    return found;
  }

  async *each(collection: string, query: Query, options?: RequestOptions): AsyncGenerator<StoredDocument, void> {
    for await (const page of this.#pages(collection, query, options)) yield* page;
  }

  async update(
    collection: string,
    query: Query,
    changes: Readonly<Record<string, Json>>,
    options?: RequestOptions,
  ): Promise<number> {
    return (await this.#request(['update', collection, query, changes], options)) as number;
  }

  async delete(collection: string, query: Query, options?: RequestOptions): Promise<number> {
    return (await this.#request(['delete', collection, query], options)) as number;
  }

  async status(options?: RequestOptions): Promise<Status> {
    const status = (await this.#request(['status'], options)) as unknown as Status;
    this.#learn(status);
    return status;
  }

  async close(): Promise<void> {
    this.#closing.abort(new OperatorError('closed', 'expected an open client, got one that was closed'));
    this.#connections.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #learn({ members = [] }: Partial<Status>): void {
    const { contacts } = this.#whereabouts;
    for (const member of members) if (!contacts.includes(member)) contacts.push(member);
  }

  /** All at once where it fits a reply, else as many at a time as do. */
  async *#pages(collection: string, query: Query, options?: RequestOptions): AsyncGenerator<StoredDocument[]> {
    let limit = PAGE_MAX;
    let after: string | undefined;
    for (;;) {
      const page = after === undefined ? { limit } : { limit, after };
      const reply = await this.#reply(['search', collection, query, page], options);
      if (reply[0] === 'ko' && limit > 1 && asksForPages(reply[1])) {
        limit = Math.ceil(limit / 4);
        continue;
      }
      const documents = resultOf(reply) as unknown as StoredDocument[];
      yield documents;
      if (documents.length < limit) return;
      after = documents.at(-1)!._id;
      const each = encodeJson(documents).length / documents.length;
      limit = Math.max(1, Math.min(PAGE_MAX, Math.floor(PAGE_BYTES / each)));
    }
  }

  async #request(request: readonly Json[], options?: RequestOptions): Promise<Json> {
    return resultOf(await this.#reply(request, options));
  }

  /** Asks until there is a reply or the deadline. */
  async #reply(request: readonly Json[], { signal }: RequestOptions = {}): Promise<Reply> {
    const until = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
    const isWrite = WRITES.includes(request[0] as string);
    const payload = encodeJson(isWrite ? [...request, { request: randomUUID() }] : request);
    if (payload.length > DOCUMENT_FRAMES.payloadMax) {
      throw usageError(
        `expected a request of at most ${DOCUMENT_FRAMES.payloadMax} bytes, got one of ${payload.length}`,
      );
    }
    const deadlineMs = performance.now() + this.#timeoutMs;
    const core = new RequestCore(this.#whereabouts, deadlineMs);
    let step = core.begin(performance.now());
    for (;;) {
      until.throwIfAborted();
      if (step.kind === 'done') return step.reply;
      if (step.kind === 'give-up') throw unreachable(step.reason, this.#timeoutMs, isWrite);
      if (step.kind === 'wait') {
        await sleep(step.ms, undefined, { signal: until }).catch(() => {});
        step = core.begin(performance.now());
        continue;
      }
      const limitMs = Math.max(1, Math.min(SILENCE_MS, deadlineMs - performance.now()));
      const outcome = await this.#connections.ask(step.address, payload, limitMs, until);
      if (isWrite && outcome.kind === 'reply' && outcome.reply[0] === 'ok') this.#whereabouts.leader = step.address;
      step = core.heard(outcome, performance.now());
    }
  }
}

function resultOf([word, content]: Reply): Json {
  if (word === 'ok') return content;
  throw new OperatorError('refused', content);
}

function unreachable(reason: string, timeoutMs: number, isWrite: boolean): OperatorError {
  const doubt = isWrite ? '; the write may have been done' : '';
  return new OperatorError(
    'unreachable',
    `expected an answer of the store within ${timeoutMs / 1000} s, got none: ${reason}${doubt}`,
  );
}
