/** The picture of a flood: when each servent first heard, who answered, and every copy of the query as an arrow. */

import type { Topology } from '../graph/topology';
import { type FloodStep, type FloodSummary, summarizeFlood } from '../simulated/flood';
import { type Place, placesOf } from './places';
import { edge, node, type Part, render } from './render';

/** More labels than these hide what they label. */
const LABELLED_COPIES_MAX = 20;

/** Room for a time within each node. */
const STEP_INCHES = 1.6;

const LINE_STYLES = { first: 'solid', higher: 'bold', duplicate: 'dashed', lost: 'dotted' };

/** Draws a flood as SVG. Where the contact flooded twice, a way that both floods went is drawn once, as the first went it. */
export function drawFlood(topology: Topology, steps: readonly FloodStep[], key: string): Promise<string> {
  const summary = summarizeFlood(steps);
  const copies = distinctCopies(steps);
  const places = placesOf(topology);
  const nodes = topology.servents.map(({ name }, i) => serventNode(name, summary, places?.[i]));
  const used = new Set(copies.flatMap(({ from, to }) => [`${from} ${to}`, `${to} ${from}`]));
  const unused = topology.links
    .filter(({ from, to }) => !used.has(`${from} ${to}`))
    .map(({ from, to, oneWay }) => edge(from, to, { class: 'unused', dir: oneWay ? 'forward' : 'none' }));
  const labelled = copies.length <= LABELLED_COPIES_MAX;
  const arrows = copies.map((step) => copyEdge(step, labelled));
  return render({
    parts: [...nodes, ...unused, ...arrows],
    size: nodes.length,
    caption: captionOf(topology, copies, summary, key),
  });
}

function distinctCopies(steps: readonly FloodStep[]): FloodStep[] {
  const copies = steps.filter(({ message }) => message === 'QUERY');
  const firstFlood = new Map<string, number>();
  return copies.filter(({ from, to, lost = false, flood }) => {
    const way = `${from} ${to} ${lost}`;
    if (!firstFlood.has(way)) firstFlood.set(way, flood!);
    return firstFlood.get(way) === flood;
  });
}

function serventNode(name: string, { contact, heardMs, answered }: FloodSummary, place?: Place): Part {
  const atMs = heardMs.get(name);
  const hearing = name === contact ? 'contact' : atMs === undefined ? 'unreached' : 'heard';
  return node(
    name,
    {
      class: answered.has(name) ? `${hearing} answered` : hearing,
      peripheries: answered.has(name) ? '2' : '1',
      label: atMs === undefined ? name : `${name}\n${inMs(atMs)}`,
      tooltip: atMs === undefined ? `${name} heard nothing` : `${name} heard after ${inMs(atMs)}`,
    },
    place,
    STEP_INCHES,
  );
}

function copyEdge({ from, to, atMs, ttl, copy, lost }: FloodStep, labelled: boolean): Part {
  const what = lost ? 'lost' : copy!;
  return edge(from, to, {
    class: what,
    style: LINE_STYLES[what],
    label: labelled ? `  ${inMs(atMs)}, ttl ${ttl}  ` : '',
    tooltip: `${from} to ${to} after ${inMs(atMs)}, ttl ${ttl}: ${what}`,
  });
}

function captionOf(topology: Topology, copies: readonly FloodStep[], summary: FloodSummary, key: string): string {
  const { contact, asked, heardMs, answered } = summary;
  const count = (what: FloodStep['copy']) => copies.filter(({ copy }) => copy === what).length;
  const lost = copies.filter((step) => step.lost).length;
  return [
    topology.name,
    `"${key}" asked at ${contact}: ${heardMs.size} of ${topology.servents.length} servents heard, ${answered.size} answered`,
    ...(asked > 1 ? [`(asked ${asked} times: a way that both floods went is drawn once)`] : []),
    '(double ring: answered; dashed ring: never heard)',
    `solid arrows: first copies (${count('first')}); dashed: duplicates (${count('duplicate')})`,
    `bold: later copies with more hops left (${count('higher')})`,
    ...(lost > 0 ? [`dotted: lost on the way (${lost})`] : []),
  ].join('\n');
}

function inMs(ms: number): string {
  return `${Math.round(ms * 10) / 10} ms`;
}
