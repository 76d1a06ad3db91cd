/** The scene of a document store's cases: its requests and replies. */

import { formatEndpoint } from '../../shared/endpoint';
import type { Case } from '../case';
import type { Party } from '../exchange';
import { shown } from '../overlay/messages';
import { type Replica, type StoreCase, StoreScene, storeCase, type Told } from '../store-scene';
import { jsonWords, same, Unmet } from '../unmet';

/** `["ok", result]` or `["ko", reason]`, or whatever else came. */
export type Reply = readonly [verdict: unknown, ...rest: unknown[]];

export type Document = Record<string, unknown>;

/** A case of a store as it is written. */
export type DocumentsCase = StoreCase<DocumentsScene>;

export const ANA = { email: 'a', name: 'Ana', age: 18 };
export const RUI = { email: 'b', name: 'Rui', age: 19 };

export class DocumentsScene extends StoreScene {
  /** One request on a connection of its own, and its reply. */
  async asks(request: unknown, to: Party = this.leader): Promise<Reply> {
    const client = await this.connects(to);
    client.says(frame(request));
    const reply = await client.hears(REPLY, takeReply, this.ground.terms.startMs);
    client.endsSaying();
    return reply;
  }

  /** The result of a request. @throws Unmet when it is refused */
  async does(request: unknown, to: Party = this.leader): Promise<unknown> {
    const reply = await this.asks(request, to);
    if (reply[0] !== 'ok') throw new Unmet(`ok for ${jsonWords(request)}`, jsonWords(reply));
    return reply[1];
  }

  /** @throws Unmet when a request is not refused with a reason */
  async isRefused(request: unknown, to: Party = this.leader): Promise<void> {
    const reply = await this.asks(request, to);
    if (reply[0] !== 'ko' || typeof reply[1] !== 'string' || reply[1] === '')
      throw new Unmet(`ko and a reason for ${jsonWords(request)}`, jsonWords(reply));
  }

  /** A collection `users`, as in the specification's example. */
  async users(): Promise<void> {
    await this.does(['create', 'users', { '*email': 'str', name: 'str', '*age': 'int' }]);
  }

  /** The same with two documents in it. */
  async withTwo(): Promise<void> {
    await this.users();
    for (const document of [ANA, RUI]) await this.does(['insert', 'users', document]);
  }

  /** The names of the users found, in alphabetical order. @throws Unmet */
  async names(query: unknown, at: Party = this.leader): Promise<string> {
    const found = await this.does(['search', 'users', query], at);
    if (!Array.isArray(found)) throw new Unmet('a list of documents', jsonWords(found));
    return found.map((document: Document) => String(document['name'])).sort().join(); // biome-ignore format: one sentence
  }

  /** Waits until a replica has users of just these names. @throws Unmet */
  async finds(names: string, at: Party): Promise<void> {
    await this.eventually(async () => same('found', await this.names({}, at), names));
  }

  /** The leader takes writes. */
  async knowsItsRole({ isLeader }: Replica): Promise<void> {
    if (isLeader) await this.eventually(() => this.#leads());
  }

  async #leads(): Promise<void> {
    const reply = await this.asks(['create', 'first', { a: 'str' }]);
    if (reply[0] === 'ok') await this.asks(['destroy', 'first']);
    else if (/leader/.test(String(reply[1]))) throw new Unmet('a write to be taken', jsonWords(reply));
  }

  async inSync(): Promise<number | undefined> {
    const [, status] = await this.asks(['status']);
    const { inSync } = (status ?? {}) as Document;
    return Array.isArray(inSync) ? inSync.length : undefined;
  }
}

/** Two bytes of length, then JSON. */
export function frame(request: unknown): Uint8Array {
  return framed(Buffer.from(JSON.stringify(request)));
}

/** Two bytes of length, then whatever bytes. */
export function framed(bytes: Uint8Array): Uint8Array {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(bytes.length);
  return Buffer.concat([head, bytes]);
}

/** What was said in words: whole frames by their JSON, anything else by its bytes. */
export function frameWords(said: Uint8Array): string {
  const bytes = Buffer.from(said);
  const words: string[] = [];
  let at = 0;
  for (; at + 2 < bytes.length && at + 2 + bytes.readUInt16BE(at) <= bytes.length; at += 2 + bytes.readUInt16BE(at))
    words.push(shown(bytes.subarray(at + 2, at + 2 + bytes.readUInt16BE(at))));
  if (at < bytes.length) words.push(shown(bytes.subarray(at)));
  return words.join(' then ');
}

/** What is awaited, in words. */
export const REPLY = 'a reply of two bytes of length and a JSON list';

/** Takes one reply from what came, where it is whole. */
export function takeReply(came: Buffer): { message: Reply; length: number } | undefined {
  if (came.length < 2 || came.length < 2 + came.readUInt16BE(0)) return undefined;
  const length = 2 + came.readUInt16BE(0);
  try {
    const message: unknown = JSON.parse(came.subarray(2, length).toString());
    return Array.isArray(message) ? { message: message as unknown as Reply, length } : undefined;
  } catch {
    return undefined;
  }
}

/** Starts the replica that leads, and plays the scene. */
export function documentsCase(written: DocumentsCase): Case {
  return storeCase(DocumentsScene, told, written);
}

const told: Told = ({ endpoint }, leader) => ({
  address: formatEndpoint(endpoint),
  leader: leader === undefined ? [] : [formatEndpoint(leader.endpoint)],
});
