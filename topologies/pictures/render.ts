/** Pictures of graphs: what is to be seen goes to Graphviz, which lays it out, and comes back as SVG for light and dark pages. */

import { type Engine, Graphviz } from '@hpcc-js/wasm-graphviz';
import type { Place } from './places';
import { STYLE } from './style';

/** A node or an edge. */
export interface Part {
  /** Its line in Graphviz's language. */
  dot: string;
  has?: 'place' | 'label';
}

/** A picture to draw. */
export interface Picture {
  parts: readonly Part[];
  /** Number of nodes. */
  size: number;
  /** Stands below, one line or more. */
  caption: string;
}

/** Above this size a picture is laid out by forces on several scales, and drawn smaller. */
const LARGE = 60;
/** Graphviz has no fonts here, but knows how wide the letters of this one are: no usual sans font has wider words. */
const MEASURED_FONT = 'Courier';
const SHOWN_FONTS = 'Helvetica,Arial,DejaVu Sans,sans-serif';

/** Draws a picture: SVG with a background of its own, light, or dark where the reader prefers that. */
export async function render({ parts, size, caption }: Picture): Promise<string> {
  const isLarge = size > LARGE;
  const engine = engineFor(parts, isLarge);
  const dot = [
    'digraph {',
    `graph [rankdir=LR, bgcolor=white, ${engine.spread}, splines=true, pad=0.2, outputorder=edgesfirst, fontname="${MEASURED_FONT}", fontsize=${isLarge ? 20 : 11}, labelloc=b, label=${quoted(caption)}];`,
    `node [shape=ellipse, fontname="${MEASURED_FONT}", fontsize=${isLarge ? 9 : 11}, margin="0.04,0.02", width=${isLarge ? 0.35 : 0.5}, height=0.3];`,
    `edge [fontname="${MEASURED_FONT}", fontsize=8, arrowsize=0.6, len=1.1];`,
    ...parts.map((part) => part.dot),
    '}',
  ].join('\n');
  const graphviz = await Graphviz.load();
  const measured = graphviz.layout(dot, 'svg', engine.name);
  const svg = measured.replaceAll(/font-family="Courier[^"]*"/g, `font-family="${SHOWN_FONTS}"`);
  // The first tag's end: what stands before it is Graphviz's preamble.
  const at = svg.indexOf('>', svg.indexOf('<svg')) + 1;
  return `${svg.slice(0, at)}\n${STYLE}${svg.slice(at)}`.trimEnd();
}

/** Which of Graphviz's layouts suits, and how nodes that would overlap are spread. */
function engineFor(parts: readonly Part[], isLarge: boolean): { name: Engine; spread: string } {
  const APART = 'overlap=prism, overlap_scaling=3';
  // Labels need room of their own, which only the layout in layers gives them: from the left, as a flood goes.
  if (parts.some(({ has }) => has === 'label')) return { name: 'dot', spread: APART };
  if (parts.some(({ has }) => has === 'place')) return { name: 'neato', spread: 'overlap=true' };
  return { name: isLarge ? 'sfdp' : 'neato', spread: APART };
}

/** A node, at a place of its own, `stepInches` from the next, or where Graphviz puts it. */
export function node(name: string, attributes: Record<string, string>, place?: Place, stepInches = 0.9): Part {
  if (!place) return { dot: `${quoted(name)} ${attributeList(attributes)};` };
  // Graphviz counts upwards, and takes a pinned node by its exclamation mark.
  const pos = `${(place.x * stepInches).toFixed(3)},${(-place.y * stepInches).toFixed(3)}!`;
  return { dot: `${quoted(name)} ${attributeList({ ...attributes, pos })};`, has: 'place' };
}

/** An arrow, or with `dir: 'none'` a line. */
export function edge(from: string, to: string, attributes: Record<string, string>): Part {
  const dot = `${quoted(from)} -> ${quoted(to)} ${attributeList(attributes)};`;
  return attributes.label ? { dot, has: 'label' } : { dot };
}

function attributeList(attributes: Record<string, string>): string {
  const present = Object.entries(attributes).filter(([, value]) => value !== '');
  return `[${present.map(([key, value]) => `${key}=${quoted(value)}`).join(', ')}]`;
}

/** In Graphviz's language a backslash before `n` breaks the line; every other one is meant as it stands. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
