/**
 * Draws a figure as SVG that reads on light and dark pages, and in which a screen reader finds what is to be seen. Vega-Lite
 * says how marks, axes and legends stand. The same numbers give the same bytes on every machine.
 */

import type { Config, TopLevelSpec } from 'vega-lite';

export interface Figure {
  /** Of its file. */
  name: string;
  title: string;
  /** One sentence: what to see. */
  sentence: string;
  /** One or more panels, side by side, and how wide they are together, pixels. */
  panels: object[];
  width: number;
}

/** Colours on light pages, and what they become on dark ones. Each is used for one purpose, so that it can be found again. */
const COLOURS = {
  ground: ['#ffffff', '#0d1117'],
  ink: ['#1f2328', '#e6edf3'],
  dim: ['#59636e', '#9198a1'],
  grid: ['#d8dee4', '#30363d'],
  blue: ['#0a63c9', '#58a6ff'],
  orange: ['#b84a00', '#ff9a57'],
  green: ['#197534', '#4cc763'],
  purple: ['#7d4bd9', '#d2a8ff'],
  red: ['#b8235a', '#ff7eb0'],
} as const;

type Colour = keyof typeof COLOURS;

/** The colour as it is drawn; a dark page changes it. */
export function colour(name: Colour): string {
  return COLOURS[name][0];
}

/** Of series, in the order of the legend. Shapes differ too: no series is known by its colour alone. */
export const SERIES_COLOURS = (['blue', 'orange', 'green', 'purple', 'red'] as const).map(colour);
export const SERIES_SHAPES = ['circle', 'square', 'triangle-up', 'diamond', 'cross'];

const FONT = 'Helvetica, Arial, sans-serif';
/** How long the lines of a sentence may be, letters for each pixel of the panels' width. */
const LETTERS_PER_PIXEL = 0.175;

const CONFIG: Config = {
  font: FONT,
  // The figure as a whole has a description; one for each point would be most of the file.
  aria: false,
  view: { stroke: null },
  axis: {
    domainColor: colour('dim'),
    tickColor: colour('dim'),
    gridColor: colour('grid'),
    labelColor: colour('ink'),
    titleColor: colour('ink'),
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titlePadding: 8,
  },
  legend: {
    orient: 'bottom',
    labelColor: colour('ink'),
    titleColor: colour('ink'),
    labelFontSize: 12,
    labelLimit: 0,
    symbolSize: 70,
    symbolStrokeWidth: 2,
    columnPadding: 18,
  },
  header: { labelColor: colour('ink'), titleColor: colour('ink') },
  title: {
    anchor: 'start',
    color: colour('ink'),
    fontSize: 15,
    subtitleColor: colour('dim'),
    subtitleFontSize: 12,
    subtitlePadding: 6,
    subtitleLineHeight: 16,
    offset: 14,
  },
  mark: { color: colour('blue') },
  text: { color: colour('ink'), fontSize: 11 },
  range: { category: SERIES_COLOURS, symbol: SERIES_SHAPES },
  line: { strokeWidth: 2 },
  point: { size: 45, filled: true, opacity: 1 },
};

export async function drawFigure(figure: Figure): Promise<string> {
  const layout = {
    background: colour('ground'),
    padding: 14,
    config: CONFIG,
    spacing: 36,
    title: { text: figure.title, subtitle: wrap(figure.sentence, figure.width * LETTERS_PER_PIXEL) },
    hconcat: figure.panels,
  };
  // Vega awaits at its top level, to look for a canvas: it cannot be required.
  const [{ compile }, vega] = await Promise.all([import('vega-lite'), import('vega')]);
  const { textMetrics } = vega as unknown as VegaText;
  // Else it would find a canvas on some machines, and on others take each letter to be as wide as an M.
  textMetrics.width = ({ fontSize }, text) => textWidth(String(text), fontSize ?? 11);
  const view = new vega.View(vega.parse(compile(layout as unknown as TopLevelSpec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return describe(shorten(svg), figure);
}

/** A part of Vega that its types leave out: how wide it believes texts to be. */
interface VegaText {
  textMetrics: { width: (item: { fontSize?: number }, text: unknown) => number };
}

/** About as wide as in Helvetica, pixels. */
function textWidth(text: string, fontSize: number): number {
  const NARROW = /[ .,:;'|!()[\]fijltrI-]/;
  const WIDE = /[mwMWQOG%—]/;
  const ems = Array.from(text, (letter) => (NARROW.test(letter) ? 0.31 : WIDE.test(letter) ? 0.83 : 0.57));
  return fontSize * ems.reduce((sum, em) => sum + em, 0);
}

/** Adds the title, the sentence and the dark colours at the beginning of the picture. */
function describe(svg: string, { title, sentence }: Figure): string {
  const rules = Object.values(COLOURS).map(
    ([light, dark]) => `[fill="${light}"]{fill:${dark}}[stroke="${light}"]{stroke:${dark}}`,
  );
  const head = [
    `<title>${escapeXml(title)}</title>`,
    `<desc>${escapeXml(sentence)}</desc>`,
    `<style>@media (prefers-color-scheme:dark){${rules.join('')}}</style>`,
  ];
  return `${svg.replace(/^<svg([^>]*)>/, (_, attributes) => `<svg${attributes} role="img">\n${head.join('\n')}\n`)}\n`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * Takes out what describes each mark to a screen reader: the picture is described as a whole. Hundredths of a pixel are finer
 * than any screen, and stay the same when the last bit of a number does not.
 */
function shorten(svg: string): string {
  return svg
    .replace(/ (role|aria-[a-z]+)="[^"]*"/g, '')
    .replace(/-?\d+\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2))));
}

function wrap(text: string, lineMax: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= lineMax) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
