/** JSON objects that carry a sum of themselves: a line each, so that people can read them and no flipped bit goes unnoticed. */

import { createHash } from 'node:crypto';

/** One line without its newline: the object, and behind its own fields `sum`, the SHA-256 (hex) of the line without it. */
export function encodeSummed(object: object): string {
  const text = JSON.stringify(object);
  const sum = createHash('sha256').update(text).digest('hex');
  return `${text.slice(0, -1)}${text === '{}' ? '' : ','}"sum":"${sum}"}`;
}

/** The object of a line; undefined when it is not what was written. */
export function decodeSummed(line: string): object | undefined {
  let object: object;
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    object = value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const { sum: _sum, ...rest } = object as { sum?: unknown };
  return encodeSummed(rest) === line ? rest : undefined;
}
