/** Where the servents of a regular overlay stand: a straight line, a circle, rows and columns. Others are left to Graphviz. */

import { OperatorError } from '../../shared/errors';
import { columnsOfGrid, generate, graphOfShape } from '../graph/generators';
import { type Graph, neighboursOf } from '../graph/graph';
import { graphOfTopology, type Topology } from '../graph/topology';

/** To the right and downwards; two servents side by side are 1 apart. */
export interface Place {
  x: number;
  y: number;
}

/** Kinds with a natural look; one is known by its links, whatever its name. */
const NATURAL: readonly [kind: string, place: (servent: number, size: number) => Place][] = [
  ['line', (servent) => ({ x: servent, y: 0 })],
  ['ring', onCircle],
  ['directed-ring', onCircle],
  ['mesh', onCircle],
  ['star', (servent, size) => (servent === 0 ? { x: 0, y: 0 } : onCircle(servent - 1, size - 1))],
  ['grid', inRows],
  ['islands', onTwoCircles],
];

/** A place for each servent, in the file's order; undefined for an overlay without a natural look. */
export function placesOf(topology: Topology): Place[] | undefined {
  const size = topology.servents.length;
  const arcs = arcsOf(graphOfTopology(topology));
  const found = NATURAL.find(([kind]) => {
    const natural = naturalGraph(kind, size);
    return natural !== undefined && arcsOf(natural) === arcs;
  });
  return found && topology.servents.map((_, servent) => found[1](servent, size));
}

/** Undefined for a size that the kind cannot have. */
function naturalGraph(kind: string, servents: number): Graph | undefined {
  try {
    return graphOfShape(generate(kind, { servents }));
  } catch (error) {
    if (error instanceof OperatorError) return undefined;
    throw error;
  }
}

/** Who knows whom as one text, whatever the order of the links. */
function arcsOf(graph: Graph): string {
  const lists = Array.from({ length: graph.size }, (_, servent) => neighboursOf(graph, servent).sort((a, b) => a - b));
  return lists.map((list) => list.join(' ')).join(',');
}

/** Clockwise from the top, around (0, 0). */
function onCircle(servent: number, size: number): Place {
  const radius = radiusOf(size);
  const angle = (2 * Math.PI * servent) / size;
  return { x: radius * Math.sin(angle), y: -radius * Math.cos(angle) };
}

function radiusOf(size: number): number {
  return Math.max(1, size / (2 * Math.PI));
}

function inRows(servent: number, size: number): Place {
  const columns = columnsOfGrid(size);
  return { x: servent % columns, y: Math.floor(servent / columns) };
}

/** The ends of the link that joins the circles look at each other. */
function onTwoCircles(servent: number, size: number): Place {
  const first = Math.ceil(size / 2);
  const isFirst = servent < first;
  const { x, y } = isFirst ? onCircle(servent, first) : onCircle(servent - first, size - first);
  const apart = 0.5 + radiusOf(first);
  // A quarter turn: what is at the top comes to face the other circle.
  return isFirst ? { x: -y - apart, y: x } : { x: y + apart, y: -x };
}
