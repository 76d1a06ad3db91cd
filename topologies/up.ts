/** `topology up`: an overlay's servents as processes on loopback, a table of them, and the client at the first. */

import { relative } from 'node:path';
import { ANSWER_WAIT_MS } from '../client/core';
import { run as runClient } from '../client/shell';
import { peerOf } from '../shared/host-port';
import type { Io } from '../shared/program/run-main';
import { tableLines } from '../shared/program/table';
import { findTopology } from './graph/catalogue';
import { neighboursOf } from './graph/graph';
import type { Topology } from './graph/topology';
import { graphOfTopology } from './graph/topology';
import type { UpOptions } from './options';
import { type RunningServent, type ServentPlan, withOverlay } from './processes';

/** Runs until the client ends: at Ctrl-D, or with its input. Gives the client's exit status. */
export function up({ overlay }: UpOptions, io: Io): Promise<number> {
  return withOverlay(planOf(findTopology(overlay)), io, async (servents) => {
    serventLines(servents).forEach(io.out);
    io.out('');
    return runClient(
      {
        contact: peerOf(servents[0]!.address, 'the first servent'),
        keys: [],
        count: Number.POSITIVE_INFINITY,
        timeoutMs: ANSWER_WAIT_MS,
        json: false,
        nul: false,
      },
      io,
    );
  });
}

/** What each servent of a topology loads, and whom it knows. */
export function planOf(topology: Topology): ServentPlan[] {
  const graph = graphOfTopology(topology);
  return topology.servents.map(({ name, file }, i) => ({
    name,
    file,
    neighbours: Array.from(neighboursOf(graph, i), (neighbour) => topology.servents[neighbour]!.name),
  }));
}

/** A table of who listens where, holds what, and knows whom. */
function serventLines(servents: readonly RunningServent[]): string[] {
  return tableLines([
    ['servent', 'address', 'keys', 'file', 'neighbours'],
    ...servents.map(({ name, address, keys, file, neighbours }) => [
      name,
      address,
      String(keys),
      relative('', file),
      neighbours.join(' ') || '-',
    ]),
  ]);
}
