/** What a question costs in each overlay that comes with the package, and the least that any protocol could do it with. */

import { constant, PERFECT_PATH } from '../../simulator/path';
import { findTopology, shippedTopologies } from '../../topologies/graph/catalogue';
import { graphOfTopology, type Topology } from '../../topologies/graph/topology';
import { Floods } from '../floods';
import { mean, range, rounded } from '../numbers';

export interface LeastCostRow {
  topology: string;
  servents: number;
  /** Each a mean over all servents as contacts, all holding the key. Servents that answered: */
  reached: number;
  /** QUERYs sent. */
  queries: number;
  /** A tree over those reached, along which each hears once. */
  queriesLeast: number;
  /** Everything sent: the CLIREQ, QUERYs and RESPONSEs; and the least. */
  datagrams: number;
  datagramsLeast: number;
  /** How many times the least the QUERYs are. */
  queriesRatio: number;
}

export function leastCostExperiment(): LeastCostRow[] {
  return shippedTopologies().map((name) => costOf(findTopology(name)));
}

export function costOf(topology: Topology): LeastCostRow {
  const graph = graphOfTopology(topology);
  const paths = topology.links.map(({ delayMs = 1 }) => ({ ...PERFECT_PATH, delay: constant(delayMs) }));
  const floods = new Floods(graph, { seed: 1, paths });
  const outcomes = range(graph.size).map((contact) => floods.ask(contact));
  const reached = mean(outcomes.map((flood) => flood.reached));
  const queries = mean(outcomes.map((flood) => flood.queries));
  return {
    topology: topology.name,
    servents: graph.size,
    reached: rounded(reached),
    queries: rounded(queries),
    queriesLeast: rounded(reached - 1),
    datagrams: rounded(1 + queries + reached),
    datagramsLeast: rounded(2 * reached),
    queriesRatio: rounded(queries / (reached - 1)),
  };
}
