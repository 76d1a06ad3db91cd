/** The topology command's shell: hands each sub-command to the file of its name. */

import type { Io } from '../shared/run-main';
import { tableLines } from '../shared/table';
import { findTopology, shippedTopologies } from './catalogue';
import { check } from './check';
import { KINDS } from './generators';
import type { TopologyOptions } from './options';
import { up } from './up';

/** Runs the command. Gives the exit status. */
export async function run(options: TopologyOptions, io: Io): Promise<number> {
  switch (options.command) {
    case 'list':
      listLines().forEach(io.out);
      return 0;
    case 'up':
      return up(options, io);
    case 'check':
      return check(options, io);
  }
}

function listLines(): string[] {
  const shipped = shippedTopologies().map((name) => {
    const { servents, links, about } = findTopology(name);
    return [name, String(servents.length), String(links.length), about];
  });
  const kinds = [...KINDS].map(([kind, { about }]) => [kind, about]);
  return [
    ...tableLines([['overlay', 'servents', 'links', 'about'], ...shipped]),
    '',
    ...tableLines([['kind', 'about'], ...kinds]),
  ];
}
