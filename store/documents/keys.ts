/**
 * Where things stand in the engine:
 *
 *   number (4 bytes) | 'd' | _id                                 a document
 *   number (4 bytes) | 'i' | attribute | 0 | value | _id         an index's entry
 *   number (4 bytes) | 'r' | request                             a request's first reply
 *   number (4 bytes) | 't' | time (8 bytes) | request            when that was
 *
 * The numbers are this replica's own: of a collection, and of the requests. What was destroyed keeps its number until it is
 * swept away.
 */

import type { Json } from '../entry';
import type { Type } from './schema';

/** An index knows a text by its first bytes, in UTF-8; who searches looks at the document itself too. */
const INDEXED_BYTES_MAX = 256;

const TEXT_END = '\0\0';

/** Everything with this number: from the first to before the second. */
export function rangeOf(number: number): [from: string, to: string] {
  return [`${uint32(number)}a`, `${uint32(number)}z`];
}

/** What the keys of a collection's documents begin with. */
export function documentsPrefix(number: number): string {
  return `${uint32(number)}d`;
}

/** Where a document stands: documents sort by the bytes of their `_id`. */
export function documentKey(number: number, id: string): string {
  return documentsPrefix(number) + bytesOf(id);
}

/** What the keys of an attribute's index begin with. */
export function indexPrefix(number: number, attribute: string): string {
  return `${uint32(number)}i${bytesOf(attribute)}\0`;
}

/** The key of an index's entry: entries sort by value, those of one value by `_id`. */
export function indexKey(number: number, attribute: string, type: Type, value: Json, id: string): string {
  return indexPrefix(number, attribute) + valueBytes(type, value) + bytesOf(id);
}

/** Of an index's key: where its document stands. @param documents what the documents' keys begin with */
export function documentKeyIn(documents: string, index: { prefix: string; type: Type }, key: string): string {
  const { prefix, type } = index;
  const value = key.slice(prefix.length);
  const idAt = type === 'bool' ? 1 : type === 'str' ? textEnd(value) : 8;
  return documents + value.slice(idAt);
}

/** What the keys of the first replies to requests begin with. */
export function requestsPrefix(number: number): string {
  return `${uint32(number)}r`;
}

/** Where the first reply to a request stands. */
export function requestKey(number: number, request: string): string {
  return requestsPrefix(number) + bytesOf(request);
}

/** Of such a key: the request. */
export function requestIn(number: number, key: string): string {
  return textOf(key.slice(requestsPrefix(number).length));
}

/** What the keys that tell when requests were done begin with. */
export function requestTimesPrefix(number: number): string {
  return `${uint32(number)}t`;
}

/** The key that tells which request was done then: these sort by time, microseconds since 1970. */
export function requestTimeKey(number: number, timeUs: number): string {
  return requestTimesPrefix(number) + uint32(Math.floor(timeUs / 2 ** 32)) + uint32(timeUs % 2 ** 32);
}

/** Of such a key: the time. */
export function timeIn(key: string): number {
  const bytes = Buffer.from(key.slice(-8), 'latin1');
  return bytes.readUInt32BE(0) * 2 ** 32 + bytes.readUInt32BE(4);
}

/** The first key behind all that start with `prefix`. */
export function behind(prefix: string): string {
  let end = prefix.length;
  while (prefix.charCodeAt(end - 1) === 0xff) end--;
  return prefix.slice(0, end - 1) + String.fromCharCode(prefix.charCodeAt(end - 1) + 1);
}

/**
 * A value so that bytes stand in the order of values, and none is the beginning of another: a text's bytes with 0 as 0 255 and
 * 0 0 behind the last, a number as a double whose bits are turned so that they ascend.
 */
export function valueBytes(type: Type, value: Json): string {
  if (type === 'bool') return value ? '1' : '0';
  if (type === 'str')
    return (
      bytesOf(value as string)
        .slice(0, INDEXED_BYTES_MAX)
        .replaceAll('\0', '\0\xff') + TEXT_END
    );
  double.setFloat64(0, (value as number) + 0); // -0 + 0 is 0
  const high = double.getUint32(0);
  const low = double.getUint32(4);
  return high >>> 31 ? uint32(~high) + uint32(~low) : uint32(high | 0x80000000) + uint32(low);
}

const double = new DataView(new ArrayBuffer(8));

function textEnd(value: string): number {
  let at = value.indexOf('\0');
  while (value[at + 1] !== '\0') at = value.indexOf('\0', at + 1);
  return at + TEXT_END.length;
}

/** UTF-8, a character a byte. */
function bytesOf(text: string): string {
  return ASCII.test(text) ? text : Buffer.from(text).toString('latin1');
}

function textOf(bytes: string): string {
  return ASCII.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString();
}

const ASCII = /^[\0-\x7f]*$/;

function uint32(value: number): string {
  return String.fromCharCode((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}
