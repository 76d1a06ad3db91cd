/** What a setting may be, however it was given: checked where it comes in, and named when it is refused. */

import { inspect } from 'node:util';
import { usageError } from './errors';

/** Which numbers a setting takes. */
export interface NumberRange {
  min: number;
  max: number;
  unit?: string;
  integer?: boolean;
}

/** Refuses what is no object, and a setting that nobody knows: a misspelt one would be ignored. @throws OperatorError `usage` */
export function checkObject(what: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw usageError(`expected an object for ${what}, got ${shown(given)}`);
  }
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) throw usageError(`expected ${known.join(', ')} in ${what}, got "${name}"`);
  }
}

/** Holds a number to its range. @throws OperatorError `usage` */
export function checkRange(name: string, value: unknown, range: NumberRange): number {
  if (typeof value !== 'number' || !isInRange(value, range)) throw rangeError(name, range, shown(value));
  return value;
}

/** @throws OperatorError `usage` */
export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw usageError(`expected true or false for ${name}, got ${shown(value)}`);
  return value;
}

/** @throws OperatorError `usage` */
export function checkText(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw usageError(`expected a text for ${name}, got ${shown(value)}`);
  return value;
}

/** Holds a word to those that a setting takes. @throws OperatorError `usage` */
export function checkChoice<Choice extends string>(name: string, value: unknown, choices: readonly Choice[]): Choice {
  const chosen = choices.find((choice) => choice === value);
  if (chosen === undefined) throw usageError(`expected ${choices.join(', ')} for ${name}, got ${shown(value)}`);
  return chosen;
}

/** @throws OperatorError `usage` */
export function checkList<Item>(name: string, value: readonly Item[]): readonly Item[] {
  // A text can be iterated too: its letters would be taken for the items.
  if (!Array.isArray(value)) throw usageError(`expected a list for ${name}, got ${shown(value)}`);
  return value;
}

/** Does a number lie in a range? NaN lies in none. */
export function isInRange(value: number, { min, max, integer = false }: NumberRange): boolean {
  return value >= min && value <= max && (!integer || Number.isInteger(value));
}

/** The refusal of a number; `got` is how the offending word is shown. */
export function rangeError(name: string, { min, max, unit, integer = false }: NumberRange, got: string): Error {
  const kind = `${integer ? 'a whole number' : 'a number'}${unit === undefined ? '' : ` of ${unit}`}`;
  return usageError(`expected ${kind} from ${min} to ${max} for ${name}, got ${got}`);
}

/** A value of any type as a message shows it: on one line, and not all of a long one. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`;
  return inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 3 });
}
