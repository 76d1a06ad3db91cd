/** The scene of a key-value store's cases: its messages. */

import { setTimeout as sleep } from 'node:timers/promises';
import { formatEndpoint, portOf } from '../../shared/endpoint';
import type { Case } from '../case';
import type { Party } from '../exchange';
import { type Replica, type StoreCase, StoreScene, storeCase, type Told } from '../store-scene';
import { jsonWords, Unmet } from '../unmet';

/** A message of the key-value dialect (its specification, section 2). */
export interface KeyValueMessage {
  method: unknown;
  value: unknown;
  key: unknown;
  timestamp: unknown;
}

/** A case of a key-value store as it is written. */
export type KeyValueCase = StoreCase<KeyValueScene>;

export class KeyValueScene extends StoreScene {
  /** One request on a connection of its own, and its answer. */
  async asks(given: Partial<KeyValueMessage>, to: Party = this.leader): Promise<KeyValueMessage> {
    const client = await this.connects(to);
    client.says(bytesOf(given));
    return client.hears(ANSWER, takeAnswer);
  }

  /** PUT, and the timestamp of its PUT_OK. @throws Unmet */
  async puts(key: string, value: string, to: Party = this.leader): Promise<number> {
    const { method, timestamp } = await this.asks({ method: 'PUT', key, value }, to);
    if (method !== 'PUT_OK' || typeof timestamp !== 'number')
      throw new Unmet('PUT_OK with a timestamp', jsonWords({ method, timestamp }));
    return timestamp;
  }

  /** What it says for good, the cases judge. */
  async knowsItsRole(server: Replica): Promise<void> {
    const { startMs } = this.ground.terms;
    for (const endMs = performance.now() + startMs; performance.now() < endMs; await sleep(100)) {
      const client = await this.connects(server);
      client.says(bytesOf({ method: 'isLider' }));
      const answer = await client.hears(ANSWER, takeAnswer).catch(() => undefined);
      if (answer === undefined || answer.value === server.isLeader) return;
    }
  }

  /** No message of the dialect says. */
  async inSync(): Promise<undefined> {}
}

/** What is awaited, in words. */
export const ANSWER = 'one JSON object';

/** A request with all four fields, null where nothing is given. */
export function bytesOf(given: Partial<KeyValueMessage>): Uint8Array {
  return Buffer.from(JSON.stringify({ method: null, value: null, key: null, timestamp: null, ...given }));
}

/** Takes the answer from what came, once its object ends. */
export function takeAnswer(came: Buffer): { message: KeyValueMessage; length: number } | undefined {
  try {
    const message: unknown = JSON.parse(came.toString());
    if (typeof message !== 'object' || message === null || Array.isArray(message)) return undefined;
    return { message: message as KeyValueMessage, length: came.length };
  } catch {
    return undefined;
  }
}

/** Starts the replica that leads, and plays the scene. */
export function keyValueCase(written: KeyValueCase): Case {
  return storeCase(KeyValueScene, told, written);
}

const told: Told = ({ endpoint, own }, leader) => {
  const leading = leader?.endpoint ?? endpoint;
  return {
    address: formatEndpoint(endpoint),
    leader: formatEndpoint(leading),
    leaderport: String(portOf(leading)),
    own,
    join: leader === undefined ? [] : [leader.own],
  };
};
