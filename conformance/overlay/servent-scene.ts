/** The scene of a servent's cases: the servent under test in the middle, a client, and neighbours that are sockets of ours. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Endpoint, formatEndpoint } from '../../shared/endpoint';
import type { Case, CaseName } from '../case';
import type { Ground } from '../ground';
import { readAll } from '../network/read-all';
import type { Subject } from '../program/subject';
import { NotPlayable, Unmet } from '../unmet';
import { aResponse, bytesOf, clireq, onLoopback, type Text } from './messages';
import { Peer } from './peer';

/** A case of a servent as it is written: what it holds, how many neighbours it is given, and what happens. */
export interface ServentCase extends CaseName {
  /** Its key-value file, beside the pair that tells that it has done with all it heard. Default: one pair, `ssh`. */
  holds?: Text;
  /** Default 1. */
  neighbours?: number;
  /** The last of them is at another address of the machine than loopback. Default false. */
  lastIsFar?: boolean;
  scene(scene: ServentScene): Promise<void>;
}

/** What a servent holds where a case does not say. */
export const SSH = '22/tcp  The Secure Shell';
const HOLDS = `ssh\t${SSH}\n`;
/** Held beside: who gets an answer for it knows that the servent has heard all that was sent before. */
const FENCE = 'conformance-fence';
const LINE_END = 10;
/** Who works on several datagrams at once gets this much time more, milliseconds. */
const QUIET_MS = 100;

export class ServentScene {
  readonly ground: Ground;
  readonly subject: Subject;
  readonly servent: { name: string; endpoint: Endpoint };
  readonly client: Peer;
  readonly #neighbours: readonly Peer[];

  constructor(ground: Ground, subject: Subject, port: number, client: Peer, neighbours: readonly Peer[]) {
    this.ground = ground;
    this.subject = subject;
    this.servent = { name: 'program', endpoint: onLoopback(port) };
    this.client = client;
    this.#neighbours = neighbours;
    for (const peer of [client, ...neighbours]) peer.meets(this.servent);
  }

  get neighbours(): [Peer, Peer, Peer, ...Peer[]] {
    return this.#neighbours as [Peer, Peer, Peer, ...Peer[]];
  }

  /** Another socket of ours, that the servent was not told of. */
  async stranger(name = 'stranger', address?: string): Promise<Peer> {
    const peer = await Peer.open(name, this.ground, address);
    peer.meets(this.servent);
    return peer;
  }

  /** The client asks for a key. */
  asks(key: Text): void {
    this.client.says(clireq(key));
  }

  /** Waits until the servent has done with all that it heard: it answers another question, of another client. */
  async settles(): Promise<void> {
    const fence = await this.stranger('fence');
    fence.says(clireq(FENCE));
    await this.subject.within(this.ground.terms.patienceMs, () => fence.heard.length > 0);
    await sleep(QUIET_MS);
    await readAll();
  }

  /** @throws Unmet when it answers no question any more */
  async stillServes(): Promise<void> {
    const other = await this.stranger('other client');
    other.says(clireq(FENCE));
    await other.hears(aResponse(FENCE));
  }

  /** Holds peers to hearing nothing but what the question of `settles` causes. @throws Unmet */
  staysSilent(...peers: readonly Peer[]): void {
    for (const peer of peers) {
      const all = { words: 'all that may come', find: (bytes: Uint8Array) => (isFence(bytes) ? undefined : ANYTHING) };
      peer.heardTimes(0, all);
    }
  }
}

/** Any message will do: it is only counted. */
const ANYTHING = { type: 'CLIREQ', text: new Uint8Array(), key: new Uint8Array() } as const;

function isFence(bytes: Uint8Array): boolean {
  return Buffer.from(bytes).includes(FENCE);
}

/** The fence stands behind what a case wants in the file, before it where no line can follow. */
function withFence(holds: Uint8Array): Uint8Array {
  const fence = bytesOf(`${FENCE}\tup\n`);
  return Buffer.concat(holds.at(-1) === LINE_END ? [holds, fence] : [fence, holds]);
}

/** Starts the servent as a case wants it, and plays the scene. */
export function serventCase({ holds = HOLDS, neighbours = 1, lastIsFar = false, scene, ...name }: ServentCase): Case {
  return {
    ...name,
    async play(ground) {
      const second = ground.terms.secondAddress;
      if (lastIsFar && second === undefined) throw new NotPlayable('needs a network namespace of its own');
      const client = await Peer.open('client', ground);
      const peers: Peer[] = [];
      for (let i = 1; i <= neighbours; i++) {
        peers.push(await Peer.open(`n${i}`, ground, lastIsFar && i === neighbours ? second : undefined));
      }
      const port = await ground.takePort();
      const values = {
        port: String(port),
        file: ground.write('pairs.txt', withFence(bytesOf(holds))),
        neighbours: peers.map(({ endpoint }) => formatEndpoint(endpoint)),
      };
      const subject = await ground.startServing('udp', port, values);
      await scene(new ServentScene(ground, subject, port, client, peers));
    },
  };
}

/** A case of a servent that must refuse to start: what it is told in the place of what is right. */
export function refusalCase({
  told,
  names,
  ...name
}: CaseName & {
  /** Values of placeholders, of which some are wrong. */
  told(right: { port: string; file: string; neighbours: string[] }, ground: Ground): Promise<object> | object;
  /** What its line must name. */
  names(told: { port: string; file: string; neighbours: string[] }): string;
}): Case {
  return {
    ...name,
    async play(ground) {
      const right = { port: String(await ground.takePort()), file: ground.write('pairs.txt', HOLDS), neighbours: [] };
      const values = { ...right, ...(await told(right, ground)) };
      const subject = ground.start(values);
      const { startMs } = ground.terms;
      if (!(await subject.within(startMs, () => subject.status !== undefined)))
        throw new Unmet(`an end within ${startMs / 1000} s`, 'none: it goes on');
      if (subject.status === 0) throw new Unmet('another status than 0', '0');
      const word = names(values);
      if (!(await subject.within(ground.terms.patienceMs, () => subject.output().includes(word))))
        throw new Unmet(`a line that names ${word}`, ground.printed() || 'nothing');
    },
  };
}
