/** The key-value client as a library: puts and gets through whichever server, and never gives a value older than one it has given. */

import { setTimeout as sleep } from 'node:timers/promises';
import { usageError } from '../shared/errors';
import { peerOf } from '../shared/host-port';
import { exchange } from '../shared/tcp/key-value-exchange';
import { encodeMessage, MESSAGE_BYTES_MAX } from '../shared/wire/key-value';
import { type Held, type Request, RequestCore, type Result } from './core';

export interface ClientSettings {
  /** Asks other servers, and again, while one is behind or none answers. Default false. */
  retry?: boolean;
  /** How long one request may take, milliseconds. Default 60,000. */
  timeoutMs?: number;
  /** Told when a server does not do and another one is tried, in one sentence. */
  onOther?: (sentence: string) => void;
}

/** What a request can be given. */
export interface RequestOptions {
  /** Gives the request up early: it ends as one that failed. A PUT may or may not have been done. */
  signal?: AbortSignal | undefined;
}

/** A server that is asked for a value and says nothing for so long: another one is tried. */
const SILENCE_MS = 5000;
/** A day: longer than anybody waits. */
const TIMEOUT_MAX_MS = 86_400_000;

/** A client of one group of servers. Requests may be under way at the same time; how each ended is its result, none rejects. */
export class KeyValueClient {
  readonly #held: Held = new Map();
  #servers: readonly string[];
  readonly #settings: Required<ClientSettings>;

  /**
   * @param servers `ip:port` of each, one or more
   * @throws OperatorError `usage`
   */
  constructor(servers: readonly string[], settings: ClientSettings = {}) {
    const { retry = false, timeoutMs = 60_000, onOther = () => {} } = settings;
    // A timer that is asked for longer than it can count fires at once.
    if (!(timeoutMs > 0 && timeoutMs <= TIMEOUT_MAX_MS)) {
      throw usageError(`expected a timeoutMs above 0 and at most ${TIMEOUT_MAX_MS}, got ${timeoutMs}`);
    }
    this.#servers = checked(servers);
    this.#settings = { retry, timeoutMs, onOther };
  }

  /** Asks these servers from now on; what it has seen it still knows. @throws OperatorError `usage` */
  use(servers: readonly string[]): void {
    this.#servers = checked(servers);
  }

  /** Stores a value under a key. @throws OperatorError `usage` when the two fit no message */
  put(key: string, value: string, options?: RequestOptions): Promise<Result> {
    return this.#run({ kind: 'put', key, value }, options);
  }

  /** Asks for a key's value. @throws OperatorError `usage` when the key fits no message */
  get(key: string, options?: RequestOptions): Promise<Result> {
    return this.#run({ kind: 'get', key }, options);
  }

  async #run(request: Request, { signal }: RequestOptions = {}): Promise<Result> {
    const { retry, timeoutMs, onOther } = this.#settings;
    const deadlineMs = performance.now() + timeoutMs;
    const options = { servers: this.#servers, held: this.#held, retry, deadlineMs, random: Math.random };
    const core = new RequestCore(request, options);
    let step = core.begin(performance.now());
    for (;;) {
      if (step.kind === 'done') return step.result;
      if (signal?.aborted) return { kind: 'failed', code: 'unreachable', reason: 'given up' };
      if (step.kind === 'wait') {
        await sleep(step.ms, undefined, { signal }).catch(() => {});
        step = core.begin(performance.now());
        continue;
      }
      if (step.after !== undefined) onOther(`${step.after}; trying ${step.server}`);
      const bytes = encodeMessage(step.message).length;
      if (bytes > MESSAGE_BYTES_MAX) {
        throw usageError(`expected a message of at most ${MESSAGE_BYTES_MAX} bytes, got one of ${bytes}`);
      }
      const leftMs = Math.max(1, deadlineMs - performance.now());
      const limitMs = request.kind === 'get' ? Math.min(SILENCE_MS, leftMs) : leftMs;
      step = core.heard(await exchange(step.server, step.message, limitMs, signal), performance.now());
    }
  }
}

function checked(servers: readonly string[]): readonly string[] {
  if (servers.length === 0) throw usageError('expected ip:port of a server, got none');
  for (const server of servers) peerOf(server, 'a server');
  return [...new Set(servers)];
}
