/** What a setting may be, however it was given: checked where it comes in, and named when it is refused. */

import { usageError } from './errors';

/** Which numbers a setting takes. */
export interface NumberRange {
  min: number;
  max: number;
  unit?: string;
  integer?: boolean;
}

/** Holds a number to its range. @throws OperatorError `usage` */
export function checkRange(option: string, value: number, range: NumberRange): void {
  if (!isWithin(value, range)) throw rangeError(option, range, String(value));
}

export function isWithin(value: number, { min, max, integer = false }: NumberRange): boolean {
  return value >= min && value <= max && (!integer || Number.isInteger(value));
}

export function rangeError(option: string, { min, max, unit, integer = false }: NumberRange, got: string): Error {
  const kind = `${integer ? 'a whole number' : 'a number'}${unit === undefined ? '' : ` of ${unit}`}`;
  return usageError(`expected ${kind} from ${min} to ${max} for ${option}, got "${got}"`);
}
