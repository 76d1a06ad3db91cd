/**
 * The key-value file: plain text, one pair a line (specification, section 2). Parsing rewrites the file's bytes in place into
 * the text of a pair table, so that a file of hundreds of megabytes is held once.
 */

import { escapeBytes } from '../shared/escape';
import { findByte } from '../shared/short-bytes';
import { RESPONSE_HEADER } from '../shared/wire/overlay/response';
import { TAB } from '../shared/wire/overlay/text';
import { DATAGRAM_MAX } from '../shared/wire/writer';
import { PairTable } from './pair-table';

const LF = 10;
const CR = 13;
const SPACE = 32;
const HASH = 35;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** The most that key and value of a pair may have together: a RESPONSE is its type, the key, one TAB and the value. */
export const PAIR_MAX = DATAGRAM_MAX - RESPONSE_HEADER - 1;

/** How many problems a report keeps; the rest are counted. */
export const PROBLEMS_KEPT = 10;

/** How much of an offending key a report shows, bytes. */
const KEY_SHOWN_MAX = 60;

/** Something in a file that its writer may not have meant. */
export interface Problem {
  /** From 1. */
  line: number;
  code: /** A key alone: no pair. */
    | 'no-value'
    /** More than an answer can carry: no pair. */
    | 'too-long'
    /** A pair, but nobody can ask for its key: in a message a text ends at its first NUL. */
    | 'nul-key'
    /** A pair whose key appeared before: the later value stands. Reported on request. */
    | 'duplicate'
    /** The whole file: nothing in it is taken in. */
    | 'utf-16';
  /** One sentence part: what was expected and what came. */
  message: string;
}

/** The pairs of a file, to look at. */
export interface Pairs extends Iterable<[key: Uint8Array, value: Uint8Array]> {
  /** How many keys there are. */
  readonly size: number;
  /** The value of a key; undefined when it is not held. A string stands for its UTF-8 bytes. Views into memory that the pairs share. */
  get(key: Uint8Array | string): Uint8Array | undefined;
}

/** What a file holds. */
export interface KeyValueFile {
  pairs: Pairs;
  /** The first ten. Bounded by PROBLEMS_KEPT. */
  problems: Problem[];
  /** All of them. */
  problemCount: number;
}

/** The same, with the table that a servent answers from. */
export interface ParsedFile extends KeyValueFile {
  pairs: PairTable;
}

export interface ParseOptions {
  /** Report keys that appear again. Default false. */
  duplicates?: boolean;
}

/**
 * Parses a key-value file. The bytes become the memory of the pairs: do not use them afterwards.
 * Never throws for what stands in the file: a line that is no pair is skipped and reported.
 */
export function parseKeyValueFile(bytes: Uint8Array, { duplicates = false }: ParseOptions = {}): ParsedFile {
  const file: ParsedFile = { pairs: new PairTable(bytes, countLines(bytes)), problems: [], problemCount: 0 };
  if (isUtf16(bytes)) {
    report(file, { line: 1, code: 'utf-16', message: 'expected a key-value file in UTF-8, got one in UTF-16' });
    return file;
  }
  const parsing: Parsing = { file, bytes, duplicates, nuls: bytes.includes(0) };
  let lineNumber = 1;
  let written = 0;
  let start = BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte) ? BYTE_ORDER_MARK.length : 0;
  while (start < bytes.length) {
    const lf = findByte(bytes, LF, start);
    const end = lf < bytes.length && lf > start && bytes[lf - 1] === CR ? lf - 1 : lf;
    written = parseLine(parsing, lineNumber++, start, end, written);
    start = lf + 1;
  }
  return file;
}

/** What stays the same from line to line. */
interface Parsing {
  file: ParsedFile;
  bytes: Uint8Array;
  duplicates: boolean;
  /** Is there any NUL? Hardly a file has one, and keys are searched for it only then. */
  nuls: boolean;
}

/** Takes in the line in bytes[start, end), writes its pair at `written` if it is one, and gives the offset behind that. */
function parseLine(parsing: Parsing, lineNumber: number, start: number, end: number, written: number): number {
  const { file, bytes } = parsing;
  let keyAt = start;
  while (keyAt < end && isBlank(bytes[keyAt]!)) keyAt++;
  if (keyAt === end || bytes[keyAt] === HASH) return written;
  let keyEnd = keyAt;
  while (keyEnd < end && !isBlank(bytes[keyEnd]!)) keyEnd++;
  let valueAt = keyEnd;
  while (valueAt < end && isBlank(bytes[valueAt]!)) valueAt++;
  let valueEnd = end;
  while (valueEnd > valueAt && isBlank(bytes[valueEnd - 1]!)) valueEnd--;
  const keyLength = keyEnd - keyAt;
  const pairLength = keyLength + (valueEnd - valueAt);
  if (valueAt === valueEnd || pairLength > PAIR_MAX) {
    report(file, noPair(lineNumber, bytes.subarray(keyAt, keyEnd), valueAt === valueEnd ? undefined : pairLength));
    return written;
  }
  // What is written is never longer than what was read; only the last line's LF may lack room, and needs none.
  move(bytes, written, keyAt, keyEnd);
  bytes[written + keyLength] = TAB;
  move(bytes, written + keyLength + 1, valueAt, valueEnd);
  const behind = written + pairLength + 1;
  if (behind < bytes.length) bytes[behind] = LF;
  if (parsing.nuls || parsing.duplicates) reportPair(parsing, lineNumber, written, written + keyLength);
  file.pairs.put(written, keyLength);
  return behind + 1;
}

/** Moves bytes[start, end) to `to`. Of most files nothing need be moved: one TAB, and no comment before. */
function move(bytes: Uint8Array, to: number, start: number, end: number): void {
  if (to !== start) bytes.copyWithin(to, start, end);
}

/** Reports what is odd about the pair whose key stands in bytes[start, end), before it is put into the table. */
function reportPair({ file, bytes, duplicates }: Parsing, line: number, start: number, end: number): void {
  const key = bytes.subarray(start, end);
  if (key.includes(0)) {
    report(file, {
      line,
      code: 'nul-key',
      message: `expected a key without NUL, got "${name(key)}": nobody can ask for it`,
    });
  }
  if (duplicates && file.pairs.find(bytes, start, end) >= 0) {
    report(file, {
      line,
      code: 'duplicate',
      message: `expected each key once, got "${name(key)}" again: this value stands`,
    });
  }
}

function noPair(line: number, key: Uint8Array, pairLength: number | undefined): Problem {
  if (pairLength === undefined) {
    return { line, code: 'no-value', message: `expected a value after the key "${name(key)}", the line ends` };
  }
  const message = `expected at most ${PAIR_MAX} bytes of key and value, "${name(key)}" has ${pairLength}`;
  return { line, code: 'too-long', message };
}

function report(file: ParsedFile, problem: Problem): void {
  file.problemCount++;
  if (file.problems.length < PROBLEMS_KEPT) file.problems.push(problem);
}

/** A key as a problem shows it. */
function name(key: Uint8Array): string {
  return escapeBytes(key.subarray(0, KEY_SHOWN_MAX));
}

/** Does the file begin with the byte-order mark of UTF-16, and hold the NULs that come of it? */
function isUtf16(bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  const marked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return marked && bytes.subarray(0, KEY_SHOWN_MAX).includes(0);
}

function countLines(bytes: Uint8Array): number {
  let lines = bytes.length > 0 ? 1 : 0;
  for (let lf = bytes.indexOf(LF); lf >= 0; lf = bytes.indexOf(LF, lf + 1)) lines++;
  return lines;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}
