/**
 * Thousands of random overlays with random delays and no loss, each from a seed: who answers must be whom breadth-first
 * search finds. A failing overlay names its seed; `SEED=<seed> npx mocha -g 'random overlays'` runs that one alone.
 * `OVERLAYS=<count>` tries more of them.
 */

import { strict as assert } from 'node:assert';
import { expect } from 'chai';
import type { DropReason } from '../../../servent/outbox';
import { ttlOf, typeOf } from '../../../shared/wire/overlay/header';
import { NEIGHBOURS_MAX, QUERY } from '../../../shared/wire/overlay/query';
import { constant, exponential, PERFECT_PATH, uniform } from '../../../simulator/path';
import { Random } from '../../../simulator/random';
import { graphOf, type Links } from '../../../topologies/graph/graph';
import { hopsFrom } from '../../../topologies/graph/reach';
import { Overlay } from '../../support/servent/overlay';

const OVERLAYS = Number(process.env.OVERLAYS ?? 3000);
const SERVENTS_MAX = 60;
const QUESTIONS = 3;

describe('in random overlays without loss', () => {
  it('those within three hops who hold the key answer, once each, and nobody else hears of it', () => {
    const { SEED } = process.env;
    const seeds = SEED === undefined ? Array.from({ length: OVERLAYS }, (_, i) => i + 1) : [Number(SEED)];
    for (const seed of seeds) {
      try {
        checkOverlay(seed);
      } catch (error) {
        const replay = `SEED=${seed} npx mocha -g 'random overlays'`;
        throw new Error(`seed ${seed} fails: ${(error as Error).message} (${replay})`, { cause: error });
      }
    }
  });

  it('the bare rule misses somebody in some, the rule of the higher ttl in none', () => {
    let missed = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const overlay = randomOverlay(new Random(seed), seed).literal();
      const at = seed % overlay.graph.size;
      if (overlay.ask('everywhere', { at }).answerers.length < hopsFrom(overlay.graph, at).size) missed++;
    }
    expect(missed).to.be.greaterThan(0);
  });
});

function checkOverlay(seed: number): void {
  const random = new Random(seed);
  const overlay = randomOverlay(random, seed);
  const { graph } = overlay;
  /** Copies of queries that each servent heard, and those that it dropped as duplicates. */
  const heard = new Map<number, number>();
  const dropped = new Map<DropReason, number>();
  /** Copies that each servent passed on. */
  const forwards = new Map<number, number>();
  const responses = new Map<number, number>();
  const sentBack: number[] = [];
  let arrived: Uint8Array | undefined;
  let cameFrom = 0;
  overlay.observing({
    received(servent, bytes, from) {
      arrived = typeOf(bytes) === QUERY ? bytes.slice() : undefined;
      cameFrom = from;
      if (arrived) count(heard, servent);
    },
    answered: (servent) => count(responses, servent),
    forwarded(servent, query, neighbour) {
      if (!arrived) return;
      if (neighbour === cameFrom) sentBack.push(servent);
      assert(ttlOf(query) === Math.min(ttlOf(arrived), 3) - 1, 'a forward has one hop less');
      assert(Buffer.compare(query.subarray(4), arrived.subarray(4)) === 0, 'a forward differs in the ttl alone');
    },
    handled(servent, how) {
      if (arrived && how !== 'answered') count(forwards, servent);
    },
    dropped: (_servent, reason) => count(dropped, reason),
  });
  for (let i = 0; i < QUESTIONS; i++) {
    const at = random.below(graph.size);
    const key = i === 0 ? 'everywhere' : 'somewhere';
    for (const counts of [heard, forwards, responses]) counts.clear();
    const question = overlay.network.ask({ contact: at, key: Buffer.from(key) });
    overlay.network.run();
    const { answerers } = overlay.outcome(question);
    assert.deepEqual(answerers, overlay.expected(key, { at }), `question ${i}, "${key}" at ${at}`);
    // The contact hears a second CLIREQ, and makes a second QUERY of it, when nobody answered.
    const asked = question.summary!.asked;
    for (const [servent, count] of responses) assert(count === 1, `${servent} sent ${count} responses`);
    for (const [servent, count] of forwards) assert(count <= 2 * asked, `${servent} forwarded ${count} copies`);
    const within = hopsFrom(graph, at);
    for (const servent of heard.keys()) assert(within.has(servent), `${servent} is out of reach of ${at}`);
    for (const servent of within.keys())
      assert(servent === at || heard.has(servent), `${servent} heard nothing from ${at}`);
  }
  assert.deepEqual(sentBack, [], 'nobody sends a query back to who sent it');
  const known: DropReason[] = ['seen', 'expired', 'no-neighbour'];
  assert(
    [...dropped.keys()].every((reason) => known.includes(reason)),
    'nothing well-formed is dropped for another reason',
  );
  assert.equal(overlay.network.pending, 0, 'the network is quiet at the end');
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Random links, some of them one-way, between 1 to SERVENTS_MAX servents; delays of one of three kinds. */
function randomOverlay(random: Random, seed: number): Overlay {
  const size = 1 + random.below(SERVENTS_MAX);
  const links = randomLinks(size, random.below(size * 4), random);
  const delays = [constant(1 + random.below(20)), uniform(1, 100), exponential(20)];
  const delay = delays[random.below(delays.length)]!;
  const overlay = new Overlay(graphOf(links)).seed(seed).delay(delay);
  // In half of them each link has a delay of its own that stays the same, as in real networks.
  if (random.chance(50)) {
    const paths = Array.from(links.from, () => ({ ...PERFECT_PATH, delay: constant(1 + random.below(100)) }));
    overlay.with({ paths });
  }
  const all = Array.from({ length: size }, (_, servent) => servent);
  return overlay.holding('everywhere', all).holding(
    'somewhere',
    all.filter(() => random.chance(30)),
  );
}

function randomLinks(size: number, tries: number, random: Random): Links {
  const knows = Array.from({ length: size }, () => new Set<number>());
  const from: number[] = [];
  const to: number[] = [];
  const oneWay: boolean[] = [];
  for (let i = 0; i < tries; i++) {
    const [a, b] = [random.below(size), random.below(size)];
    const single = random.chance(20);
    const fits = a !== b && !knows[a]!.has(b) && !knows[b]!.has(a) && knows[a]!.size < NEIGHBOURS_MAX;
    if (!fits || (!single && knows[b]!.size === NEIGHBOURS_MAX)) continue;
    knows[a]!.add(b);
    if (!single) knows[b]!.add(a);
    from.push(a);
    to.push(b);
    oneWay.push(single);
  }
  return { size, from, to, oneWay: (link) => oneWay[link]! };
}
