/** Connections to replicas, kept from one request to the next: one request at a time on each, so that none waits for another. */

import { hostPortOf, peerOf } from '../shared/host-port';
import { type Connection, type ConnectionEvents, openConnection } from '../shared/tcp/connection';
import { DOCUMENT_FRAMES, type Reply } from '../shared/wire/documents';
import { encodeFrame, FrameDecoder } from '../shared/wire/frame';
import { decodeJson, type Json } from '../shared/wire/json';
import { WireError } from '../shared/wire/wire-error';
import type { Outcome } from './core';

/** Connections at once; more requests than that wait their turn. */
const CONNECTIONS_MAX = 64;

export class KeptConnections {
  /** Idle ones by address, the last used at the end. Bounded by CONNECTIONS_MAX. */
  readonly #idle = new Map<string, ReplicaConnection[]>();
  readonly #all = new Set<ReplicaConnection>();
  /** Requests that wait for a connection: bounded by who asks. */
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  /** Asks one replica, for at most `limitMs`. Never rejects. Once the signal is aborted the outcome comes at once. */
  async ask(address: string, payload: Uint8Array, limitMs: number, signal: AbortSignal): Promise<Outcome> {
    if (this.#busy === CONNECTIONS_MAX) await new Promise<void>((go) => this.#waiting.push(go));
    else this.#busy++;
    try {
      const frame = encodeFrame(payload, DOCUMENT_FRAMES);
      const kept = this.#idle.get(address)?.pop();
      const outcome = kept && (await kept.ask(frame, limitMs, signal));
      // A kept one may have been closed over there just when it was used: that says nothing of the replica.
      if (outcome?.kind === 'reply' || signal.aborted || (outcome && kept.isOpen)) return outcome ?? ABORTED;
      return await this.#open(address).ask(frame, limitMs, signal);
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#busy--;
    }
  }

  close(): void {
    for (const connection of this.#all) connection.destroy();
  }

  #open(address: string): ReplicaConnection {
    const connection: ReplicaConnection = new ReplicaConnection(address, {
      idle: () => {
        const idle = this.#idle.get(address) ?? [];
        this.#idle.set(address, idle);
        idle.push(connection);
      },
      closed: () => {
        this.#all.delete(connection);
        const idle = this.#idle.get(address)?.filter((other) => other !== connection) ?? [];
        if (idle.length > 0) this.#idle.set(address, idle);
        else this.#idle.delete(address);
      },
    });
    this.#all.add(connection);
    return connection;
  }
}

const ABORTED: Outcome = { kind: 'lost', reason: 'it was given up' };

class ReplicaConnection implements ConnectionEvents {
  readonly #connection: Connection;
  readonly #owner: { idle: () => void; closed: () => void };
  readonly #decoder = new FrameDecoder(DOCUMENT_FRAMES);
  /** Ends the request under way. */
  #settle: ((outcome: Outcome) => void) | undefined;
  isOpen = true;

  constructor(address: string, owner: { idle: () => void; closed: () => void }) {
    this.#owner = owner;
    const { host, port } = hostPortOf(peerOf(address, 'a replica'));
    this.#connection = openConnection(host, port, this);
  }

  ask(frame: Uint8Array, limitMs: number, signal: AbortSignal): Promise<Outcome> {
    return new Promise((resolve) => {
      const giveUp = (reason: string): void => {
        this.#settle?.({ kind: 'lost', reason });
        this.destroy();
      };
      const timer = setTimeout(() => giveUp(`no reply within ${limitMs / 1000} s`), limitMs);
      const abort = (): void => giveUp('it was given up');
      this.#settle = (outcome) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        this.#settle = undefined;
        resolve(outcome);
      };
      if (signal.aborted) return abort();
      signal.addEventListener('abort', abort);
      this.#connection.send(frame);
    });
  }

  destroy(): void {
    this.#connection.destroy();
  }

  received(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
    try {
      const payload = this.#decoder.next();
      if (payload === undefined) return;
      const reply = replyIn(decodeJson(payload));
      this.#settle?.({ kind: 'reply', reply });
      if (this.isOpen) this.#owner.idle();
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#settle?.({ kind: 'lost', reason: `that is no store: ${error.message}` });
      this.destroy();
    }
  }

  drained(): void {}

  ended(): void {
    this.destroy();
  }

  closed(code: string | undefined): void {
    this.isOpen = false;
    this.#owner.closed();
    this.#settle?.({ kind: 'lost', reason: code === undefined ? 'it closed the connection' : (WORDS[code] ?? code) });
  }
}

/** What the system's names mean to a person. */
const WORDS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  ETIMEDOUT: 'it cannot be reached',
  EHOSTUNREACH: 'it cannot be reached',
  ENETUNREACH: 'it cannot be reached',
  ENOTFOUND: 'there is no host of that name',
};

function replyIn(value: Json): Reply {
  if (Array.isArray(value) && value.length === 2) {
    const [word, content] = value as [Json, Json];
    if (word === 'ok') return ['ok', content];
    if (word === 'ko' && typeof content === 'string') return ['ko', content];
  }
  throw new WireError('json', 0, 'expected a reply, ["ok", result] or ["ko", reason]');
}
