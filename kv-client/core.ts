/**
 * One request of a key-value client: which server to ask, what its reply means, when to ask another, when to give up (key-value
 * specification, sections 2 and 4). Decides, and leaves the doing to its shell. No I/O, no clock, no randomness, no timer.
 */

import { heldOf, type KeyValueMessage, stampedOf } from '../shared/wire/key-value';

/** The latest timestamp that this client has seen of each key. As many as the keys it was asked for. */
export type Held = Map<string, number>;

export type Request = { kind: 'put'; key: string; value: string } | { kind: 'get'; key: string };

/** How asking one server ended. `reason` says what was seen. */
export type Outcome =
  | { kind: 'reply'; reply: KeyValueMessage }
  /** Surely nothing was done. */
  | { kind: 'refused'; reason: string }
  /** It may have been done or not. */
  | { kind: 'lost'; reason: string };

/** How a request ended. `server` is whoever answered, `ip:port`. */
export type Result =
  | { kind: 'put'; key: string; value: string; timestamp: number; server: string }
  /** `held`: what this client had seen of the key before. */
  | { kind: 'got'; key: string; value: string; timestamp: number; held: number | undefined; server: string }
  | { kind: 'not-found'; key: string; server: string }
  /** The server is behind what this client has seen. */
  | { kind: 'stale'; key: string; server: string }
  /** One sentence why. */
  | { kind: 'failed'; code: 'refused' | 'unreachable'; reason: string };

/** What to do next. */
export type Step =
  | {
      kind: 'ask';
      server: string;
      message: KeyValueMessage /** Why the last one did not do. */;
      after: string | undefined;
    }
  | { kind: 'wait'; ms: number }
  | { kind: 'done'; result: Result };

export interface RequestOptions {
  /** `ip:port` of each, one or more. */
  servers: readonly string[];
  /** What the client has seen: read at every reply, since other requests may be under way, and written. */
  held: Held;
  /** Asks other servers, and again, while one is behind or none answers. */
  retry: boolean;
  /** A time of the clock whose readings the calls are given. */
  deadlineMs: number;
  /** A number from 0 on, below 1. */
  random: () => number;
}

/** Between two rounds of asking all, milliseconds. */
const WAIT_FIRST_MS = 100;
const WAIT_MAX_MS = 2000;

export class RequestCore {
  readonly #request: Request;
  readonly #options: RequestOptions;
  /** Not asked yet in this round. */
  #left: string[] = [];
  #asking = '';
  #waitMs = WAIT_FIRST_MS;
  /** What the last server made of it. */
  #last: Result | undefined;

  constructor(request: Request, options: RequestOptions) {
    this.#request = request;
    this.#options = options;
  }

  /** The first step, and the next one after a wait. */
  begin(nowMs: number): Step {
    this.#left = [...this.#options.servers];
    return this.#ask(undefined, nowMs);
  }

  /** The step after asking. */
  heard(outcome: Outcome, nowMs: number): Step {
    if (outcome.kind === 'reply') return this.#replied(outcome.reply, nowMs);
    const { kind } = this.#request;
    this.#last = { kind: 'failed', code: 'unreachable', reason: `${this.#asking}: ${outcome.reason}` };
    if (kind === 'put' && outcome.kind === 'lost') {
      // The wire has no identity for a request: asked again, it could be done twice.
      return done({ ...this.#last, reason: `${this.#last.reason}; it may have been done or not` });
    }
    return this.#ask(this.#last.reason, nowMs);
  }

  #replied(reply: KeyValueMessage, nowMs: number): Step {
    const result = this.#resultOf(reply);
    this.#last = result;
    if (result.kind === 'put' || result.kind === 'got') {
      const { held } = this.#options;
      held.set(result.key, Math.max(result.timestamp, held.get(result.key) ?? 0));
    }
    if (result.kind === 'stale' && this.#options.retry) return this.#ask(undefined, nowMs);
    // A read that one server cannot answer another one may.
    if (result.kind === 'failed' && this.#request.kind === 'get') return this.#ask(result.reason, nowMs);
    return done(result);
  }

  /** What a reply says to this request; one that does not fit it is a failure too. */
  #resultOf(reply: KeyValueMessage): Result {
    const { key } = this.#request;
    const server = this.#asking;
    const held = this.#options.held.get(key);
    if (reply.method === 'ERROR') return failed(`${server}: ${String(reply.value)}`);
    if (this.#request.kind === 'put') {
      const timestamp = heldOf(reply.timestamp);
      if (reply.method !== 'PUT_OK' || timestamp === undefined) return failed(`${server}: ${doubt(reply)}`);
      return { kind: 'put', key, value: this.#request.value, timestamp, server };
    }
    if (reply.method === 'TRY_OTHER_SERVER_OR_LATER') return { kind: 'stale', key, server };
    if (reply.method === 'NULL') return { kind: held === undefined ? 'not-found' : 'stale', key, server };
    const stamped = reply.method === 'GET_OK' ? stampedOf(reply.value) : undefined;
    if (!stamped) return failed(`${server}: expected the reply to a GET, got ${JSON.stringify(reply.method)}`);
    if (held !== undefined && stamped.timestamp < held) return { kind: 'stale', key, server };
    return { kind: 'got', key, ...stamped, held, server };
  }

  /** One of those left, chosen at random; a pause or the end once there is none. */
  #ask(after: string | undefined, nowMs: number): Step {
    const { deadlineMs, held, random, retry } = this.#options;
    if (nowMs >= deadlineMs) return done(this.#last ?? failed('no server was asked in time', 'unreachable'));
    if (this.#left.length === 0) {
      if (!retry) return done(this.#last!);
      const ms = Math.min(this.#waitMs, deadlineMs - nowMs);
      this.#waitMs = Math.min(2 * this.#waitMs, WAIT_MAX_MS);
      return { kind: 'wait', ms };
    }
    const [server] = this.#left.splice(Math.floor(random() * this.#left.length), 1);
    this.#asking = server!;
    return { kind: 'ask', server: server!, message: messageOf(this.#request, held), after };
  }
}

function messageOf(request: Request, held: Held): KeyValueMessage {
  const { key } = request;
  if (request.kind === 'put') return { method: 'PUT', value: request.value, key, timestamp: null };
  return { method: 'GET', value: held.get(key) ?? null, key, timestamp: null };
}

function done(result: Result): Step {
  return { kind: 'done', result };
}

function failed(reason: string, code: 'refused' | 'unreachable' = 'refused'): Result {
  return { kind: 'failed', code, reason };
}

function doubt({ method }: KeyValueMessage): string {
  return `expected PUT_OK, got ${JSON.stringify(method)}; it may have been done or not`;
}
