/** The scene of a key-value store's cases: a server that leads, one that follows where a case starts it, and clients of ours. */

import { setTimeout as sleep } from 'node:timers/promises';
import { formatEndpoint } from '../../shared/endpoint';
import { escapeText } from '../../shared/escape';
import type { Case, CaseName } from '../case';
import type { Party } from '../exchange';
import type { Ground } from '../ground';
import { onLoopback } from '../overlay/messages';
import { Stream } from '../stream';
import { Unmet } from '../unmet';

/** A message of the key-value dialect (its specification, section 2). */
export interface KeyValueMessage {
  method: unknown;
  value: unknown;
  key: unknown;
  timestamp: unknown;
}

/** A case of a key-value store as it is written. */
export interface KeyValueCase extends CaseName {
  scene(scene: KeyValueScene): Promise<void>;
}

/** A server that runs. */
export interface Server extends Party {
  /** Where servers speak to each other, for those that have a port of their own for it. */
  own: string;
}

export class KeyValueScene {
  readonly ground: Ground;
  readonly leader: Server;

  constructor(ground: Ground, leader: Server) {
    this.ground = ground;
    this.leader = leader;
  }

  connects(to: Party = this.leader, name = 'client'): Promise<Stream> {
    return Stream.open(name, this.ground, to);
  }

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
      throw new Unmet('PUT_OK with a timestamp', wordsOf({ method, timestamp }));
    return timestamp;
  }

  follower(): Promise<Server> {
    return startServer(this.ground, 'follower', this.leader);
  }
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

/** A value as JSON, safe to show, and not all of a long one. */
export function wordsOf(value: unknown): string {
  return escapeText((JSON.stringify(value) ?? 'nothing').slice(0, 300));
}

/** Starts the server as a case wants it, and plays the scene. */
export function keyValueCase({ scene, ...name }: KeyValueCase): Case {
  return {
    ...name,
    play: async (ground) => scene(new KeyValueScene(ground, await startServer(ground, 'program', undefined))),
  };
}

async function startServer(ground: Ground, name: string, leader: Server | undefined): Promise<Server> {
  const port = await ground.takePort();
  const endpoint = onLoopback(port);
  const own = formatEndpoint(onLoopback(await ground.takeFreePort()));
  const leading = formatEndpoint(leader?.endpoint ?? endpoint);
  await ground.startServing('tcp', port, {
    address: formatEndpoint(endpoint),
    port: String(port),
    leader: leading,
    leaderport: leading.split(':')[1]!,
    path: ground.folder(),
    own,
    join: leader === undefined ? [] : [leader.own],
  });
  const server = { name, endpoint, own };
  await untilRoleKnown(ground, server, leader === undefined);
  return server;
}

/** One that serves may still be about to find out whether it leads. What it says for good, the cases judge. */
async function untilRoleKnown(ground: Ground, server: Server, leads: boolean): Promise<void> {
  for (const endMs = performance.now() + ground.terms.startMs; performance.now() < endMs; ) {
    const client = await Stream.open('client', ground, server);
    client.says(bytesOf({ method: 'isLider' }));
    const answer = await client.hears(ANSWER, takeAnswer).catch(() => undefined);
    if (answer === undefined || answer.value === leads) return;
    await sleep(100);
  }
}
