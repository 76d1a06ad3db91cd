/** Overlays and floods as pictures: what is to be seen is written in Graphviz's language, and Graphviz lays it out as SVG. */

import { Graphviz } from '@hpcc-js/wasm-graphviz';
import type { CopyKind, FloodStep } from './graph/flood';
import type { Topology, TopologyLink } from './graph/topology';

/** An overlay: servents, links with their delay and loss; an arrow stands for a link that goes one way. */
export function drawTopology(topology: Topology): Promise<string> {
  const nodes = topology.servents.map(({ name, file }) =>
    node(name, { tooltip: `${name}: ${file.split(/[\\/]/).at(-1)}` }),
  );
  const links = topology.links.map((link) =>
    edge(link.from, link.to, { class: 'link', dir: link.oneWay ? 'forward' : 'none', label: linkLabel(link) }),
  );
  return render(topology, [...nodes, ...links], topology.about);
}

/** A flood: when each servent first heard, who answered, and every copy of the query as an arrow. */
export function drawFlood(topology: Topology, steps: readonly FloodStep[], key: string): Promise<string> {
  const first = new Map<string, FloodStep>();
  for (const step of steps) if (step.to !== 'client' && !step.lost && !first.has(step.to)) first.set(step.to, step);
  const answered = new Set(steps.filter(({ message }) => message === 'RESPONSE').map(({ from }) => from));
  const copies = steps.filter(({ message }) => message === 'QUERY');
  // The contact may have been asked twice: the second flood goes the same ways.
  const contact = steps.find(({ message }) => message === 'CLIREQ')?.to;
  const used = new Set(copies.flatMap(({ from, to }) => [`${from} ${to}`, `${to} ${from}`]));
  const nodes = topology.servents.map(({ name }) => {
    const heard = first.get(name);
    const classes = [
      name === contact ? 'contact' : heard ? 'heard' : 'unreached',
      answered.has(name) ? 'answered' : '',
    ];
    return node(name, {
      class: classes.join(' ').trim(),
      peripheries: answered.has(name) ? '2' : '1',
      label: heard ? `${name}\n${inMs(heard.atMs)}` : name,
      tooltip: heard ? `${name} heard after ${inMs(heard.atMs)}` : `${name} heard nothing`,
    });
  });
  const links = topology.links
    .filter(({ from, to }) => !used.has(`${from} ${to}`))
    .map(({ from, to, oneWay }) => edge(from, to, { class: 'unused', dir: oneWay ? 'forward' : 'none' }));
  const arrows = copies.map((step) => {
    const what = step.lost ? 'lost' : step.copy!;
    return edge(step.from, step.to, {
      class: what,
      style: STYLES[what],
      label: copies.length <= LABELLED_COPIES_MAX ? `  ${inMs(step.atMs)}, ttl ${step.ttl}  ` : '',
      tooltip: `${step.from} to ${step.to} after ${inMs(step.atMs)}, ttl ${step.ttl}: ${what}`,
    });
  });
  const count = (kind: CopyKind) => copies.filter(({ copy }) => copy === kind).length;
  const caption = [
    `"${key}" asked at ${contact}: ${first.size} of ${topology.servents.length} servents heard, ${answered.size} answered`,
    '(double ring: answered; dashed ring: never heard)',
    `solid arrows: first copies (${count('first')}); dashed: duplicates (${count('duplicate')})`,
    `bold: later copies with more hops left (${count('higher')})`,
  ].join('\n');
  return render(topology, [...nodes, ...links, ...arrows], caption);
}

/** Graphviz knows how wide Helvetica's letters are; the others look alike. */
const FONT = 'Helvetica,Arial,sans-serif';
/** More labels than these hide what they label. */
const LABELLED_COPIES_MAX = 20;
/** Above this size a picture is laid out by forces on several scales, and drawn smaller. */
const LARGE = 60;

const STYLES = { first: 'solid', higher: 'bold', duplicate: 'dashed', lost: 'dotted' };

interface Palette {
  ink: string;
  dim: string;
  face: string;
  accent: string;
  good: string;
  bad: string;
}

