/** What neighbours bring: reach and cost of a flood in random regular overlays of one size. */

import { Random } from '../../simulator/random';
import { generate, graphOfShape } from '../../topologies/graph/generators';
import { Floods } from '../floods';
import { mean, range, rounded } from '../numbers';

export interface DegreeRow {
  degree: number;
  /** Servents that heard, mean. */
  reached: number;
  /** QUERYs sent, mean. */
  queries: number;
  /** Servents that could hear at most, were no two ways to lead to the same one. */
  reachBound: number;
}

export interface DegreeSizes {
  servents: number;
  degrees: readonly number[];
  contacts: number;
  seed: number;
}

export function degreeExperiment({ servents, degrees, contacts, seed }: DegreeSizes): DegreeRow[] {
  return degrees.map((degree) => {
    const floods = new Floods(graphOfShape(generate('random-regular', { servents, degree, seed })), { seed });
    const random = new Random(seed);
    const outcomes = range(contacts).map(() => floods.ask(random.below(servents)));
    return {
      degree,
      reached: rounded(mean(outcomes.map(({ reached }) => reached))),
      queries: rounded(mean(outcomes.map(({ queries }) => queries))),
      reachBound: Math.min(servents, reachBound(degree)),
    };
  });
}

/** Of a tree: the contact, its neighbours, theirs, and theirs. */
export function reachBound(degree: number): number {
  const further = degree - 1;
  return 1 + degree * (1 + further + further ** 2);
}
