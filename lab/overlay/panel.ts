/** A servent's counters as its panel shows them. */

import type { Counters } from '../../servent/counters';
import type { PanelView } from '../view';

/** The panel of a servent; of one that is down, or says nothing, without counters. */
export function panelOf(name: string, up: boolean, stats: { counters: Counters; seen: number } | undefined): PanelView {
  if (!stats) return { name, up, seen: 0, counters: [], drops: [] };
  const { received, handled, dropped, answers, queries } = stats.counters;
  return {
    name,
    up,
    seen: stats.seen,
    counters: [
      ['CLIREQ heard', received.CLIREQ],
      ['QUERY heard', received.QUERY],
      ['answered', handled.answered],
      ['forwarded', handled.forwarded],
      ['answered and forwarded', handled.both],
      ['RESPONSE sent', answers],
      ['QUERY sent', queries],
    ],
    drops: Object.entries(dropped).filter(([, count]) => count > 0),
  };
}
