/** How far a flood gets, and at what cost, with the ttl. Up to the protocol's 3 the real cores say; beyond, a prediction. */

import { TTL_MAX } from '../../shared/wire/overlay/query';
import { Random } from '../../simulator/random';
import { type Graph, neighboursOf } from '../../topologies/graph/graph';
import { hopsFrom } from '../../topologies/graph/reach';
import { type Flood, Floods } from '../floods';
import { mean, percent, range, rounded } from '../numbers';
import { FAMILY_NAMES, type Family, overlayOf } from '../overlays';

export interface TtlRow {
  overlay: Family;
  ttl: number;
  source: 'servents' | 'prediction';
  /** Servents that heard, mean, and of a hundred in the overlay. */
  reached: number;
  reachedPercent: number;
  /** QUERYs sent, mean. */
  queries: number;
}

export interface TtlSizes {
  servents: number;
  contacts: number;
  ttlMax: number;
  seed: number;
}

export function ttlExperiment({ servents, contacts, ttlMax, seed }: TtlSizes): TtlRow[] {
  return FAMILY_NAMES.flatMap((overlay) => {
    const graph = overlayOf(overlay, servents, seed);
    const floods = new Floods(graph, { seed });
    const random = new Random(seed);
    const starts = range(contacts).map(() => random.below(servents));
    return range(ttlMax + 1).map((ttl) => {
      const outcomes = starts.map((contact) => floodWithTtl(floods, contact, ttl));
      const reached = mean(outcomes.map((flood) => flood.reached));
      return {
        overlay,
        ttl,
        source: ttl <= TTL_MAX ? 'servents' : 'prediction',
        reached: rounded(reached),
        reachedPercent: percent(reached, servents),
        queries: rounded(mean(outcomes.map((flood) => flood.queries))),
      };
    });
  });
}

function floodWithTtl(floods: Floods, contact: number, ttl: number): Flood {
  if (ttl < TTL_MAX) return floods.askWithTtl(contact, ttl);
  return ttl === TTL_MAX ? floods.ask(contact) : predictFlood(floods.graph, contact, ttl);
}

/**
 * What a flood would come to if servents let it go so far: where all links are as fast and go both ways, whoever hears it
 * with hops left sends it once, to all but one of its neighbours.
 */
export function predictFlood(graph: Graph, contact: number, ttl: number): Flood {
  const hops = hopsFrom(graph, contact, ttl);
  let queries = 0;
  for (const [servent, distance] of hops) {
    if (distance < ttl) queries += neighboursOf(graph, servent).length - (servent === contact ? 0 : 1);
  }
  return { reached: hops.size, queries };
}
