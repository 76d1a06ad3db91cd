/** Pairs that a program gives in the place of a file: checked one by one, and put into a table as a file's would be. */

import { shown } from '../shared/checks';
import { usageError } from '../shared/errors';
import { escapeBytes } from '../shared/escape';
import { PAIR_MAX, type ParsedFile } from './key-value-file';
import { PairTable } from './pair-table';

/** A key and its value: bytes, or text that stands for its UTF-8 bytes. */
export type Pair = readonly [key: string | Uint8Array, value: string | Uint8Array];

/** A Map, a list, or anything else that gives pairs, at once or in time. A later pair replaces an earlier one of its key. */
export type PairSource = Iterable<Pair> | AsyncIterable<Pair>;

/** What no key can hold: NUL, TAB, LF, CR, space. No value can hold NUL or LF. */
const NOT_IN_KEY = [0, 9, 10, 13, 32];
const NOT_IN_VALUE = [0, 10];

/** Can a source be read once only? A generator can; a Map or a list gives its pairs again. */
export function isReadOnce(source: PairSource): boolean {
  const iterator: unknown = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  return iterator === source;
}

/** The table of a source's pairs. @throws OperatorError `usage` for a pair that no servent can hold; what the source throws */
export async function tableOf(source: PairSource): Promise<ParsedFile> {
  const chunks: Uint8Array[] = [];
  const places: [at: number, keyLength: number][] = [];
  let length = 0;
  for await (const pair of source) {
    const [key, value] = checkPair(pair, places.length + 1);
    places.push([length, key.length]);
    chunks.push(key, TAB, value, LF);
    length += key.length + value.length + 2;
  }
  const pairs = new PairTable(Buffer.concat(chunks, length), places.length);
  for (const [at, keyLength] of places) pairs.put(at, keyLength);
  return { pairs, problems: [], problemCount: 0 };
}

const TAB = Buffer.from('\t');
const LF = Buffer.from('\n');

function checkPair(pair: Pair, number: number): [key: Uint8Array, value: Uint8Array] {
  const what = `pair ${number} of the pairs`;
  if (!Array.isArray(pair) || pair.length !== 2)
    throw usageError(`expected [key, value] for ${what}, got ${shown(pair)}`);
  const [key, value] = pair.map((part: unknown) => bytesOf(part, what)) as [Uint8Array, Uint8Array];
  const name = `"${escapeBytes(key)}"`;
  if (key.length === 0 || key.some((byte) => NOT_IN_KEY.includes(byte))) {
    throw usageError(`expected a key without blanks, NUL or line ends for ${what}, got ${name}`);
  }
  if (value.length === 0 || value.some((byte) => NOT_IN_VALUE.includes(byte))) {
    throw usageError(`expected a value without NUL or line ends for ${what}, ${name}, got "${escapeBytes(value)}"`);
  }
  if (key.length + value.length > PAIR_MAX) {
    throw usageError(
      `expected at most ${PAIR_MAX} bytes of key and value for ${what}, got ${key.length + value.length}`,
    );
  }
  return [key, value];
}

function bytesOf(part: unknown, what: string): Uint8Array {
  if (typeof part === 'string') return Buffer.from(part);
  if (part instanceof Uint8Array) return part;
  throw usageError(`expected text or bytes in ${what}, got ${shown(part)}`);
}
