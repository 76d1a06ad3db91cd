/**
 * Measures the simulator at full size: a million servents of degree 6, ten million deliveries. Run it with
 * `npm run bench:simulator`; sizes and seed can be given: `npm run bench:simulator -- <servents> <deliveries> <seed>`.
 */

import { parseKeyValueFile } from '../../servent/key-value-file';
import { PERFECT_PATH, uniform } from '../../simulator/path';
import { Random } from '../../simulator/random';
import { generate, graphOfShape } from '../../topologies/graph/generators';
import { SimulatedOverlay } from '../../topologies/simulated/overlay';

const [servents = 1_000_000, deliveries = 10_000_000, seed = 1] = process.argv.slice(2).map(Number);
const DEGREE = 6;
/** One servent of so many holds the key. */
const HOLDERS_ONE_OF = 20;
/** Of virtual time: two hundred questions a second, a few dozen floods under way at once. */
const QUESTION_EVERY_MS = 10;

const key = Buffer.from('ssh');
const holder = parseKeyValueFile(Buffer.from('ssh\t22/tcp\n')).pairs;

const [graph, graphMs] = timed(() =>
  graphOfShape(generate('random-regular', { servents: servents!, degree: DEGREE, seed: seed! })),
);
const random = new Random(seed!);
const [overlay, coresMs] = timed(
  () =>
    new SimulatedOverlay({
      graph,
      seed: seed!,
      path: { ...PERFECT_PATH, delay: uniform(5, 50) },
      pairs: () => (random.below(HOLDERS_ONE_OF) === 0 ? holder : undefined!),
    }),
);
const built = memory();
const cpuBefore = process.cpuUsage();
const [, runMs] = timed(() => {
  while (overlay.deliveries < deliveries!) {
    overlay.ask({ contact: random.below(servents!), key });
    overlay.run(overlay.nowMs + QUESTION_EVERY_MS);
  }
});

const cpu = process.cpuUsage(cpuBefore);
const cpuMs = (cpu.user + cpu.system) / 1000;

console.log(`${servents} servents of degree ${DEGREE}, seed ${seed}, Node ${process.version}`);
console.log(`graph   ${seconds(graphMs)}`);
console.log(`cores   ${seconds(coresMs)}, then ${built} resident`);
console.log(`run     ${seconds(runMs)}: ${overlay.deliveries} deliveries of ${overlay.asked} questions`);
console.log(`speed   ${speed(runMs)} deliveries a second`);
console.log(`        ${speed(cpuMs)} a second of processor time, the garbage collector's threads included`);
console.log(
  `memory  ${memory()} resident at the end, ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB at most`,
);

function timed<T>(work: () => T): [T, number] {
  const startMs = performance.now();
  const result = work();
  return [result, performance.now() - startMs];
}

function speed(ms: number): number {
  return Math.round((overlay.deliveries / ms) * 1000);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function memory(): string {
  return `${Math.round(process.memoryUsage.rss() / 1024 / 1024)} MiB`;
}
