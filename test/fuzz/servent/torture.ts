/**
 * Mutated datagrams through the whole core: `npm run torture -- --count 2000000 --seed 1`. Fails when the core throws, when a
 * malformed datagram has an effect or another reason than the plain decoder's, when a datagram has no outcome or two, when
 * what is sent is no message, or when memory grows.
 */

import { ServentCore } from '../../../servent/core';
import { countingIn, newCounters, total } from '../../../servent/counters';
import { DEFENCE_DEFAULTS } from '../../../servent/defence-settings';
import { ObservedServent } from '../../../servent/observed-servent';
import type { DropReason, Outbox } from '../../../servent/outbox';
import { SERVENT_DEFAULTS } from '../../../servent/settings';
import { type Endpoint, endpointOf } from '../../../shared/endpoint';
import { typeOf } from '../../../shared/wire/overlay/header';
import { decode } from '../../../shared/wire/overlay/message';
import { QUERY, QUERY_HEADER } from '../../../shared/wire/overlay/query';
import { RESPONSE } from '../../../shared/wire/overlay/response';
import { WireError } from '../../../shared/wire/wire-error';
import { scriptOptions } from '../../support/script-options';
import { datagramMaker, drawsOf } from '../../support/seeded';
import { pairsOf } from '../../support/servent/test-servent';

const values = scriptOptions({
  options: { count: { type: 'string', default: '2000000' }, seed: { type: 'string', default: '1' } },
});
const count = Number(values.count);
const seed = Number(values.seed);

/** What a servent may take beside what it takes at rest, whatever it hears. */
const GROWTH_MAX_BYTES = 32 * 1024 * 1024;
/** One datagram of so many is held against the plain decoder: it makes an object each. */
const PLAIN_ONE_OF = 4;

const random = drawsOf(seed);
const make = datagramMaker(random);
const heapAtRest = heapNow();
const at = (ip: number, port: number): Endpoint => endpointOf(ip, port);
const neighbours = Array.from({ length: 10 }, (_, i) => ({
  endpoint: at(0x0a00_0001 + i, 5000),
  ownIp: i % 2 === 0 ? 0x0a00_0063 : undefined,
}));
const core = new ServentCore({
  pairs: pairsOf(`ssh 22/tcp\ntcpmux 1/tcp # TCP Port Service Multiplexer\n\xff \x80\nlong ${'v'.repeat(5000)}`),
  neighbours,
  defences: { ...DEFENCE_DEFAULTS, strangers: { perSecond: 0, burst: 1 } },
  literal: false,
  seenMax: SERVENT_DEFAULTS.seenMax,
  seenAgeMs: SERVENT_DEFAULTS.seenAgeMs,
  firstSequence: 0xffff_ff00,
  hashKey: [seed, 7],
});

const counters = newCounters();
/** Asserts that each datagram has one outcome. */
const observed = new ObservedServent(core, [countingIn(counters)]);
let drop: DropReason | undefined;
let sentMalformed = false;
const out: Outbox = {
  answer(response) {
    if (typeOf(response) !== RESPONSE || response.length < 4) sentMalformed = true;
  },
  forward(query) {
    if (typeOf(query) !== QUERY || query.length <= QUERY_HEADER) sentMalformed = true;
  },
  drop(reason) {
    drop = reason;
  },
  notice() {},
};

let current: Uint8Array = new Uint8Array(0);
const startMs = performance.now();
for (let i = 0; i < count; i++) {
  const datagram = make();
  const from = i % 8 === 0 ? at(random.bits() >>> 0, random.below(65_536)) : neighbours[i % 10]!.endpoint;
  const checked = i % PLAIN_ONE_OF === 0;
  current = datagram.slice();
  const expected = checked ? faultOf(datagram) : undefined;
  drop = undefined;
  try {
    observed.receive(datagram, from, i / 1000, out);
  } catch (error) {
    fail(`throws ${(error as Error).stack}`);
  }
  if (sentMalformed) fail('sends what is no message');
  if (expected && drop !== expected) fail(`malformed (${expected}), and ends as ${drop}`);
}
const seconds = (performance.now() - startMs) / 1000;
const growth = heapNow() - heapAtRest;

const { received, handled, dropped, answers, queries } = counters;
for (const [reason, times] of Object.entries(dropped).sort(([, one], [, other]) => other - one)) {
  if (times > 0) console.log(`${String(times).padStart(12)}  dropped: ${reason}`);
}
console.log(`${String(total(handled)).padStart(12)}  handled: ${answers} answers, ${queries} queries`);
console.log(`${count} datagrams from seed ${seed} in ${seconds.toFixed(1)} s, ${Math.round(count / seconds)} a second`);
console.log(
  `${core.seenCount} queries are remembered; memory is ${(growth / 1024 / 1024).toFixed(2)} MiB above what it was at rest`,
);
if (total(received) !== count || total(handled) + total(dropped) !== count) fail('counters do not add up');
if (growth > GROWTH_MAX_BYTES) fail('memory grows');

/** Bytes in use after a full collection, typed arrays too. */
function heapNow(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function faultOf(datagram: Uint8Array): DropReason | undefined {
  try {
    decode(datagram);
    return undefined;
  } catch (error) {
    if (error instanceof WireError) return error.code as DropReason;
    throw error;
  }
}

function fail(what: string): never {
  console.log(`${what}: ${Buffer.from(current).toString('hex')}; again with --seed ${seed}`);
  process.exit(1);
}
