/**
 * What writers write in one cycle through one dialect, each write once: what was confirmed to them, and what of the cycle is there
 * afterwards.
 */

import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KeyValueClient } from '../../../kv-client/client';
import { OperatorError } from '../../../shared/errors';
import type { StoreClient } from '../../../store-client/client';

/** Between two attempts where nobody takes anything, milliseconds. */
const AGAIN_MS = 50;
/** A server of forms that does not answer for so long may be stopped: another is asked. */
const SILENCE_MS = 5000;

/** The same for every dialect. */
export interface Writing {
  readonly dialect: 'documents' | 'kv' | 'forms';
  /** Identities of what was confirmed. */
  readonly confirmed: Set<string>;
  /** Writes number n of a writer; resolves when its fate is told, or unknown, or it is given up. */
  write(writer: number, number: number, signal: AbortSignal): Promise<void>;
  /** Identities of all that is there of this cycle. @throws AssertionError when something was done twice */
  found(): Promise<string[]>;
}

/** Documents in a collection of the cycle's own, whose identities the store chooses: what is done twice is there twice. */
export class DocumentWriting implements Writing {
  readonly dialect = 'documents';
  readonly confirmed = new Set<string>();
  readonly #client: StoreClient;
  readonly #cycle: string;

  constructor(client: StoreClient, cycle: string) {
    this.#client = client;
    this.#cycle = cycle;
  }

  async write(writer: number, number: number): Promise<void> {
    const id = await unlessUnreachable(this.#client.insert(this.#cycle, { writer, number }));
    if (id !== undefined) this.confirmed.add(id);
  }

  async found(): Promise<string[]> {
    const documents = await this.#client.search(this.#cycle, {});
    const once = new Set(documents.map(({ writer, number }) => `${writer} ${number}`));
    assert.equal(once.size, documents.length, `writes were done twice in ${this.#cycle}`);
    return documents.map(({ _id }) => _id);
  }
}

/** Pairs, each with a key of its own, put at any server. */
export class PairWriting implements Writing {
  readonly dialect = 'kv';
  readonly confirmed = new Set<string>();
  readonly #client: StoreClient;
  readonly #pairs: KeyValueClient;
  readonly #cycle: string;

  constructor(client: StoreClient, pairs: KeyValueClient, cycle: string) {
    this.#client = client;
    this.#pairs = pairs;
    this.#cycle = cycle;
  }

  async write(writer: number, number: number): Promise<void> {
    const key = `${this.#cycle}/${writer}/${number}`;
    const { kind } = await this.#pairs.put(key, 'value');
    if (kind === 'put') this.confirmed.add(key);
    else await sleep(AGAIN_MS);
  }

  async found(): Promise<string[]> {
    if (this.confirmed.size === 0) return [];
    const documents = await this.#client.search('kv', { _id: { '>': `${this.#cycle}/`, '<': `${this.#cycle}0` } });
    return documents.map(({ _id }) => _id);
  }
}

/** Forms, sent to one server after the other under one Idempotency-Key until one has taken them. */
export class FormWriting implements Writing {
  readonly dialect = 'forms';
  readonly confirmed = new Set<string>();
  readonly #client: StoreClient;
  readonly #servers: () => readonly string[];
  readonly #cycle: string;

  /** @param servers `host:port` of each, as they are now */
  constructor(client: StoreClient, servers: () => readonly string[], cycle: string) {
    this.#client = client;
    this.#servers = servers;
    this.#cycle = cycle;
  }

  async write(writer: number, number: number, signal: AbortSignal): Promise<void> {
    const id = `${this.#cycle}/${writer}/${number}`;
    const body = JSON.stringify({ id, genero: this.#cycle });
    const headers = { 'content-type': 'application/json', 'idempotency-key': id };
    for (let attempt = writer; !signal.aborted; attempt++) {
      const servers = this.#servers();
      const status = await statusOf(
        `http://${servers[attempt % servers.length]}/API/IngresarFormulario`,
        headers,
        body,
      );
      if (status === 201) return void this.confirmed.add(id);
      assert(status === undefined || status === 503, `expected 201 or 503 for the form ${id}, got ${status}`);
      await sleep(AGAIN_MS);
    }
  }

  async found(): Promise<string[]> {
    if (this.confirmed.size === 0) return [];
    const forms = await this.#client.search('formularios', { genero: this.#cycle });
    return forms.map(({ _id }) => _id);
  }
}

async function unlessUnreachable<Result>(request: Promise<Result>): Promise<Result | undefined> {
  try {
    return await request;
  } catch (error) {
    // Not confirmed: it may be there or not.
    if (error instanceof OperatorError && error.code === 'unreachable') return undefined;
    throw error;
  }
}

/** Undefined when there was no answer. */
async function statusOf(url: string, headers: Record<string, string>, body: string): Promise<number | undefined> {
  try {
    const reply = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(SILENCE_MS) });
    await reply.arrayBuffer();
    return reply.status;
  } catch {
    return undefined;
  }
}
