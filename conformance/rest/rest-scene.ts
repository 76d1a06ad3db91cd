/** The scene of the forms dialect's cases: forms posted, and read over every route. */

import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { formatEndpoint } from '../../shared/endpoint';
import type { Case } from '../case';
import type { Party } from '../exchange';
import { type StoreCase, StoreScene, storeCase, type Told } from '../store-scene';
import { jsonWords, same, Unmet } from '../unmet';
import { type HttpReply, type HttpRequest, requestOf, takeHttpReply } from './http';

export type Form = Readonly<Record<string, unknown>>;

export const ANA = { id: '1234567890', nombres: 'Ana', apellidos: 'Pérez', genero: 'Femenino' };
export const RUI = { id: '2', nombres: 'Rui', apellidos: 'Costa', genero: 'Masculino' };
export const EVA = { id: '3', nombres: 'Eva', apellidos: 'Núñez', genero: 'Femenino' };

export const ALL = 'ObtenerTodosLosFormularios/*';

/** A reply with its body as what its JSON says. */
export interface Reply {
  status: number;
  headers: HttpReply['headers'];
  body: unknown;
}

/** A case of the forms dialect as it is written. */
export type RestCase = StoreCase<RestScene>;

export class RestScene extends StoreScene {
  /** One request on a connection of its own. A 503 asks for patience, and is asked again as long as a program may take to start. */
  async asks(request: HttpRequest, to: Party = this.leader): Promise<Reply> {
    for (const endMs = performance.now() + this.ground.terms.startMs; ; await sleep(100)) {
      const reply = await this.asksOnce(request, to);
      if (reply.status !== 503 || performance.now() > endMs) return reply;
    }
  }

  async asksOnce(request: HttpRequest, to: Party = this.leader): Promise<Reply> {
    const client = await this.connects(to);
    client.says(requestOf(request, formatEndpoint(to.endpoint)));
    const reply = replyOf(await client.hears(HTTP_REPLY, takeHttpReply, this.ground.terms.startMs));
    client.endsSaying();
    return reply;
  }

  gets(path: string, to: Party = this.leader): Promise<Reply> {
    return this.asks({ method: 'GET', path: `/API/${path}` }, to);
  }

  /** GET of something beside the forms, with status 200. @throws Unmet */
  async getsBeside(path: string): Promise<Reply> {
    const reply = await this.asks({ method: 'GET', path });
    if (reply.status !== 200) throw new Unmet('the status 200', shownOf(reply));
    return reply;
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

  /** Posts a form until it is there: one that seemed to be refused, or whose reply was lost, may have been taken. @throws Unmet */
  async hasTaken(form: Form, to: Party): Promise<void> {
    await this.eventually(async () => {
      const reply = await this.posts(JSON.stringify(form), to);
      if (reply.status > 299 && reply.status !== 409) throw new Unmet('a status of 2xx, or 409', shownOf(reply));
    });
  }

  /** @throws Unmet when a GET is not answered by this body, members of objects in any order */
  async gives(path: string, body: unknown, to: Party = this.leader): Promise<Reply> {
    const reply = await this.gets(path, to);
    if (!isDeepStrictEqual(reply.body, body)) throw new Unmet(`the body ${jsonWords(body)}`, shownOf(reply));
    return reply;
  }

  /** @throws Unmet when a GET does not list exactly these forms, in whatever order */
  async lists(path: string, forms: readonly Form[], to: Party = this.leader): Promise<Reply> {
    const reply = await this.gets(path, to);
    const listed = hasIdsOf(reply, forms);
    for (const form of forms) {
      if (!listed.some((one) => isDeepStrictEqual(one, form))) throw new Unmet(jsonWords(form), shownOf(reply));
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
    await this.lists(ALL, []);
  }

  /** A 503 asks for patience. */
  async knowsItsRole(): Promise<void> {}

  async inSync(): Promise<number | undefined> {
    const { body } = await this.asks({ method: 'GET', path: '/status' });
    const { inSync } = (body ?? {}) as Form;
    return Array.isArray(inSync) ? inSync.length : undefined;
  }
}

/** What is awaited, in words. */
export const HTTP_REPLY = 'a reply of HTTP/1.1';

/** Gives what a reply lists. @throws Unmet when that has not the ids of these forms, in whatever order */
export function hasIdsOf(reply: Reply, forms: readonly Form[]): readonly unknown[] {
  const { body } = reply;
  if (!Array.isArray(body)) throw new Unmet('a list of forms', shownOf(reply));
  const idsOf = (list: readonly unknown[]): string => list.map((form) => String((form as Form | null)?.['id'])).sort().join(); // biome-ignore format: one sentence
  same('the ids', idsOf(body), idsOf(forms));
  return body;
}

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
  return `${status} ${jsonWords(body)}`;
}

/** Starts the replica that leads, and plays the scene. */
export function restCase(written: RestCase): Case {
  return storeCase(RestScene, told, written);
}

const told: Told = ({ endpoint, own }, leader) => ({
  http: formatEndpoint(endpoint),
  address: own,
  leader: leader === undefined ? [] : [leader.own],
  leaderhttp: leader === undefined ? [] : [formatEndpoint(leader.endpoint)],
});
