/** The picture of one flood, as `topology trace diamond --from s1 --key ssh` draws it. */

import { linkPaths, PERFECT_PATH, uniform } from '../simulator/path';
import { findTopology } from '../topologies/graph/catalogue';
import { drawFlood } from '../topologies/pictures/draw-flood';
import { flood } from '../topologies/simulated/flood';

const KEY = 'ssh';

/** SVG, the same bytes every time. */
export async function floodPicture(): Promise<string> {
  const topology = findTopology('diamond');
  // As the command's defaults: they count for CLIREQ and RESPONSE, for the links' delays stand in the topology's file.
  const path = { ...PERFECT_PATH, delay: uniform(5, 50) };
  const steps = flood(topology, {
    from: 's1',
    key: KEY,
    seed: 1,
    literal: false,
    path,
    paths: linkPaths(topology.links, path),
  });
  return `${await drawFlood(topology, steps, KEY)}\n`;
}
