/** One question followed through a simulated overlay: who heard when, over which link, and which copies came too late to matter. */

import { parseKeyValueFile } from '../../servent/key-value-file';
import { usageError } from '../../shared/errors';
import { decode } from '../../shared/wire/overlay/message';
import type { Path } from '../../simulator/path';
import { readServentFile } from '../graph/servent-file';
import { graphOfTopology, type Topology } from '../graph/topology';
import { serventAt } from './address';
import { SimulatedOverlay } from './overlay';

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
  /** Of a QUERY: which of the contact's floods it belongs to, from 1. There is one for each CLIREQ that reached the contact. */
  flood?: number;
  /** Of a QUERY that arrived: what it was among the copies of its flood. */
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
  /** Who has heard each flood. Bounded by the CLIREQs of one question: two, each duplicated at most once. */
  const floods: { sequence: number; heard: Set<string> }[] = [];
  const nameOf = (endpoint: number) => names[serventAt(endpoint, graph.size)] ?? 'client';
  const stepOf = (datagram: Uint8Array, sender: number, receiver: number, atMs: number): FloodStep => {
    const message = decode(datagram);
    const step: FloodStep = { atMs, message: message.type, from: nameOf(sender), to: nameOf(receiver) };
    if (message.type !== 'QUERY') return step;
    const { ttl, sequence } = message;
    const known = floods.findIndex((flood) => flood.sequence === sequence);
    // The first copy of a flood comes from its contact servent.
    const index = known >= 0 ? known : floods.push({ sequence, heard: new Set([step.from]) }) - 1;
    return { ...step, ttl, flood: index + 1 };
  };
  const copyOf = ({ flood, to }: FloodStep): CopyKind => {
    const { heard } = floods[flood! - 1]!;
    const copy = heard.has(to) ? 'higher' : 'first';
    heard.add(to);
    return copy;
  };
  const simulated = new SimulatedOverlay({
    ...network,
    graph,
    pairs: (servent) => parseKeyValueFile(readServentFile(topology.servents[servent]!)).pairs,
    observers: [
      {
        delivered(datagram, sender, receiver, nowMs) {
          const step = stepOf(datagram, sender, receiver, nowMs);
          if (step.message === 'QUERY') step.copy = copyOf(step);
          steps.push(step);
        },
        dropped(_servent, reason) {
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

/** What a flood came to. */
export interface FloodSummary {
  /** The servent asked. */
  contact: string;
  /** CLIREQs that arrived or were lost. */
  asked: number;
  /** When each servent first heard, milliseconds since the question; those that never did are not there. */
  heardMs: Map<string, number>;
  /** Who sent an answer, whether or not it arrived. */
  answered: Set<string>;
}

/** Sums up the steps of one question. */
export function summarizeFlood(steps: readonly FloodStep[]): FloodSummary {
  const asked = steps.filter(({ message }) => message === 'CLIREQ');
  const heardMs = new Map<string, number>();
  for (const { to, atMs, lost } of steps) if (to !== 'client' && !lost && !heardMs.has(to)) heardMs.set(to, atMs);
  const answered = new Set(steps.filter(({ message }) => message === 'RESPONSE').map(({ from }) => from));
  return { contact: asked[0]!.to, asked: asked.length, heardMs, answered };
}
