/** `topology trace`: follows one question through a simulated overlay, as a picture or as JSON lines. */

import type { Io } from '../shared/program/run-main';
import { linkPaths } from '../simulator/path';
import { findTopology } from './graph/catalogue';
import type { TraceOptions } from './options';
import { drawFlood } from './pictures/draw-flood';
import { flood } from './simulated/flood';

export async function trace({ overlay, sizes, json, path, ...options }: TraceOptions, io: Io): Promise<number> {
  const topology = findTopology(overlay, sizes);
  const steps = flood(topology, { ...options, path, paths: linkPaths(topology.links, path) });
  if (json) for (const step of steps) io.out(JSON.stringify(step));
  else io.out(await drawFlood(topology, steps, options.key));
  return 0;
}
