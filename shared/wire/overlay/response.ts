/**
 * RESPONSE, servent to client:
 *
 *   0      2
 *   | type | key text, one TAB, value text
 *
 * Some early implementations send the value alone, without key and TAB.
 */

import type { Reader } from '../reader';
import { WireError } from '../wire-error';
import { Writer } from '../writer';
import { beforeNul, emptyKey, NUL, TAB } from './text';

export const RESPONSE = 3;
export const RESPONSE_HEADER = 2;

export interface Response {
  type: 'RESPONSE';
  /** The key that is answered; undefined where the sender left out key and TAB: then it is the key that was asked. */
  key: Uint8Array | undefined;
  value: Uint8Array;
  /** What stands from the first NUL on, that NUL included; empty when there is none. Never shown. */
  tail: Uint8Array;
}

/** Reads what follows the type (specification, section 3). @throws WireError `empty-key` for no text, or a TAB or NUL where it should begin. */
export function decodeResponse(reader: Reader): Response {
  const offset = reader.offset;
  const all = reader.rest();
  const text = beforeNul(all);
  const tab = text.indexOf(TAB);
  if (text.length === 0 || tab === 0) throw emptyKey(offset);
  return {
    type: 'RESPONSE',
    key: tab < 0 ? undefined : text.subarray(0, tab),
    value: text.subarray(tab + 1),
    tail: all.subarray(text.length),
  };
}

/**
 * @throws WireError `empty-key` for an empty key, or an empty value without a key; `reserved-byte` for a TAB or NUL where
 *   the receiver would end the text there; `too-long` when key, TAB, value and tail exceed 65,505 bytes.
 */
export function encodeResponse(message: Pick<Response, 'key' | 'value' | 'tail'>): Uint8Array {
  const { key, value, tail } = message;
  if ((key ?? value).length === 0) throw emptyKey(RESPONSE_HEADER);
  checkReserved(message);
  const keyLength = key === undefined ? 0 : key.length + 1;
  const writer = new Writer(RESPONSE_HEADER + keyLength + value.length + tail.length).uint16(RESPONSE);
  if (key !== undefined) writer.raw(key).raw(Uint8Array.of(TAB));
  return writer.raw(value).raw(tail).done();
}

function checkReserved({ key, value, tail }: Pick<Response, 'key' | 'value' | 'tail'>): void {
  const first = key ?? value;
  if (first.includes(TAB) || first.includes(NUL) || value.includes(NUL) || (tail.length > 0 && tail[0] !== NUL)) {
    throw new WireError(
      'reserved-byte',
      RESPONSE_HEADER,
      'expected a TAB only in a value, and a NUL only before the tail',
    );
  }
}
