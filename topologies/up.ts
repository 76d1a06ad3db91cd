/** `topology up`: an overlay's servents as processes on loopback, a table of them, and the client at the first. */

import { relative } from 'node:path';
import { ANSWER_WAIT_MS } from '../client/core';
import { run as runClient } from '../client/shell';
import { peerOf } from '../shared/host-port';
import { interrupted, type Streams } from '../shared/program/run-main';
import { readyEvent, startProgram } from '../shared/program/start-program';
import { tableLines } from '../shared/program/table';
import type { UpOptions } from './command-line/loopback';
import { findTopology } from './graph/catalogue';
import { readServentFile } from './graph/servent-file';
import { planOf } from './loopback/plan';
import { type RunningServent, withOverlay } from './loopback/processes';

/** Runs until the client ends: at Ctrl-D, or with its input. Gives the client's exit status. */
export async function up(options: UpOptions, streams: Streams): Promise<number> {
  const { overlay, sizes, portFirst } = options;
  if (options.lab) return upInLab(options, streams);
  const topology = findTopology(overlay, sizes);
  // A file that cannot be read is told at once, and by its servent's name.
  topology.servents.forEach(readServentFile);
  return withOverlay(planOf(topology), portFirst, streams, async (servents) => {
    serventLines(servents).forEach(streams.out);
    streams.out('');
    return prompt(servents[0]!.address, streams);
  });
}

/** The same in the lab's page, and the client's prompt here: what is asked at either is seen in the page. */
async function upInLab({ overlay, sizes }: UpOptions, streams: Streams): Promise<number> {
  const chosen = Object.entries(sizes).flatMap(([size, value]) =>
    value === undefined ? [] : [`--${size}`, `${value}`],
  );
  const words = [...process.execArgv, require.resolve('../lab/main'), overlay, ...chosen, '--json'];
  const lab = startProgram(process.execPath, words, { tied: true });
  try {
    const { http, servent } = await readyEvent<{ http: string; servent: string }>(lab, 'the lab');
    streams.out(`Open http://${http} in a browser, or ask its first servent here.`);
    return await Promise.race([interrupted(streams), prompt(servent, streams)]);
  } finally {
    await lab.stop();
  }
}

/** The client's prompt. Gives its exit status. */
function prompt(servent: string, streams: Streams): Promise<number> {
  return runClient(
    {
      contact: peerOf(servent, 'the first servent'),
      keys: [],
      count: Number.POSITIVE_INFINITY,
      timeoutMs: ANSWER_WAIT_MS,
      json: false,
      value: false,
      nul: false,
    },
    streams,
  );
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
