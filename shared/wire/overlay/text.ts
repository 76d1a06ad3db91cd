/**
 * A key text as it travels: it runs to the end of the datagram, but many implementations end it with one NUL byte, so on
 * receipt it ends at its first NUL if it has one (specification, section 3).
 */

import { WireError } from '../wire-error';

export const NUL = 0;
export const TAB = 9;

/** The part of a text before its first NUL: a view, not a copy. */
export function beforeNul(text: Uint8Array): Uint8Array {
  const nul = text.indexOf(NUL);
  return nul < 0 ? text : text.subarray(0, nul);
}

/** The key of a CLIREQ's or QUERY's text. @throws WireError `empty-key` when no byte stands before the first NUL. */
export function keyOfText(text: Uint8Array, offset: number): Uint8Array {
  const key = beforeNul(text);
  if (key.length === 0) throw emptyKey(offset);
  return key;
}

/** The error of a key, or of a value that stands without one, that has no byte. */
export function emptyKey(offset: number): WireError {
  return new WireError('empty-key', offset, 'expected a text of at least one byte, got none');
}
