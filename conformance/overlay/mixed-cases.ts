/** A servent in one overlay with servents of ours: who answers a client, and how often. */

import { setTimeout as sleep } from 'node:timers/promises';
import { formatEndpoint } from '../../shared/endpoint';
import type { Case, CaseName } from '../case';
import type { Ground } from '../ground';
import { readAll } from '../network/read-all';
import { same } from '../unmet';
import { aResponse, clireq, onLoopback, shown } from './messages';
import { startOurs } from './our-servent';
import { Peer } from './peer';

/** An overlay by its links, both ways; `it` is the program under test. All hold the key. */
interface Overlay extends CaseName {
  /** `a it` for each link. */
  links: readonly string[];
  asked: string;
  /** Who answers, each once. */
  answers: readonly string[];
}

const KEY = 'shared';
/** A second answer of somebody is not far behind the last first one, milliseconds. */
const QUIET_MS = 300;

const OVERLAYS: readonly Overlay[] = [
  {
    id: 'overlay mixed between',
    class: 'mixed',
    rule: 'Between two servents of ours, a servent passes questions on.',
    links: ['a it', 'it b'],
    asked: 'a',
    answers: ['a', 'it', 'b'],
  },
  {
    id: 'overlay mixed contact',
    class: 'mixed',
    rule: 'Asked at the end of a line of ours, a servent reaches three hops and no further.',
    links: ['it a', 'a b', 'b c', 'c d'],
    asked: 'it',
    answers: ['it', 'a', 'b', 'c'],
  },
  {
    id: 'overlay mixed last-hop',
    class: 'mixed',
    rule: 'Three hops away from a servent of ours, a servent still answers.',
    links: ['a b', 'b c', 'c it'],
    asked: 'a',
    answers: ['a', 'b', 'c', 'it'],
  },
  {
    id: 'overlay mixed ring',
    class: 'mixed',
    rule: 'In a ring with servents of ours everybody answers once.',
    links: ['it a', 'a b', 'b c', 'c it'],
    asked: 'a',
    answers: ['a', 'b', 'c', 'it'],
  },
];

export const MIXED_CASES: readonly Case[] = OVERLAYS.map(({ links, asked, answers, ...name }) => ({
  ...name,
  async play(ground) {
    const ports = await startAll(ground, links);
    const client = await Peer.open('client', ground);
    client.meets({ name: asked === 'it' ? 'program' : asked, endpoint: onLoopback(ports.get(asked)!) });
    client.says(clireq(KEY));
    const came = () => client.all(aResponse(KEY)).map(({ value }) => shown(value).replace('of ', ''));
    const endMs = performance.now() + ground.terms.patienceMs;
    while (answers.some((one) => !came().includes(one)) && performance.now() < endMs) await sleep(10);
    await sleep(QUIET_MS);
    await readAll();
    same('answers of', came().sort().join(' '), [...answers].sort().join(' '));
  },
}));

/** Starts servents of ours, and the program in their midst. Gives the port of each. */
async function startAll(ground: Ground, links: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const pairs = links.map((link) => link.split(' ') as [string, string]);
  const ports = new Map<string, number>();
  for (const name of new Set(pairs.flat())) {
    ports.set(name, name === 'it' ? await ground.takePort() : await ground.takeFreePort());
  }
  const starts = [...ports].map(async ([name, port]) => {
    const knows = pairs
      .filter((pair) => pair.includes(name))
      .map(([a, b]) => onLoopback(ports.get(a === name ? b : a)!));
    const holds = `${KEY}\tof ${name}\n`;
    if (name !== 'it') return startOurs(ground, { name, port, holds, knows });
    const values = {
      port: String(port),
      file: ground.write('pairs.txt', holds),
      neighbours: knows.map(formatEndpoint),
    };
    return ground.startServing('udp', port, values);
  });
  await Promise.all(starts);
  return ports;
}