const ON_LIGHT: Palette = {
  ink: '#24292f',
  dim: '#8c959f',
  face: '#ffffff',
  accent: '#0969da',
  good: '#1a7f37',
  bad: '#cf222e',
};
const ON_DARK: Palette = {
  ink: '#e6edf3',
  dim: '#6e7681',
  face: '#161b22',
  accent: '#58a6ff',
  good: '#3fb950',
  bad: '#f85149',
};

/** Colours are written out, not named by variables, which many viewers of SVG do not know. */
function rules({ ink, dim, face, accent, good, bad }: Palette): string {
  const line = (kind: string, colour: string) =>
    `.${kind} path { stroke: ${colour}; } .${kind} polygon { stroke: ${colour}; fill: ${colour}; }`;
  return [
    `text { fill: ${ink}; }`,
    `.node ellipse { stroke: ${ink}; }`,
    // The outer ring of two is drawn last, and must not cover the inner one.
    `.node ellipse:first-of-type { fill: ${face}; }`,
    line('edge', ink),
    `.edge text { fill: ${dim}; }`,
    `.unreached ellipse { stroke: ${dim}; stroke-dasharray: 3 3; }`,
    `.unreached text { fill: ${dim}; }`,
    `.answered ellipse { stroke: ${good}; }`,
    `.contact ellipse { stroke: ${accent}; stroke-width: 2; }`,
    line('unused', dim),
    line('duplicate', dim),
    line('first', accent),
    line('higher', good),
    line('lost', bad),
  ].join('\n');
}

/** The picture itself has no background: it shows the page's, light or dark. */
const STYLE = `<style>\n${rules(ON_LIGHT)}\n@media (prefers-color-scheme: dark) {\n${rules(ON_DARK)}\n}\n</style>`;

async function render({ name, servents }: Topology, parts: readonly string[], caption: string): Promise<string> {
  const large = servents.length > LARGE;
  // Labels need room of their own, which only the layout in layers gives them: from the left, as a flood goes.
  const labelled = parts.some((part) => part.includes('->') && part.includes('label='));
  const engine = labelled ? 'dot' : large ? 'sfdp' : 'neato';
  const dot = [
    'digraph {',
    `graph [rankdir=LR, bgcolor=transparent, overlap=prism, overlap_scaling=3, splines=true, pad=0.2, outputorder=edgesfirst, fontname="${FONT}", fontsize=${large ? 20 : 11}, labelloc=b, label=${quoted(`${name}\n${caption}`)}];`,
    `node [shape=ellipse, fontname="${FONT}", fontsize=${large ? 9 : 11}, margin="0.04,0.02", width=${large ? 0.35 : 0.5}, height=0.3];`,
    `edge [fontname="${FONT}", fontsize=8, arrowsize=0.6, len=1.1];`,
    ...parts,
    '}',
  ].join('\n');
  const graphviz = await Graphviz.load();
  const svg = graphviz.layout(dot, 'svg', engine);
  // The first tag's end: what stands before it is Graphviz's preamble.
  const at = svg.indexOf('>', svg.indexOf('<svg')) + 1;
  return `${svg.slice(0, at)}\n${STYLE}${svg.slice(at)}`.trimEnd();
}

function node(name: string, attributes: Record<string, string>): string {
  return `${quoted(name)} ${attributeList(attributes)};`;
}

function edge(from: string, to: string, attributes: Record<string, string>): string {
  return `${quoted(from)} -> ${quoted(to)} ${attributeList(attributes)};`;
}

function attributeList(attributes: Record<string, string>): string {
  const present = Object.entries(attributes).filter(([, value]) => value !== '');
  return `[${present.map(([key, value]) => `${key}=${quoted(value)}`).join(', ')}]`;
}

/** In Graphviz's language a backslash before `n` breaks the line; every other one is meant as it stands. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function linkLabel({ delayMs, lossPercent }: TopologyLink): string {
  return [delayMs === undefined ? '' : `${delayMs} ms`, lossPercent ? `${lossPercent} % lost` : '']
    .filter(Boolean)
    .join(', ');
}

function inMs(ms: number): string {
  return `${Math.round(ms * 10) / 10} ms`;
}
