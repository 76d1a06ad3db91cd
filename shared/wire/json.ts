/**
 * JSON from strangers: one value from bytes that must be UTF-8, no deeper than anything that walks it can stand, with no number
 * that JSON could not say again.
 */

import { WireError } from './wire-error';

/** Anything that JSON holds. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Lists and objects within one another: far more than a document needs, far less than what fills a stack. */
export const DEPTH_MAX = 64;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Only a number of such a look can be too large for a double: it would become Infinity, and null in the next JSON. */
const HUGE_NUMBER = /\d{300}|[eE]\+?\d{3}/;

/** The value that bytes say, or a WireError `json`, nothing else, whatever the bytes. */
export function decodeJson(bytes: Uint8Array): Json {
  checkDepth(bytes);
  try {
    const text = UTF8.decode(bytes);
    const value = JSON.parse(text) as Json;
    if (HUGE_NUMBER.test(text)) checkNumbers(value);
    return value;
  } catch (error) {
    if (error instanceof WireError) throw error;
    throw new WireError('json', 0, `expected JSON in UTF-8, got ${bytes.length} bytes that are none`);
  }
}

/** The UTF-8 bytes of a value's JSON, without blanks. */
export function encodeJson(value: Json): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `[` and `{`, `]` and `}` differ from each other in one bit. */
const KIND_BIT = 0x20;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Counts brackets outside of texts; whether they match is left to the parser. */
function checkDepth(bytes: Uint8Array): void {
  let depth = 0;
  let inText = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) inText = !inText;
    else if (inText) {
      if (byte === BACKSLASH) i++;
    } else if ((byte | KIND_BIT) === CLOSE) depth--;
    else if ((byte | KIND_BIT) === OPEN && ++depth > DEPTH_MAX) {
      throw new WireError('json', i, `expected lists and objects at most ${DEPTH_MAX} deep`);
    }
  }
}

function checkNumbers(value: Json): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new WireError('json', 0, 'expected numbers that a double can hold, got a larger one');
  }
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) checkNumbers(part);
}
