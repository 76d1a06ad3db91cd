/** What several sub-commands take: how an overlay is named and made to order, what is chance, and where a picture goes. */

import { usageError } from '../../shared/errors';
import { numberOf } from '../../shared/program/command-line';
import type { Declarations } from '../../shared/program/declarations';
import { NEIGHBOURS_MAX } from '../../shared/wire/overlay/query';
import type { Sizes } from '../graph/generators';
import type { Output } from '../output';
import { SERVENTS_MAX } from '../simulated/address';

/** Declares the overlay, the word that names it. */
export function overlayWord(line: Declarations): Declarations {
  return line.positional('overlay', { type: 'string', demandOption: true, describe: 'Topology file, name or kind' });
}

/** Words of an overlay made to order. */
export interface SizeWords {
  servents: string | undefined;
  degree: string | undefined;
  seed: string;
}

/** Declares what an overlay made to order has. */
export function declareSizes(line: Declarations): Declarations {
  return line
    .option('servents', {
      type: 'string',
      value: 'n',
      requiresArg: true,
      describe: 'Servents of an overlay made to order',
    })
    .option('degree', {
      type: 'string',
      value: 'n',
      requiresArg: true,
      describe: 'Its degree; `topology list` says of what',
    });
}

/** Sizes as they were given; what a kind makes of them is told where it is made. @throws OperatorError `usage` */
export function sizesOf({ servents, degree, seed }: SizeWords): Sizes {
  const count = (word: string | undefined, option: string, max: number, unit: string) =>
    word === undefined ? undefined : numberOf(word, option, { min: 0, max, unit, integer: true });
  return {
    servents: count(servents, '--servents', SERVENTS_MAX, 'servents'),
    degree: count(degree, '--degree', NEIGHBOURS_MAX, 'links'),
    seed: seedOf(seed),
  };
}

/** Declares the seed. */
export function declareSeed(line: Declarations): Declarations {
  return line.option('seed', {
    type: 'string',
    value: 'n',
    requiresArg: true,
    default: '1',
    describe: 'Decides all that is chance',
  });
}

/** The seed, a whole number below 2^32. @throws OperatorError `usage` */
export function seedOf(word: string): number {
  return numberOf(word, '--seed', { min: 0, max: 2 ** 32 - 1, integer: true });
}

/** Words of where a picture goes. */
export interface OutputWords {
  output: string | undefined;
  svg: boolean;
  text: boolean;
  json?: boolean;
}

/** Declares where a picture goes, and in which form. */
export function declareOutput(line: Declarations): Declarations {
  return line
    .option('output', {
      alias: 'o',
      type: 'string',
      value: 'file',
      requiresArg: true,
      describe: 'File to write, as SVG',
    })
    .option('svg', { type: 'boolean', default: false, describe: 'SVG, in a terminal too' })
    .option('text', { type: 'boolean', default: false, describe: 'A table, into a pipe or a file too' });
}

/** The one form chosen, if one was, and the file. @throws OperatorError `usage` */
export function outputOf<Form extends 'svg' | 'text' | 'json'>(
  given: OutputWords,
  forms: readonly Form[],
): Output<Form> {
  const chosen = forms.filter((form) => given[form]);
  if (chosen.length > 1) throw usageError(`expected one of --${forms.join(', --')}, got ${chosen.length} of them`);
  if (given.output === '') throw usageError('expected a file for --output, got ""');
  return { form: chosen[0], file: given.output };
}
