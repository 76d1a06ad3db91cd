/** A picture of an exchange: a line for each party, an arrow for each datagram, time running down. */

import type { Said } from '../exchange';
import { attribute } from './markup';

const COLUMN = 190;
const MARGIN = 110;
const ROW = 34;
const TOP = 44;
/** More arrows are no picture. */
const ARROWS_MAX = 40;
/** More of its words than these are not shown above an arrow, and so wide are they. */
const WORDS_MAX = 80;
const WORDS_WIDTH = 630;

/** The parties that are the program under test. */
const GRADED = ['program', 'follower'];

/** SVG, in the colours of whatever it stands in. */
export function sequenceDiagram(said: readonly Said[], wordsOf: (said: Said) => string): string {
  const arrows = said.slice(-ARROWS_MAX);
  const names = [...new Set(arrows.flatMap(({ from, to }) => [from.name, to.name]))];
  // The program under test stands behind the client, its neighbours behind it.
  names.sort((a, b) => rankOf(a) - rankOf(b));
  const x = (name: string): number => MARGIN + names.indexOf(name) * COLUMN;
  // The words of the arrow furthest to the right begin at the last party but one.
  const width = MARGIN + Math.max(0, names.length - 2) * COLUMN + WORDS_WIDTH;
  const height = TOP + ROW * (arrows.length + 1);
  const lines = names.map(
    (name) =>
      `<text x="${x(name)}" y="20" class="party">${attribute(name)}</text><line x1="${x(name)}" y1="30" x2="${x(name)}" y2="${height - 10}" class="life"/>`,
  );
  const left = said.length - arrows.length;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img" aria-label="what was said">`,
    ...(left > 0 ? [`<text x="4" y="${TOP - 6}" class="time">the last ${arrows.length} of ${said.length}</text>`] : []),
    ...lines,
    ...arrows.map((one, i) => arrow(one, TOP + ROW * (i + 0.7), x, wordsOf(one))),
    '</svg>',
  ].join('\n');
}

function rankOf(name: string): number {
  return name === 'client' ? 0 : name === 'program' ? 1 : 2;
}

function arrow({ atMs, from, to }: Said, y: number, x: (name: string) => number, words: string): string {
  const [x1, x2] = [x(from.name), x(to.name)];
  const back = x2 < x1 ? 1 : -1;
  const head = `${x2},${y} ${x2 + back * 9},${y - 4} ${x2 + back * 9},${y + 4}`;
  const short = words.length > WORDS_MAX ? `${words.slice(0, WORDS_MAX)}...` : words;
  return [
    `<text x="4" y="${y + 4}" class="time">${atMs.toFixed(0)} ms</text>`,
    `<g class="${GRADED.includes(from.name) ? 'from-program' : 'to-program'}"><line x1="${x1}" y1="${y}" x2="${x2}" y2="${y}"/><polygon points="${head}"/>`,
    `<text x="${Math.min(x1, x2) + 8}" y="${y - 6}">${attribute(short)}</text></g>`,
  ].join('');
}
