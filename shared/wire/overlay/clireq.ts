/**
 * CLIREQ, client to its contact servent:
 *
 *   0      2
 *   | type | key text ...
 */

import type { Reader } from '../reader';
import { Writer } from '../writer';
import { keyOfText } from './text';

export const CLIREQ = 1;
export const CLIREQ_HEADER = 2;

export interface Clireq {
  type: 'CLIREQ';
  /** The key text as it stands in the datagram, with its NUL and whatever follows that. */
  text: Uint8Array;
  /** The text up to its first NUL: at least one byte, never decoded. */
  key: Uint8Array;
}

/** Reads what follows the type (specification, section 3). @throws WireError `empty-key`. */
export function decodeClireq(reader: Reader): Clireq {
  const offset = reader.offset;
  const text = reader.rest();
  return { type: 'CLIREQ', text, key: keyOfText(text, offset) };
}

/** @throws WireError `empty-key`, or `too-long` for a text above 65,505 bytes. */
export function encodeClireq(message: { text: Uint8Array }): Uint8Array {
  keyOfText(message.text, CLIREQ_HEADER);
  return new Writer(CLIREQ_HEADER + message.text.length).uint16(CLIREQ).raw(message.text).done();
}
