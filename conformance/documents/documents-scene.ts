/** The scene of a document store's cases: one replica that leads, clients of ours, and further replicas where a case starts them. */

import { setTimeout as sleep } from 'node:timers/promises';
import { formatEndpoint } from '../../shared/endpoint';
import { escapeText } from '../../shared/escape';
import type { Case, CaseName } from '../case';
import type { Party } from '../exchange';
import type { Ground } from '../ground';
import { onLoopback } from '../overlay/messages';
import type { Subject } from '../program/subject';
import { Stream } from '../stream';
import { Unmet } from '../unmet';

/** `["ok", result]` or `["ko", reason]`, or whatever else came. */
export type Reply = readonly [verdict: unknown, ...rest: unknown[]];

/** A case of a store as it is written. */
export interface DocumentsCase extends CaseName {
  scene(scene: DocumentsScene): Promise<void>;
}

/** A replica that runs. */
export interface Replica extends Party {
  subject: Subject;
}

export class DocumentsScene {
  readonly ground: Ground;
  readonly leader: Replica;

  constructor(ground: Ground, leader: Replica) {
    this.ground = ground;
    this.leader = leader;
  }

  connects(to: Party = this.leader, name = 'client'): Promise<Stream> {
    return Stream.open(name, this.ground, to);
  }

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
    if (reply[0] !== 'ok') throw new Unmet(`ok for ${wordsOf(request)}`, wordsOf(reply));
    return reply[1];
  }

  /** @throws Unmet when a request is not refused with a reason */
  async isRefused(request: unknown, to: Party = this.leader): Promise<void> {
    const reply = await this.asks(request, to);
    if (reply[0] !== 'ko' || typeof reply[1] !== 'string' || reply[1] === '')
      throw new Unmet(`ko and a reason for ${wordsOf(request)}`, wordsOf(reply));
  }

  /** A collection `users`, as in the specification's example. */
  async users(): Promise<void> {
    await this.does(['create', 'users', { '*email': 'str', name: 'str', '*age': 'int' }]);
  }

  /** Does the first replica take writes by now? One that serves may still be about to find out that it leads. */
  async leads(): Promise<boolean> {
    const reply = await this.asks(['create', 'first', { a: 'str' }]);
    if (reply[0] === 'ok') await this.asks(['destroy', 'first']);
    return reply[0] === 'ok' || !/leader/.test(String(reply[1]));
  }

  /** Starts another replica, which follows. */
  follower(): Promise<Replica> {
    return startReplica(this.ground, 'follower', this.leader);
  }

  /** Asks until what comes back is as wanted, as long as a program may take to start. @throws Unmet */
  async eventually(words: string, isSo: () => Promise<boolean>): Promise<void> {
    let last = 'nothing';
    for (const endMs = performance.now() + this.ground.terms.startMs; performance.now() < endMs; await sleep(100)) {
      try {
        if (await isSo()) return;
      } catch (error) {
        if (!(error instanceof Unmet)) throw error;
        last = error.came;
      }
    }
    throw new Unmet(words, last);
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

/** A value as JSON, safe to show, and not all of a long one. */
export function wordsOf(value: unknown): string {
  return escapeText((JSON.stringify(value) ?? 'nothing').slice(0, 300));
}

/** Starts the store as a case wants it, and plays the scene. */
export function documentsCase({ scene, ...name }: DocumentsCase): Case {
  return {
    ...name,
    async play(ground) {
      const played = new DocumentsScene(ground, await startReplica(ground, 'program', undefined));
      await played.eventually('a write to be taken', () => played.leads());
      await scene(played);
    },
  };
}

async function startReplica(ground: Ground, name: string, leader: Party | undefined): Promise<Replica> {
  const port = await ground.takePort();
  const endpoint = onLoopback(port);
  const subject = await ground.startServing('tcp', port, {
    path: ground.folder(),
    address: formatEndpoint(endpoint),
    port: String(port),
    leader: leader === undefined ? [] : [formatEndpoint(leader.endpoint)],
  });
  return { name, endpoint, subject };
}
