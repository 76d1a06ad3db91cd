/** The scene of the forms dialect's cases: a replica that leads, others where a case starts them, and clients of ours. */

import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { formatEndpoint } from '../../shared/endpoint';
import { escapeText } from '../../shared/escape';
import type { Case, CaseName } from '../case';
import type { Party } from '../exchange';
import type { Ground } from '../ground';
import { onLoopback } from '../overlay/messages';
import type { Subject } from '../program/subject';
import { Stream } from '../stream';
import { same, Unmet } from '../unmet';
import { type HttpReply, type HttpRequest, requestOf, takeHttpReply } from './http';

export type Form = Readonly<Record<string, unknown>>;

/** A reply with its body as what its JSON says. */
export interface Reply {
  status: number;
  headers: HttpReply['headers'];
  body: unknown;
}

/** A case of the forms dialect as it is written. */
export interface RestCase extends CaseName {
  scene(scene: RestScene): Promise<void>;
}

/** A replica that runs: where it serves HTTP, and the address by which it joins others. */
export interface Replica extends Party {
  address: string;
  subject: Subject;
}

export class RestScene {
  readonly ground: Ground;
  readonly leader: Replica;

  constructor(ground: Ground, leader: Replica) {
    this.ground = ground;
    this.leader = leader;
  }

  connects(to: Party = this.leader, name = 'client'): Promise<Stream> {
    return Stream.open(name, this.ground, to);
  }

  /** One request on a connection of its own. A 503 asks for patience, and is asked again as long as a program may take to start. */
  async asks(request: HttpRequest, to: Party = this.leader): Promise<Reply> {
    for (const endMs = performance.now() + this.ground.terms.startMs; ; await sleep(100)) {
      const client = await this.connects(to);
      client.says(requestOf(request, formatEndpoint(to.endpoint)));
      const reply = replyOf(await client.hears(HTTP_REPLY, takeHttpReply, this.ground.terms.startMs));
      client.endsSaying();
      if (reply.status !== 503 || performance.now() > endMs) return reply;
    }
  }

  gets(path: string, to: Party = this.leader): Promise<Reply> {
    return this.asks({ method: 'GET', path: `/API/${path}` }, to);
  }

  posts(body: string, to: Party = this.leader, headers: HttpRequest['headers'] = {}): Promise<Reply> {
    return this.asks({ method: 'POST', path: '/API/IngresarFormulario', body, headers }, to);
  }

  /** Inserts forms. @throws Unmet when one is refused */
  async inserts(...forms: readonly Form[]): Promise<void> {
    for (const form of forms) {
      const reply = await this.posts(JSON.stringify(form));
      if (reply.status < 200 || reply.status > 299) throw new Unmet('a status of 2xx', shownOf(reply));
    }
  }

  /** @throws Unmet when a GET is not answered by this body, members of objects in any order */
  async gives(path: string, body: unknown, to: Party = this.leader): Promise<Reply> {
    const reply = await this.gets(path, to);
    if (!isDeepStrictEqual(reply.body, body)) throw new Unmet(`the body ${wordsOf(body)}`, shownOf(reply));
    return reply;
  }

  /** @throws Unmet when a GET does not list exactly these forms, in whatever order */
  async lists(path: string, forms: readonly Form[], to: Party = this.leader): Promise<Reply> {
    const reply = await this.gets(path, to);
    if (!Array.isArray(reply.body)) throw new Unmet('a list of forms', shownOf(reply));
    const words = (list: readonly unknown[]): string => list.map((form) => String((form as Form | null)?.['id'])).sort().join(); // biome-ignore format: one sentence
    same('the ids', words(reply.body), words(forms));
    for (const form of forms) {
      if (!reply.body.some((one) => isDeepStrictEqual(one, form))) throw new Unmet(wordsOf(form), shownOf(reply));
    }
    return reply;
  }

  /** @throws Unmet when a bad request is not refused by 4xx with a sentence, or is no longer served behind it */
  async refuses(request: HttpRequest): Promise<void> {
    const reply = await this.asks(request);
    const { status, message } = (reply.body ?? {}) as Form;
    const isRefused = reply.status >= 400 && reply.status <= 499;
    if (!isRefused || status !== 'error' || typeof message !== 'string' || message === '')
      throw new Unmet('4xx and {"status":"error","message":"..."}', shownOf(reply));
    await this.lists('ObtenerTodosLosFormularios/*', []);
  }

  follower(): Promise<Replica> {
    return startReplica(this.ground, 'follower', this.leader);
  }

  /** Tries until it no longer throws, as long as a program may take to start. @throws Unmet the last one */
  async eventually(attempt: () => Promise<unknown>): Promise<void> {
    for (const endMs = performance.now() + this.ground.terms.startMs; ; await sleep(100)) {
      try {
        return void (await attempt());
      } catch (error) {
        if (!(error instanceof Unmet) || performance.now() > endMs) throw error;
      }
    }
  }
}

/** What is awaited, in words. */
export const HTTP_REPLY = 'a reply of HTTP/1.1';

function replyOf({ status, headers, body }: HttpReply): Reply {
  const text = body.toString();
  try {
    return { status, headers, body: JSON.parse(text) };
  } catch {
    return { status, headers, body: text };
  }
}

/** A reply in words, safe to show. */
export function shownOf({ status, body }: Reply): string {
  return `${status} ${wordsOf(body)}`;
}

function wordsOf(value: unknown): string {
  return escapeText((JSON.stringify(value) ?? 'nothing').slice(0, 300));
}

/** Starts the replica that leads, and plays the scene. */
export function restCase({ scene, ...name }: RestCase): Case {
  return {
    ...name,
    play: async (ground) => scene(new RestScene(ground, await startReplica(ground, 'program', undefined))),
  };
}

async function startReplica(ground: Ground, name: string, leader: Replica | undefined): Promise<Replica> {
  const port = await ground.takePort();
  const endpoint = onLoopback(port);
  const address = formatEndpoint(onLoopback(await ground.takeFreePort()));
  const subject = await ground.startServing('tcp', port, {
    path: ground.folder(),
    http: formatEndpoint(endpoint),
    port: String(port),
    address,
    leader: leader === undefined ? [] : [leader.address],
    leaderhttp: leader === undefined ? [] : [formatEndpoint(leader.endpoint)],
  });
  return { name, endpoint, address, subject };
}
