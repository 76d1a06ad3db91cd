/** What uneven delays do to a flood under the bare rule, and what the rule of the higher ttl costs that mends it. */

import { constant, type Path, PERFECT_PATH } from '../../simulator/path';
import { Random } from '../../simulator/random';
import { generate, graphOfShape } from '../../topologies/graph/generators';
import type { Graph } from '../../topologies/graph/graph';
import { hopsFrom } from '../../topologies/graph/reach';
import { Floods } from '../floods';
import { mean, percent, range, rounded } from '../numbers';
import { FAMILY_NAMES, overlayOf } from '../overlays';

/** Beside the usual ones, one with twice their neighbours: the more ways there are, the more often a long one is the fastest. */
const DENSE = { name: 'random regular, degree 8', degree: 8 } as const;

export const SPREAD_OVERLAYS = [...FAMILY_NAMES, DENSE.name] as const;

export const RULES = ['bare rule', 'higher ttl'] as const;

export interface DelaySpreadRow {
  overlay: (typeof SPREAD_OVERLAYS)[number];
  rule: (typeof RULES)[number];
  /** Each link's delay is drawn between so much less and so much more than the mean. */
  spreadPercent: number;
  /** Floods of a hundred that missed a servent within three hops. */
  missingFloodsPercent: number;
  /** Servents of a hundred within three hops that were missed. */
  missedServentsPercent: number;
  /** QUERYs sent, mean; and how many more than with even delays, of a hundred. */
  queries: number;
  queriesMorePercent: number;
}

export interface DelaySpreadSizes {
  servents: number;
  spreadPercents: readonly number[];
  /** Overlays of each family, and floods in each. */
  overlays: number;
  contacts: number;
  seed: number;
}

const DELAY_MEAN_MS = 50;

export function delaySpreadExperiment(sizes: DelaySpreadSizes): DelaySpreadRow[] {
  const { servents, spreadPercents, overlays, contacts, seed } = sizes;
  return SPREAD_OVERLAYS.flatMap((overlay) => {
    const graphs = range(overlays).map((i) =>
      overlay === DENSE.name
        ? graphOfShape(generate('random-regular', { servents, degree: DENSE.degree, seed: seed + i }))
        : overlayOf(overlay, servents, seed + i),
    );
    // Both rules, and all spreads, meet the same overlays and contacts; both rules the same delays.
    const floodAllWith = (spreadPercent: number, rule: DelaySpreadRow['rule']) =>
      graphs.flatMap((graph, i) => {
        const random = new Random(seed + i);
        const starts = range(contacts).map(() => random.below(servents));
        return floodAll(graph, starts, { paths: drawPaths(graph, spreadPercent, random), rule });
      });
    const queriesEven = queriesPerFlood(floodAllWith(0, 'higher ttl'));
    return spreadPercents.flatMap((spreadPercent) =>
      RULES.map((rule) => {
        const floods = floodAllWith(spreadPercent, rule);
        return { overlay, rule, spreadPercent, ...summarize(floods, queriesEven) };
      }),
    );
  });
}

export interface SpreadFlood {
  within: number;
  reached: number;
  queries: number;
}

/** Asks each of the contacts, one after the other. */
export function floodAll(
  graph: Graph,
  contacts: readonly number[],
  { paths, rule }: { paths: readonly Path[]; rule: (typeof RULES)[number] },
): SpreadFlood[] {
  const floods = new Floods(graph, { seed: 1, paths, literal: rule === 'bare rule' });
  return contacts.map((contact) => ({ within: hopsFrom(graph, contact).size, ...floods.ask(contact) }));
}

/** A delay for each link that stays the same, as in real networks. */
function drawPaths(graph: Graph, spreadPercent: number, random: Random): Path[] {
  const links = Math.max(-1, ...graph.arcLink) + 1;
  return range(links).map(() => {
    const deviation = (spreadPercent / 100) * (2 * random.unit() - 1);
    return { ...PERFECT_PATH, delay: constant(DELAY_MEAN_MS * (1 + deviation)) };
  });
}

function summarize(
  floods: readonly SpreadFlood[],
  queriesEven: number,
): Omit<DelaySpreadRow, 'overlay' | 'rule' | 'spreadPercent'> {
  const within = mean(floods.map((flood) => flood.within));
  const missed = within - mean(floods.map((flood) => flood.reached));
  const queries = queriesPerFlood(floods);
  return {
    missingFloodsPercent: percent(floods.filter((flood) => flood.reached < flood.within).length, floods.length),
    missedServentsPercent: percent(missed, within),
    queries: rounded(queries),
    queriesMorePercent: percent(queries - queriesEven, queriesEven),
  };
}

function queriesPerFlood(floods: readonly SpreadFlood[]): number {
  return mean(floods.map(({ queries }) => queries));
}
