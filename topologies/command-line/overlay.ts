/** Command lines of what looks at an overlay: `list`, `generate`, `draw`. */

import type { Command } from '../../shared/program/declarations';
import { KINDS, type Sizes } from '../graph/generators';
import type { Output } from '../output';
import {
  declareOutput,
  declareSeed,
  declareSizes,
  type OutputWords,
  outputOf,
  overlayWord,
  type SizeWords,
  sizesOf,
} from './common';

/** Lists the overlays that come with the package, and the kinds that can be made. */
export interface ListOptions {
  command: 'list';
}

/** Prints a topology file of a kind, its key-value files as seen from the current folder. */
export interface GenerateOptions {
  command: 'generate';
  kind: string;
  sizes: Sizes;
}

/** Draws the overlay. */
export interface DrawOptions {
  command: 'draw';
  overlay: string;
  sizes: Sizes;
  output: Output<'svg' | 'text'>;
}

export const LIST: Command<ListOptions> = {
  synopsis: 'list',
  about: 'List the overlays that come with the package, and the kinds that can be made',
  positionals: (line) => line,
  declareOptions: (line) => line,
  toOptions: () => ({ command: 'list' }),
};

export const GENERATE: Command<GenerateOptions> = {
  synopsis: 'generate <kind>',
  about: 'Print a topology file of a kind; its key-value files are given as seen from the current folder',
  positionals: (line) =>
    line.positional('kind', { type: 'string', demandOption: true, describe: [...KINDS.keys()].join(', ') }),
  declareOptions: (line) => declareSeed(declareSizes(line)),
  toOptions: (given: { kind: string } & SizeWords) => ({
    command: 'generate',
    kind: given.kind,
    sizes: sizesOf(given),
  }),
};

export const DRAW: Command<DrawOptions> = {
  synopsis: 'draw <overlay>',
  about: 'Draw an overlay: SVG into a pipe or a file, a table in a terminal',
  positionals: overlayWord,
  declareOptions: (line) => declareOutput(declareSeed(declareSizes(line))),
  toOptions: (given: { overlay: string } & SizeWords & OutputWords) => ({
    command: 'draw',
    overlay: given.overlay,
    sizes: sizesOf(given),
    output: outputOf(given, ['svg', 'text']),
  }),
};
