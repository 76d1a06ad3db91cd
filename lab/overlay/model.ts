/** An overlay as the lab means it to be: its topology, what was taken down, cut, made lossy or changed. Runs nothing. */

import { readServentFile } from '../../topologies/graph/servent-file';
import type { Topology, TopologyLink } from '../../topologies/graph/topology';
import type { Place } from '../../topologies/pictures/places';
import type { LinkView } from '../view';
import { PairList } from './pair-list';

export interface ModelServent {
  name: string;
  pairs: PairList;
  up: boolean;
  place: Place;
}

/** What can be changed of a link. */
export type LinkChange = Partial<Pick<LinkView, 'up' | 'oneWay' | 'lossPercent'>>;

export class OverlayModel {
  readonly topology: Topology;
  readonly servents: ReadonlyMap<string, ModelServent>;
  readonly links: LinkView[];
  literal = false;

  /** @param places one for each servent @throws OperatorError `file` when a servent's file cannot be read */
  constructor(topology: Topology, places: readonly Place[]) {
    this.topology = topology;
    this.servents = new Map(
      topology.servents.map((servent, i) => [
        servent.name,
        { name: servent.name, pairs: new PairList(readServentFile(servent)), up: true, place: places[i]! },
      ]),
    );
    this.links = topology.links.map(({ from, to, oneWay = false, delayMs = null, lossPercent = 0 }) => ({
      from,
      to,
      up: true,
      oneWay,
      lossPercent,
      delayMs,
    }));
  }

  /** The links that are not cut, as a topology has them. */
  get openLinks(): TopologyLink[] {
    return this.links
      .filter(({ up }) => up)
      .map(({ from, to, oneWay, lossPercent, delayMs }) => ({
        from,
        to,
        lossPercent,
        ...(oneWay ? { oneWay } : {}),
        ...(delayMs === null ? {} : { delayMs }),
      }));
  }

  /** Names of the servents that one knows. */
  neighboursOf(name: string): string[] {
    return this.openLinks.flatMap(({ from, to, oneWay }) =>
      from === name ? [to] : to === name && !oneWay ? [from] : [],
    );
  }

  /** The link between two servents, whichever was named first; undefined where there is none. */
  linkBetween(one: string, other: string): LinkView | undefined {
    return this.links.find(({ from, to }) => (from === one && to === other) || (from === other && to === one));
  }
}
