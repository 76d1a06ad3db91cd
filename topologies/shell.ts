/** The topology command's shell: hands each sub-command to the file of its name. */

import { resolve } from 'node:path';
import type { Streams } from '../shared/program/run-main';
import { tableLines } from '../shared/program/table';
import { check } from './check';
import { draw } from './draw';
import { loadShipped, shippedTopologies, topologyOf } from './graph/catalogue';
import { generate, KINDS } from './graph/generators';
import { formatTopology } from './graph/topology';
import type { TopologyOptions } from './options';
import { simulate } from './simulate';
import { trace } from './trace';
import { up } from './up';

/** Runs the command. Gives the exit status. */
export async function run(options: TopologyOptions, streams: Streams): Promise<number> {
  switch (options.command) {
    case 'list':
      listLines().forEach(streams.out);
      return 0;
    case 'generate':
      streams.out(
        formatTopology(topologyOf(options.kind, generate(options.kind, options.sizes)), resolve('')).trimEnd(),
      );
      return 0;
    case 'draw':
      return draw(options, streams);
    case 'simulate':
      return simulate(options, streams);
    case 'trace':
      return trace(options, streams);
    case 'up':
      return up(options, streams);
    case 'check':
      return check(options, streams);
  }
}

function listLines(): string[] {
  const shipped = shippedTopologies().map((name) => {
    const { servents, links, about } = loadShipped(name);
    return [name, String(servents.length), String(links.length), about];
  });
  const kinds = [...KINDS].map(([kind, { about, servents, degree }]) => [
    kind,
    String(servents),
    degree ? `${degree.default}: ${degree.means}` : '-',
    about,
  ]);
  return [
    ...tableLines([['overlay', 'servents', 'links', 'about'], ...shipped]),
    '',
    ...tableLines([['kind', 'servents', '--degree', 'about'], ...kinds]),
  ];
}
