/** What becomes of a flood's reach and cost as an overlay grows and servents keep their number of neighbours. */

import { Random } from '../../simulator/random';
import { Floods } from '../floods';
import { mean, percent, range, rounded } from '../numbers';
import { FAMILY_NAMES, type Family, overlayOf } from '../overlays';

export interface SizeRow {
  overlay: Family;
  servents: number;
  /** Servents that heard, mean, and of a hundred in the overlay. */
  reached: number;
  reachedPercent: number;
  /** QUERYs sent, mean. */
  queries: number;
}

export interface SizeSizes {
  sizes: readonly number[];
  contacts: number;
  seed: number;
}

export function sizeExperiment({ sizes, contacts, seed }: SizeSizes): SizeRow[] {
  return FAMILY_NAMES.flatMap((overlay) =>
    sizes.map((servents) => {
      const floods = new Floods(overlayOf(overlay, servents, seed), { seed });
      const random = new Random(seed);
      const outcomes = range(contacts).map(() => floods.ask(random.below(servents)));
      const reached = mean(outcomes.map((flood) => flood.reached));
      return {
        overlay,
        servents,
        reached: rounded(reached),
        reachedPercent: percent(reached, servents),
        queries: rounded(mean(outcomes.map(({ queries }) => queries))),
      };
    }),
  );
}
