/** Where the servents of an overlay stand on the page: regular ones by their nature, others where Graphviz puts them, always alike. */

import { Graphviz } from '@hpcc-js/wasm-graphviz';
import type { Topology } from '../../topologies/graph/topology';
import { type Place, placesOf } from '../../topologies/pictures/places';

/** Above this size forces on several scales are quicker. */
const LARGE = 60;
/** Above this one, circles that overlap are not moved apart: it would take minutes. */
const HUGE = 400;
/** Screens are wider than they are high. */
const WIDER = 1.5;

/** A place for each servent, in the topology's order; neighbours are about 1 apart. */
export async function layOut(topology: Topology): Promise<Place[]> {
  return placesOf(topology) ?? (await placedByForces(topology));
}

async function placedByForces({ servents, links }: Topology): Promise<Place[]> {
  const number = new Map(servents.map(({ name }, i) => [name, i]));
  const overlap = servents.length > HUGE ? 'true' : 'prism';
  const dot = [
    `graph { graph [start=1, overlap=${overlap}]; node [shape=circle, width=0.5, fixedsize=true, label=""]; edge [len=1];`,
    ...servents.map((_, i) => `${i};`),
    ...links.map(({ from, to }) => `${number.get(from)} -- ${number.get(to)};`),
    '}',
  ].join('\n');
  const graphviz = await Graphviz.load();
  const plain = graphviz.layout(dot, 'plain', servents.length > LARGE ? 'sfdp' : 'neato');
  const places = servents.map((): Place => ({ x: 0, y: 0 }));
  for (const line of plain.split('\n')) {
    const [what, node, x, y] = line.split(' ');
    // Graphviz counts upwards.
    if (what === 'node') places[Number(node)] = { x: WIDER * Number(x), y: -Number(y) };
  }
  return places;
}
