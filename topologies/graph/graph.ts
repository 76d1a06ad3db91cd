/** Who knows whom, in typed arrays: an overlay without names, small enough for a million servents. */

/** Links between servents numbered from 0. Link i goes from `from[i]` to `to[i]`, and back unless `oneWay(i)`. */
export interface Links {
  size: number;
  from: ArrayLike<number>;
  to: ArrayLike<number>;
  oneWay: (link: number) => boolean;
}

/** The arcs of servent s are those numbered from `arcStart[s]` up to, but not, `arcStart[s + 1]`, in the order of the links. */
export interface Graph {
  size: number;
  arcStart: Uint32Array;
  /** Whom the arc leads to. */
  arcTo: Uint32Array;
  /** The link that the arc belongs to. */
  arcLink: Uint32Array;
}

/** The graph of links, each servent's arcs in the links' order. */
export function graphOf({ size, from, to, oneWay }: Links): Graph {
  const arcStart = new Uint32Array(size + 1);
  for (let link = 0; link < from.length; link++) {
    arcStart[from[link]! + 1]!++;
    if (!oneWay(link)) arcStart[to[link]! + 1]!++;
  }
  for (let servent = 0; servent < size; servent++) arcStart[servent + 1]! += arcStart[servent]!;
  const arcs = arcStart[size]!;
  const graph = { size, arcStart, arcTo: new Uint32Array(arcs), arcLink: new Uint32Array(arcs) };
  const next = arcStart.slice();
  const put = (servent: number, neighbour: number, link: number) => {
    const arc = next[servent]!++;
    graph.arcTo[arc] = neighbour;
    graph.arcLink[arc] = link;
  };
  for (let link = 0; link < from.length; link++) {
    put(from[link]!, to[link]!, link);
    if (!oneWay(link)) put(to[link]!, from[link]!, link);
  }
  return graph;
}

/** The neighbours that a servent knows, in the order of its links. */
export function neighboursOf(graph: Graph, servent: number): number[] {
  return Array.from(graph.arcTo.subarray(graph.arcStart[servent], graph.arcStart[servent + 1]));
}
