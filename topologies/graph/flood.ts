/** One question followed through a simulated overlay: who heard when, over which link, and which copies came too late to matter. */

import { readFileSync } from 'node:fs';
import { parseKeyValueFile } from '../../servent/key-value-file';
import { OperatorError, usageError } from '../../shared/errors';
import { decode } from '../../shared/wire/overlay/message';
import type { Path } from '../../simulator/path';
import { serventAt } from '../simulated/address';
import { Network } from '../simulated/network';
import { graphOfTopology, type Topology } from './topology';

/** What a QUERY was to the servent that heard it. */
export type CopyKind =
  /** The first. */
  | 'first'
  /** A later one that went on, for it had more hops left than any before. */
  | 'higher'
  /** A later one that was dropped. */
  | 'duplicate';

/** One datagram that arrived, or was lost. */
export interface FloodStep {
  /** Milliseconds since the question. */
  atMs: number;
  message: 'CLIREQ' | 'QUERY' | 'RESPONSE';
  /** Names of servents, or `client`. */
  from: string;
  to: string;
  /** Of a QUERY: hops left. */
  ttl?: number;
  /** Of a QUERY that arrived. */
  copy?: CopyKind;
  /** It was lost on the way. */
  lost?: true;
}

export interface FloodOptions {
  /** Name of the contact servent. */
  from: string;
  key: string;
  seed: number;
  literal: boolean;
  path: Path;
  paths: readonly Path[];
}

/** Runs one question. @throws OperatorError `usage` for a name that is no servent's, `file` for a file that cannot be read. */
export function flood(topology: Topology, { from, key, ...network }: FloodOptions): FloodStep[] {
  const names = topology.servents.map(({ name }) => name);
  const contact = names.indexOf(from);
  if (contact < 0) throw usageError(`expected a servent of ${topology.name} for --from, got "${from}"`);
  const graph = graphOfTopology(topology);
  const steps: FloodStep[] = [];
  const heard = new Set<string>();
  const nameOf = (endpoint: number) => names[serventAt(endpoint, graph.size)] ?? 'client';
  const stepOf = (datagram: Uint8Array, sender: number, receiver: number, atMs: number): FloodStep => {
    const message = decode(datagram);
    const step: FloodStep = { atMs, message: message.type, from: nameOf(sender), to: nameOf(receiver) };
    if (message.type === 'QUERY') step.ttl = message.ttl;
    return step;
  };
  const simulated = new Network({
    ...network,
    graph,
    pairs: (servent) => pairsOf(topology.servents[servent]!.file),
    observers: [
      {
        delivered(datagram, sender, receiver, nowMs) {
          const step = stepOf(datagram, sender, receiver, nowMs);
          if (step.message === 'QUERY') step.copy = heard.has(step.to) ? 'higher' : 'first';
          if (step.to !== 'client') heard.add(step.to);
          steps.push(step);
        },
        dropped(reason) {
          if (reason === 'seen') steps.at(-1)!.copy = 'duplicate';
        },
        lost(_reason, datagram, sender, receiver, nowMs) {
          steps.push({ ...stepOf(datagram, sender, receiver, nowMs), lost: true });
        },
      },
    ],
  });
  simulated.ask({ contact, key: Buffer.from(key) });
  simulated.run();
  return steps;
}

function pairsOf(file: string): ReturnType<typeof parseKeyValueFile>['pairs'] {
  try {
    return parseKeyValueFile(readFileSync(file)).pairs;
  } catch (cause) {
    throw new OperatorError('file', `cannot read "${file}": ${(cause as Error).message}`, { cause });
  }
}
