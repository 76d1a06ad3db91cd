/** The scene of a client's cases: the client under test, its contact servent, and others that answer; all but it are sockets of ours. */

import { setTimeout as sleep } from 'node:timers/promises';
import { formatEndpoint, formatIp, ipOf, portOf } from '../../shared/endpoint';
import { escapeText } from '../../shared/escape';
import type { Case, CaseName } from '../case';
import type { Ground } from '../ground';
import { readAll } from '../network/read-all';
import type { Subject } from '../program/subject';
import type { Values } from '../program/words';
import { Unmet } from '../unmet';
import { aClireq, response, type Text } from './messages';
import { type Heard, Peer } from './peer';

/** A case of a client as it is written. */
export interface ClientCase extends CaseName {
  scene(scene: ClientScene): Promise<void>;
}

export class ClientScene {
  readonly ground: Ground;
  readonly subject: Subject;
  /** The servent that the client was told to ask. */
  readonly contact: Peer;
  /** Another servent of its overlay. */
  readonly far: Peer;

  constructor(ground: Ground, subject: Subject, contact: Peer, far: Peer) {
    this.ground = ground;
    this.subject = subject;
    this.contact = contact;
    this.far = far;
  }

  /** Types a key, and awaits the question. */
  async asks(key: string, typed = key): Promise<{ heard: Heard }> {
    this.types(`${typed}\n`);
    const question = await this.contact.hears(aClireq(key), this.ground.terms.startMs);
    const client = { name: 'program', endpoint: question.heard.from };
    this.contact.meets(client);
    this.far.meets(client);
    return question;
  }

  types(text: string): void {
    this.subject.types(text);
  }

  /** The contact servent answers. */
  answers(key: Text | undefined, value: Text, tail: Text = ''): void {
    this.contact.says(response(key, value, tail));
  }

  /** Awaits a text in what it prints. @throws Unmet */
  async shows(text: string, withinMs = this.ground.terms.patienceMs): Promise<void> {
    if (await this.subject.within(withinMs, () => this.subject.output().includes(text))) return;
    throw new Unmet(`${escapeText(text)} to be shown within ${withinMs / 1000} s`, this.printed());
  }

  /** Holds what it printed to showing a text so often. @throws Unmet */
  hasShown(text: string, times: number): void {
    const came = this.subject.output().split(text).length - 1;
    if (came !== times) throw new Unmet(`${escapeText(text)} shown ${times} times`, `${came} times: ${this.printed()}`);
  }

  /** Waits until so much time has gone by since a datagram was heard. */
  async after(ms: number, { heard }: { heard: Heard }): Promise<void> {
    await sleep(Math.max(0, heard.atMs + ms - this.ground.exchange.nowMs()));
    await readAll();
  }

  /** Of a question, how often it was sent. */
  timesAsked(key: string): number {
    return this.contact.all(aClireq(key)).length;
  }

  /** What it printed, on one line. */
  printed(): string {
    return escapeText(this.subject.output().slice(-400)) || 'nothing printed';
  }
}

/** Starts the client as a case wants it, and plays the scene. */
export function clientCase({ scene, ...name }: ClientCase): Case {
  return {
    ...name,
    async play(ground) {
      const contact = await Peer.open('contact', ground);
      const far = await Peer.open('far servent', ground);
      const { endpoint } = contact;
      const values = {
        contact: formatEndpoint(endpoint),
        ip: formatIp(ipOf(endpoint)),
        port: String(portOf(endpoint)),
      };
      await scene(new ClientScene(ground, await startInTurn(ground, values), contact, far));
    },
  };
}

/** Between two starts, milliseconds: many at once would keep each other, and us, from noticing what time it is. */
const BETWEEN_STARTS_MS = 60;

let lastStart: Promise<void> = Promise.resolve();

async function startInTurn(ground: Ground, values: Values): Promise<Subject> {
  const mine = lastStart;
  let done = (): void => {};
  lastStart = new Promise((resolve) => (done = resolve));
  await mine;
  try {
    return ground.start(values);
  } finally {
    setTimeout(done, BETWEEN_STARTS_MS);
  }
}
