/**
 * Simulated worlds, many: `npm run worlds -- --count 20000`. Each is made from its seed, the first from `--seed`. Ends with the
 * states met; fails when a rule was broken, which it prints with a command that shows it again, or when a state was never met.
 * `--size` and `--only` make a world smaller, `--trace 20` runs so many worlds twice and compares everything that happens.
 */

import { scriptOptions } from '../../../support/script-options';
import { hunt, runWorld, traceOfWorld } from './hunt';
import { planWorld } from './plan';
import { ALL_STATES } from './states';

const values = scriptOptions({
  options: {
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    size: { type: 'string' },
    only: { type: 'string' },
    trace: { type: 'string', default: '0' },
  },
});
const seed = Number(values.seed);
const count = Number(values.count);
/** Runs so large that they must meet every state. */
const LARGE = 1000;

if (values.size !== undefined || values.only !== undefined) {
  const only = values.only === 'none' ? [] : values.only?.split(',').map(Number);
  const smaller = { size: values.size === undefined ? undefined : Number(values.size), only };
  const { actions, ...rest } = planWorld(seed, smaller);
  console.log(JSON.stringify(rest));
  for (const action of actions) console.log(JSON.stringify(action));
  runWorld(seed, smaller);
  console.log('no rule is broken');
} else {
  const startMs = performance.now();
  const { tally, worlds, failure } = hunt(seed, count);
  for (const state of ALL_STATES) console.log(`${String(tally.counts.get(state) ?? 0).padStart(10)}  ${state}`);
  const seconds = (performance.now() - startMs) / 1000;
  console.log(
    `${worlds} worlds from seed ${seed} in ${seconds.toFixed(1)} s, ${((seconds * 1000) / worlds).toFixed(2)} ms each`,
  );
  if (failure) {
    console.log(`seed ${failure.seed}: ${failure.error.stack}\n${failure.replay}`);
    process.exitCode = 1;
  } else if (count >= LARGE && tally.unmet.length > 0) {
    console.log(`never met: ${tally.unmet.join('; ')}`);
    process.exitCode = 1;
  }
  for (let i = 0; i < Number(values.trace); i++) {
    const [first, second] = [traceOfWorld(seed + i), traceOfWorld(seed + i)];
    if (first === second) continue;
    console.log(`seed ${seed + i} gives two traces`);
    process.exitCode = 1;
  }
  if (Number(values.trace) > 0) console.log(`${values.trace} seeds run twice`);
}
