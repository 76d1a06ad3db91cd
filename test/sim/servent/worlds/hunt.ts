/** Runs worlds one after another, and makes a world that breaks a rule as small as it stays broken. */

import { createHash } from 'node:crypto';
import { ServentCore } from '../../../../servent/core';
import { workerOf } from '../../../../servent/workers/distribution';
import { traceTo } from '../../../support/servent/trace';
import { planWorld, type Smaller } from './plan';
import { Tally } from './states';
import type { Parts } from './supervised-workers';
import { World } from './world';

const REAL: Parts = { ServentCore, workerOf };

export interface Failure {
  seed: number;
  error: Error;
  smaller: Smaller;
  /** The command that shows it again. */
  replay: string;
}

/** Runs the world of one seed. @throws what broke. */
export function runWorld(seed: number, smaller: Smaller = {}, parts = REAL): Tally {
  return new World(planWorld(seed, smaller), parts).run();
}

/** The hash of everything that happens in the world of one seed. */
export function traceOfWorld(seed: number): string {
  const hash = createHash('sha256');
  const world = new World(planWorld(seed), REAL, [traceTo((line) => hash.update(line).update('\n'))]);
  world.run();
  return hash.digest('hex');
}

/** Runs worlds until one fails. Gives the states met and the failure, if there is one. */
export function hunt(
  firstSeed: number,
  count: number,
  parts = REAL,
): { tally: Tally; worlds: number; failure?: Failure } {
  const tally = new Tally();
  for (let i = 0; i < count; i++) {
    try {
      tally.add(runWorld(firstSeed + i, {}, parts));
    } catch (error) {
      return { tally, worlds: i + 1, failure: shrunk(firstSeed + i, error as Error, parts) };
    }
  }
  return { tally, worlds: count };
}

/** Tries fewer servents, then ever fewer actions, as long as something breaks. */
function shrunk(seed: number, error: Error, parts: Parts): Failure {
  let best: Smaller = {};
  let found = error;
  const breaks = (smaller: Smaller): boolean => {
    try {
      runWorld(seed, smaller, parts);
      return false;
    } catch (other) {
      best = smaller;
      found = other as Error;
      return true;
    }
  };
  for (const size of [5, 6, 8, 12, 20, 40]) if (size < planWorld(seed).size && breaks({ size })) break;
  let only = planWorld(seed, best).actions.map((_, i) => i);
  for (let i = only.length - 1; i >= 0; i--) {
    const fewer = only.filter((_, at) => at !== i);
    if (breaks({ ...best, only: fewer })) only = fewer;
  }
  const size = best.size === undefined ? '' : ` --size ${best.size}`;
  const kept = best.only === undefined ? '' : ` --only ${best.only.join() || 'none'}`;
  return { seed, error: found, smaller: best, replay: `npm run worlds -- --seed ${seed} --count 1${size}${kept}` };
}
