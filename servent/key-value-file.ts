/**
 * The key-value file: plain text, one pair a line (specification, section 2). Parsing rewrites the file's bytes in place into
 * the text of a pair table, so that a file of hundreds of megabytes is held once.
 */

import { escapeBytes } from '../shared/escape';
import { RESPONSE_HEADER } from '../shared/wire/overlay/response';
import { TAB } from '../shared/wire/overlay/text';
import { DATAGRAM_MAX } from '../shared/wire/writer';
import { findByte } from './find-byte';
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

/** A line that is no pair, though it is neither blank nor a comment. */
export interface Problem {
  /** From 1. */
  line: number;
  code: 'no-value' | 'too-long';
  /** One sentence part: what was expected and what came. */
  message: string;
}

export interface KeyValueFile {
  pairs: PairTable;
  /** The first ten. Bounded by PROBLEMS_KEPT. */
  problems: Problem[];
  /** All of them. */
  problemCount: number;
}

/**
 * Parses a key-value file. The bytes become the memory of the table: do not use them afterwards.
 * Never throws: a line that is no pair is skipped and reported.
 */
export function parseKeyValueFile(bytes: Uint8Array): KeyValueFile {
  const file: KeyValueFile = { pairs: new PairTable(bytes, countLines(bytes)), problems: [], problemCount: 0 };
  let lineNumber = 1;
  let written = 0;
  let start = BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte) ? BYTE_ORDER_MARK.length : 0;
  while (start < bytes.length) {
    const lf = findByte(bytes, LF, start);
    const end = lf < bytes.length && lf > start && bytes[lf - 1] === CR ? lf - 1 : lf;
    written = parseLine(file, bytes, lineNumber++, start, end, written);
    start = lf + 1;
  }
  return file;
}

/** Takes in the line in bytes[start, end), writes its pair at `written` if it is one, and gives the offset behind that. */
function parseLine(
  file: KeyValueFile,
  bytes: Uint8Array,
  lineNumber: number,
  start: number,
  end: number,
  written: number,
): number {
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
    report(file, lineNumber, bytes.subarray(keyAt, keyEnd), valueAt === valueEnd ? undefined : pairLength);
    return written;
  }
  // What is written is never longer than what was read; only the last line's LF may lack room, and needs none.
  move(bytes, written, keyAt, keyEnd);
  bytes[written + keyLength] = TAB;
  move(bytes, written + keyLength + 1, valueAt, valueEnd);
  const behind = written + pairLength + 1;
  if (behind < bytes.length) bytes[behind] = LF;
  file.pairs.put(written, keyLength);
  return behind + 1;
}

/** Moves bytes[start, end) to `to`. Of most files nothing need be moved: one TAB, and no comment before. */
function move(bytes: Uint8Array, to: number, start: number, end: number): void {
  if (to !== start) bytes.copyWithin(to, start, end);
}

function report(file: KeyValueFile, line: number, key: Uint8Array, pairLength: number | undefined): void {
  file.problemCount++;
  if (file.problems.length === PROBLEMS_KEPT) return;
  const name = escapeBytes(key.subarray(0, KEY_SHOWN_MAX));
  file.problems.push(
    pairLength === undefined
      ? { line, code: 'no-value', message: `expected a value after the key "${name}", the line ends` }
      : {
          line,
          code: 'too-long',
          message: `expected at most ${PAIR_MAX} bytes of key and value, "${name}" has ${pairLength}`,
        },
  );
}

function countLines(bytes: Uint8Array): number {
  let lines = bytes.length > 0 ? 1 : 0;
  for (let lf = bytes.indexOf(LF); lf >= 0; lf = bytes.indexOf(LF, lf + 1)) lines++;
  return lines;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}
