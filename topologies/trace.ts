/** `topology trace`: follows one question through a simulated overlay: a picture, JSON lines, or for a terminal a table. */

import type { Streams } from '../shared/program/run-main';
import { tableLines } from '../shared/program/table';
import { linkPaths } from '../simulator/path';
import type { TraceOptions } from './command-line/simulated';
import { findTopology } from './graph/catalogue';
import type { Topology } from './graph/topology';
import { put } from './output';
import { drawFlood } from './pictures/draw-flood';
import { type FloodStep, flood, summarizeFlood } from './simulated/flood';

/** Traces the question. Gives the exit status. */
export async function trace(
  { overlay, sizes, output, path, ...options }: TraceOptions,
  streams: Streams,
): Promise<number> {
  const topology = findTopology(overlay, sizes);
  const steps = flood(topology, { ...options, path, paths: linkPaths(topology.links, path) });
  const forms = {
    svg: () => drawFlood(topology, steps, options.key),
    json: () => steps.map((step) => JSON.stringify(step)).join('\n'),
    text: () => textOf(topology, steps, options.key),
  };
  await put(output, forms, streams);
  return 0;
}

const MEANINGS = {
  first: 'first copy',
  higher: 'later copy with more hops left, passed on',
  duplicate: 'duplicate, dropped',
};

/** A line a datagram, in the order in which they arrived. */
function textOf({ name, servents }: Topology, steps: readonly FloodStep[], key: string): string {
  const { contact, asked, heardMs, answered } = summarizeFlood(steps);
  const again = asked > 1 ? `, asked ${asked} times` : '';
  return [
    ...tableLines([
      ['ms', 'message', 'from', 'to', 'ttl', ''],
      ...steps.map(({ atMs, message, from, to, ttl, copy, lost }) => [
        (Math.round(atMs * 10) / 10).toFixed(1),
        message,
        from,
        to,
        ttl === undefined ? '-' : String(ttl),
        lost ? 'lost' : copy ? MEANINGS[copy] : '',
      ]),
    ]),
    '',
    `${name}: "${key}" asked at ${contact}: ${heardMs.size} of ${servents.length} servents heard, ${answered.size} answered${again}`,
  ].join('\n');
}
