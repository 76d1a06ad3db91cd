/** Runs worlds one after another, and makes a world that breaks a rule as small as it stays broken. */

import { createHash } from 'node:crypto';
import { type Build, REAL } from './build';
import { planWorld, type Smaller } from './plan';
import { Tally } from './states';
import { World } from './world';

export interface Failure {
  seed: number;
  error: Error;
  smaller: Smaller;
  /** The command that shows it again. */
  replay: string;
}

/** Runs the world of one seed. @throws what broke. */
export function runWorld(seed: number, smaller: Smaller = {}, build: Build = REAL): Tally {
  return new World(planWorld(seed, smaller), build).run();
}

/** The hash of everything that the replicas in the world of one seed say to each other. */
export function traceOfWorld(seed: number): string {
  const world = new World(planWorld(seed), REAL);
  const hash = createHash('sha256');
  world.streams.observer = (from, message) => hash.update(`${world.timeline.nowMs} ${from} ${JSON.stringify(message)}`);
  world.run();
  return hash.digest('hex');
}

/** Runs worlds until one fails. Gives the states met and the failure, if there is one. */
export function hunt(
  firstSeed: number,
  count: number,
  build: Build = REAL,
): { tally: Tally; worlds: number; failure?: Failure } {
  const tally = new Tally();
  for (let i = 0; i < count; i++) {
    try {
      tally.add(runWorld(firstSeed + i, {}, build));
    } catch (error) {
      return { tally, worlds: i + 1, failure: shrunk(firstSeed + i, error as Error, build) };
    }
  }
  return { tally, worlds: count };
}

/** Tries ever fewer faults, as long as something breaks. */
function shrunk(seed: number, error: Error, build: Build): Failure {
  let found = error;
  const breaks = (smaller: Smaller): boolean => {
    try {
      runWorld(seed, smaller, build);
      return false;
    } catch (other) {
      found = other as Error;
      return true;
    }
  };
  let only = planWorld(seed).faults.map((_, i) => i);
  const all = only.length;
  for (let i = only.length - 1; i >= 0; i--) {
    const fewer = only.filter((_, at) => at !== i);
    if (breaks({ only: fewer })) only = fewer;
  }
  const smaller = only.length < all ? { only } : {};
  const kept = only.length < all ? ` --only ${only.join() || 'none'}` : '';
  return { seed, error: found, smaller, replay: `npm run worlds:store -- --seed ${seed} --count 1${kept}` };
}
