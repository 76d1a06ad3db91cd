/** `topology draw`: an overlay as a picture, or for a terminal as a table of who knows whom. */

import { basename } from 'node:path';
import type { Streams } from '../shared/program/run-main';
import { tableLines } from '../shared/program/table';
import type { DrawOptions } from './command-line/overlay';
import { findTopology } from './graph/catalogue';
import { hopsFrom } from './graph/reach';
import { graphOfTopology, type Topology } from './graph/topology';
import { put } from './output';
import { drawOverlay, linkLabel } from './pictures/draw-overlay';

/** Draws the overlay. Gives the exit status. */
export async function draw({ overlay, sizes, output }: DrawOptions, streams: Streams): Promise<number> {
  const topology = findTopology(overlay, sizes);
  await put(output, { svg: () => drawOverlay(topology), text: () => textOf(topology) }, streams);
  return 0;
}

/** Who knows whom, over what sort of link, and how many a question asked there reaches. */
function textOf(topology: Topology): string {
  const { name, about, servents, links } = topology;
  const graph = graphOfTopology(topology);
  const known = new Map(servents.map((servent) => [servent.name, [] as string[]]));
  for (const link of links) {
    const label = linkLabel(link);
    const suffix = label && ` (${label})`;
    known.get(link.from)!.push(`${link.to}${suffix}`);
    if (!link.oneWay) known.get(link.to)!.push(`${link.from}${suffix}`);
  }
  return [
    `${name}: ${about}`,
    '',
    ...tableLines([
      ['servent', 'reaches', 'file', 'knows'],
      ...servents.map((servent, i) => [
        servent.name,
        String(hopsFrom(graph, i).size),
        basename(servent.file),
        known.get(servent.name)!.join(', ') || '-',
      ]),
    ]),
    '',
    'reaches: servents that hear a question asked there, itself among them.',
  ].join('\n');
}
