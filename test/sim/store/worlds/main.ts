/**
 * Simulated clusters of the store, many: `npm run worlds:store -- --count 3000`. Each is made from its seed, the first from
 * `--seed`. Ends with the states met; fails when a rule was broken, which it prints with a command that shows it again, or when
 * a state was never met. `--only` leaves only some of a world's faults, and SHOW_WORLD=1 prints what its replicas say.
 */

import { scriptOptions } from '../../../support/script-options';
import { type Failure, hunt, runWorld } from './hunt';
import { planWorld } from './plan';
import { ALL_STATES, Tally } from './states';

const values = scriptOptions({
  options: {
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
const seed = Number(values.seed);
const count = Number(values.count);
/** Runs so large that they must meet every state. */
const LARGE = 1000;
/** After so many it is said, on stderr, how far it is. */
const SAY_EVERY = 10_000;

if (values.only !== undefined) {
  const smaller = { only: values.only === 'none' ? [] : values.only.split(',').map(Number) };
  console.log(JSON.stringify(planWorld(seed, smaller)));
  runWorld(seed, smaller);
  console.log('no rule is broken');
} else {
  const startMs = performance.now();
  const tally = new Tally();
  let worlds = 0;
  let failure: Failure | undefined;
  while (worlds < count && !failure) {
    const part = hunt(seed + worlds, Math.min(SAY_EVERY, count - worlds));
    tally.add(part.tally);
    worlds += part.worlds;
    failure = part.failure;
    if (worlds < count) console.error(`${worlds} of ${count} worlds`);
  }
  for (const state of ALL_STATES) console.log(`${String(tally.counts.get(state) ?? 0).padStart(10)}  ${state}`);
  const seconds = (performance.now() - startMs) / 1000;
  const each = ((seconds * 1000) / worlds).toFixed(2);
  console.log(`${worlds} worlds from seed ${seed} in ${seconds.toFixed(1)} s, ${each} ms each`);
  if (failure) {
    console.log(`seed ${failure.seed}: ${failure.error.stack}\n${failure.replay}`);
    process.exitCode = 1;
  } else if (count >= LARGE && tally.unmet.length > 0) {
    console.log(`never met: ${tally.unmet.join('; ')}`);
    process.exitCode = 1;
  }
}
