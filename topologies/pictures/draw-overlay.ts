/** The picture of an overlay: servents, links with their delay and loss; an arrow stands for a link that goes one way. */

import type { Topology, TopologyLink } from '../graph/topology';
import { placesOf } from './places';
import { edge, node, render } from './render';

/** Draws an overlay as SVG. */
export function drawOverlay(topology: Topology): Promise<string> {
  const places = placesOf(topology);
  const nodes = topology.servents.map(({ name, file }, i) =>
    node(name, { tooltip: `${name}: ${file.split(/[\\/]/).at(-1)}` }, places?.[i]),
  );
  const links = topology.links.map((link) =>
    edge(link.from, link.to, { class: 'link', dir: link.oneWay ? 'forward' : 'none', label: linkLabel(link) }),
  );
  return render({ parts: [...nodes, ...links], size: nodes.length, caption: `${topology.name}\n${topology.about}` });
}

/** What a link does to datagrams: `40 ms, 2 % lost`, or nothing. */
export function linkLabel({ delayMs, lossPercent }: TopologyLink): string {
  return [delayMs === undefined ? '' : `${delayMs} ms`, lossPercent ? `${lossPercent} % lost` : '']
    .filter(Boolean)
    .join(', ');
}
