/** What uneven delays do to a flood under the bare rule, and what the rule of the higher ttl costs that mends it. */

import type { Graph } from '../../topologies/graph';
import { Random } from '../../topologies/random';
import { hopsFrom } from '../../topologies/reach';
import { constant, type Path, PERFECT_PATH } from '../../topologies/simulator/path';
import { Floods } from '../floods';
import { percent, range, rounded } from '../numbers';
import { FAMILY_NAMES, type Family, overlayOf } from '../overlays';

export const RULES = ['bare rule', 'higher ttl'] as const;

export interface DelaySpreadRow {
  overlay: Family;
  rule: (typeof RULES)[number];
  /** Each link's delay is drawn between so much less and so much more than the mean. */
  spreadPercent: number;
  /** Floods of a hundred that missed a servent within three hops. */
  missingFloodsPercent: number;
  /** Servents of a hundred within three hops that were missed. */
  missedServentsPercent: number;
  /** QUERYs sent, mean. */
  queries: number;
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
  return FAMILY_NAMES.flatMap((overlay) => {
    const graphs = range(overlays).map((i) => overlayOf(overlay, servents, seed + i));
    return spreadPercents.flatMap((spreadPercent) =>
      RULES.map((rule) => {
        // Both rules meet the same overlays, delays and contacts.
        const outcomes = graphs.flatMap((graph, i) => {
          const random = new Random(seed + i);
          const starts = range(contacts).map(() => random.below(servents));
          return floodAll(graph, starts, { paths: drawPaths(graph, spreadPercent, random), rule });
        });
        return { overlay, rule, spreadPercent, ...summarize(outcomes) };
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

function summarize(floods: readonly SpreadFlood[]): Omit<DelaySpreadRow, 'overlay' | 'rule' | 'spreadPercent'> {
  const total = (of: (flood: SpreadFlood) => number) => floods.reduce((sum, flood) => sum + of(flood), 0);
  const within = total((flood) => flood.within);
  return {
    missingFloodsPercent: percent(floods.filter((flood) => flood.reached < flood.within).length, floods.length),
    missedServentsPercent: percent(within - total(({ reached }) => reached), within),
    queries: rounded(total(({ queries }) => queries) / floods.length),
  };
}
