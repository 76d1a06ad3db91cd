/**
 * A small coverage-guided fuzzer for `target.ts`: `npm run fuzz -- --seconds 60`. Mutates inputs of the corpus; keeps one that
 * reaches a block of code (V8's block coverage) or a succession of two outcomes that none before did. It knows no comparisons
 * and no counts, as the great fuzzers do: what it adds to plain mutation is that it builds on what it has reached.
 * With `--keep` the corpus folder takes in what was found.
 */

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Profiler, Session } from 'node:inspector';
import { join } from 'node:path';
import { scriptOptions } from '../../support/script-options';
import { datagramMaker, drawsOf } from '../../support/seeded';
import { RECORD_HEADER, runInput } from './target';

const values = scriptOptions({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    keep: { type: 'boolean', default: false },
  },
});
const CORPUS = join(__dirname, 'corpus');
const INPUT_MAX = 3000;
/** Coverage is read once for so many inputs, for it takes some milliseconds. */
const BATCH = 200;
/** Covered are the core, what it decides with, and the wire. */
const COVERED = /\/(servent|shared\/wire)\/[\w-]+\.ts$/;

const random = drawsOf(Number(values.seed));
const makeDatagram = datagramMaker(random);
const session = new Session();
session.connect();
const post = (method: string, parameters: object = {}): unknown => {
  let result: unknown;
  session.post(method, parameters, (error, value) => {
    if (error) throw error;
    result = value;
  });
  return result;
};
post('Profiler.enable');
post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

const features = new Set<string>();
const corpus: { input: Uint8Array; reached: string[] }[] = [];
let runs = 0;

mkdirSync(CORPUS, { recursive: true });
for (const name of readdirSync(CORPUS)) explore([readFileSync(join(CORPUS, name))]);
explore(Array.from({ length: BATCH }, record));
const endMs = performance.now() + Number(values.seconds) * 1000;
while (performance.now() < endMs) explore(Array.from({ length: BATCH }, mutant));
const blocks = [...features].filter((feature) => feature.startsWith('block')).length;
console.log(
  `${runs} inputs from seed ${values.seed} in ${values.seconds} s: ${blocks} blocks, ${features.size - blocks} outcomes and successions of two, ${corpus.length} inputs in the corpus; nothing broke`,
);
if (values.keep) keepFew();

/** Runs inputs, and takes those into the corpus that reach something new; splits them to find which reach new blocks. */
function explore(inputs: readonly Uint8Array[]): void {
  const outcomes = inputs.map(run);
  const blocks = blocksSince();
  if (inputs.length > 1 && blocks.some((block) => !features.has(block))) {
    explore(inputs.slice(0, inputs.length >>> 1));
    explore(inputs.slice(inputs.length >>> 1));
    return;
  }
  for (const [i, input] of inputs.entries()) {
    const reached = [...new Set([...outcomes[i]!, ...blocks])];
    if (reached.every((feature) => features.has(feature))) continue;
    for (const feature of reached) features.add(feature);
    corpus.push({ input, reached });
  }
}

/** Writes the inputs that together reach every block and outcome: each time the one that adds the most. */
function keepFew(): void {
  rmSync(CORPUS, { recursive: true });
  mkdirSync(CORPUS);
  const missing = new Set(corpus.flatMap(({ reached }) => reached).filter((feature) => !feature.startsWith('after')));
  while (missing.size > 0) {
    const gain = ({ reached }: { reached: string[] }): number =>
      reached.filter((feature) => missing.has(feature)).length;
    const best = corpus.reduce((one, other) => (gain(other) > gain(one) ? other : one));
    for (const feature of best.reached) missing.delete(feature);
    const name = `${createHash('sha256').update(best.input).digest('hex').slice(0, 12)}.bin`;
    writeFileSync(join(CORPUS, name), best.input);
  }
}

/** Gives each outcome, and each succession of two. */
function run(input: Uint8Array): string[] {
  runs++;
  try {
    const outcomes = runInput(input);
    return outcomes.flatMap((outcome, i) => [outcome, `after ${outcomes[i - 1] ?? 'nothing'} ${outcome}`]);
  } catch (error) {
    console.log(`${(error as Error).stack}\ninput: ${Buffer.from(input).toString('hex')}`);
    process.exit(1);
  }
}

/** The blocks of code that ran since the last call. */
function blocksSince(): string[] {
  const { result } = post('Profiler.takePreciseCoverage') as Profiler.TakePreciseCoverageReturnType;
  return result
    .filter(({ url }) => COVERED.test(url))
    .flatMap(({ url, functions }) =>
      functions.flatMap(({ ranges }) =>
        ranges
          .filter(({ count }) => count > 0)
          .map(({ startOffset, endOffset }) => `block ${url} ${startOffset} ${endOffset}`),
      ),
    );
}

/** One datagram with its header. */
function record(): Uint8Array {
  const datagram = makeDatagram();
  const header = [
    datagram.length >>> 8,
    datagram.length & 255,
    random.below(6),
    random.below(8) === 0 ? random.below(256) : 0,
  ];
  return Buffer.concat([Uint8Array.from(header), datagram]);
}

/** Of one input of the corpus, or two. */
function mutant(): Uint8Array {
  const input = Buffer.from(random.pick(corpus).input);
  switch (random.below(5)) {
    case 0:
      return Buffer.concat([input, record()]).subarray(0, INPUT_MAX);
    case 1:
      return Buffer.concat([input, random.pick(corpus).input]).subarray(0, INPUT_MAX);
    case 2:
      return Buffer.concat([input, input]).subarray(0, INPUT_MAX);
    default:
      for (let i = 1 + random.below(4); i > 0; i--) input[random.below(input.length)] = random.bits();
      return random.below(4) === 0 ? input.subarray(0, Math.max(RECORD_HEADER, random.below(input.length))) : input;
  }
}
