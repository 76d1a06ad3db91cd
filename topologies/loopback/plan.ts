/** What each servent of an overlay loads, and whom it knows: what must be known to start it. */

import { neighboursOf } from '../graph/graph';
import { graphOfTopology, type Topology } from '../graph/topology';

/** A servent to start. */
export interface ServentPlan {
  name: string;
  /** Path of its key-value file. */
  file: string;
  /** Names of the servents it knows. */
  neighbours: readonly string[];
}

/** A plan for each servent of a topology, in its order. */
export function planOf(topology: Topology): ServentPlan[] {
  const graph = graphOfTopology(topology);
  return topology.servents.map(({ name, file }, i) => ({
    name,
    file,
    neighbours: neighboursOf(graph, i).map((neighbour) => topology.servents[neighbour]!.name),
  }));
}
