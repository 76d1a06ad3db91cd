/** `topology up`: an overlay's servents as processes on loopback, a table of them, and the client at the first. */

import { relative } from 'node:path';
import { ANSWER_WAIT_MS } from '../client/core';
import { run as runClient } from '../client/shell';
import { peerOf } from '../shared/host-port';
import type { Streams } from '../shared/program/run-main';
import { tableLines } from '../shared/program/table';
import type { UpOptions } from './command-line/loopback';
import { findTopology } from './graph/catalogue';
import { readServentFile } from './graph/servent-file';
import { planOf } from './loopback/plan';
import { type RunningServent, withOverlay } from './loopback/processes';

/** Runs until the client ends: at Ctrl-D, or with its input. Gives the client's exit status. */
export async function up({ overlay, sizes, portFirst }: UpOptions, streams: Streams): Promise<number> {
  const topology = findTopology(overlay, sizes);
  // A file that cannot be read is told at once, and by its servent's name.
  topology.servents.forEach(readServentFile);
  return withOverlay(planOf(topology), portFirst, streams, async (servents) => {
    serventLines(servents).forEach(streams.out);
    streams.out('');
    return runClient(
      {
        contact: peerOf(servents[0]!.address, 'the first servent'),
        keys: [],
        count: Number.POSITIVE_INFINITY,
        timeoutMs: ANSWER_WAIT_MS,
        json: false,
        value: false,
        nul: false,
      },
      streams,
    );
  });
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
