/** The random overlays that the experiments compare: made in the same way at any size, four neighbours a servent on average. */

import { generate, graphOfShape } from '../topologies/graph/generators';
import type { Graph } from '../topologies/graph/graph';

/** By the name they have in figures, in the order of the legend. */
export const FAMILIES = {
  'random regular': { kind: 'random-regular', degree: 4 },
  'small world': { kind: 'small-world', degree: 4 },
  'scale-free': { kind: 'scale-free', degree: 2 },
  grid: { kind: 'grid', degree: undefined },
} as const;

export type Family = keyof typeof FAMILIES;

export const FAMILY_NAMES = Object.keys(FAMILIES) as Family[];

export function overlayOf(family: Family, servents: number, seed: number): Graph {
  const { kind, degree } = FAMILIES[family];
  return graphOfShape(generate(kind, degree === undefined ? { servents } : { servents, degree, seed }));
}
