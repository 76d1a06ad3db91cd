/**
 * What a flood must reach, worked out from the graph alone by breadth-first search: the prediction that simulated, local and
 * emulated overlays are held against. Shares no code with the servent.
 */

import { type Graph, neighboursOf } from './graph';

/** How far a query goes from its contact servent (specification, section 4). */
export const HOPS_MAX = 3;

/** Hops from `start` to each servent within `hopsMax`, the start itself with 0; nearest first. */
export function hopsFrom(graph: Graph, start: number, hopsMax = HOPS_MAX): Map<number, number> {
  const hops = new Map([[start, 0]]);
  // A Map is walked in order of insertion, and takes in what is set on the way: it is the search's queue.
  for (const [servent, distance] of hops) {
    if (distance === hopsMax) break;
    for (const neighbour of neighboursOf(graph, servent)) {
      if (!hops.has(neighbour)) hops.set(neighbour, distance + 1);
    }
  }
  return hops;
}

/** Who answers a question put to `start`, in ascending order. */
export function answerers(graph: Graph, start: number, holds: (servent: number) => boolean): number[] {
  return [...hopsFrom(graph, start).keys()].filter(holds).sort((a, b) => a - b);
}
