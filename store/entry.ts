/**
 * One line of the replicated log (store specification, section 5): JSON that people can read, chained by sums, byte for byte the
 * same on every replica. Made once, by the leader; everybody else keeps and sends on the very line.
 */

import { hash } from 'node:crypto';

/** Anything that JSON holds. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/**
 * What an entry does, its name first: `["insert", "users", {"_id": "...", ...}]`. The core and the log do not look inside; a
 * client's request identity stands in `request`, beside it.
 */
export type Operation = readonly [name: string, ...rest: Json[]];

/** A place in the log: behind this entry. */
export interface Position {
  /** 1 is the log's first entry, 0 the place before it. */
  readonly index: number;
  /** In which the entry was made, for ever: a later leader sends it on unchanged. Never less than the entry's before. */
  readonly epoch: number;
  /** The leader's clock, always later than the entry's before: microseconds since 1970, a safe integer. */
  readonly timeUs: number;
  /** SHA-256 (hex) of the previous line's sum and this line without its `sum`. */
  readonly sum: string;
}

export interface Entry extends Position {
  readonly op: Operation;
  /** Identity of the client's request, a UUID; undefined where it has none. */
  readonly request: string | undefined;
  /** The line as it stands in the log, without its newline. */
  readonly line: string;
}

/** Before the first entry. The first line's sum starts from 64 zeros. */
export const START: Position = { index: 0, epoch: 0, timeUs: 0, sum: '0'.repeat(64) };

/** What a line may have, in UTF-8, without its newline: readers hold one in memory. `checkOperation` keeps operations below it. */
export const LINE_BYTES_MAX = 4 * 1024 * 1024;

const SUM_FIELD = /^,"sum":"([0-9a-f]{64})"\}$/;
const SUM_FIELD_LENGTH = ',"sum":""}'.length + START.sum.length;

/** Why a line is not the log's next. Its message is a clause to be put behind a place: "its sum does not fit ...". */
export class EntryError extends Error {
  /** `form`: no line of a log. `chain`: not the one behind the previous. */
  readonly code: 'form' | 'chain';

  constructor(code: EntryError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EntryError';
    this.code = code;
  }
}

/**
 * The entry behind `previous`. Its time is `nowUs`, or one microsecond after the previous entry's where that is later. Its `op`
 * is what the line says, which is what every replica will read: -0 has become 0.
 * @param op finite numbers and texts in a nesting that `checkOperation` allows
 */
export function makeEntry(previous: Position, epoch: number, nowUs: number, op: Operation, request?: string): Entry {
  const index = previous.index + 1;
  const timeUs = Math.max(nowUs, previous.timeUs + 1);
  const opText = JSON.stringify(op);
  const body = bodyOf(index, epoch, timeUs, opText, request);
  const sum = sumOf(previous.sum, body);
  const line = `${body.slice(0, -1)},"sum":"${sum}"}`;
  return { index, epoch, timeUs, op: JSON.parse(opText), request, sum, line };
}

/**
 * Reads the line behind `previous`. A line is accepted only as `makeEntry` writes it, byte for byte: so no two lines mean the
 * same, and doubled names, numbers too large for a double and blanks are refused.
 * @throws EntryError
 */
export function parseEntry(previous: Position, line: string): Entry {
  const sum = SUM_FIELD.exec(line.slice(-SUM_FIELD_LENGTH))?.[1];
  if (sum === undefined) throw new EntryError('form', 'it does not end with the sum of an entry');
  const body = `${line.slice(0, -SUM_FIELD_LENGTH)}}`;
  const { index, epoch, timeUs, op, request } = parseBody(body);
  if (index !== previous.index + 1) {
    throw new EntryError('chain', `it has index ${index} where ${previous.index + 1} is next`);
  }
  if (sumOf(previous.sum, body) !== sum) {
    throw new EntryError('chain', `the sum of entry ${index} does not fit what it says and the entry before it`);
  }
  if (epoch < previous.epoch) {
    throw new EntryError('chain', `entry ${index} is of epoch ${epoch}, the one before it of ${previous.epoch}`);
  }
  if (timeUs <= previous.timeUs) {
    throw new EntryError('chain', `entry ${index} is not later than the one before it`);
  }
  return { index, epoch, timeUs, op, request, sum, line };
}

/** Microseconds since 1970 as `2026-11-21T10:00:00.000001Z`. */
export function formatTime(timeUs: number): string {
  const second = Math.floor(timeUs / 1e6);
  // Entries of one second come one behind the other.
  if (second !== formatted.second) formatted = { second, text: new Date(second * 1000).toISOString().slice(0, -4) };
  return `${formatted.text}${String(timeUs - second * 1e6).padStart(6, '0')}Z`;
}

let formatted = { second: 0, text: '1970-01-01T00:00:00.' };

/** The line without its sum. A request's identity stands in a field of its own: inside `op` it could be taken for a document. */
function bodyOf(index: number, epoch: number, timeUs: number, opText: string, request: string | undefined): string {
  const tail = request === undefined ? '}' : `,"request":${JSON.stringify(request)}}`;
  return `{"index":${index},"epoch":${epoch},"time":"${formatTime(timeUs)}","op":${opText}${tail}`;
}

function parseBody(body: string): Omit<Entry, 'sum' | 'line'> {
  let written: string;
  let read: Omit<Entry, 'sum' | 'line'>;
  try {
    const { index, epoch, time, op, request } = JSON.parse(body);
    read = { index, epoch, timeUs: parseTime(time), op, request };
    // Throws for a nesting deeper than the stack, which no entry has.
    written = bodyOf(index, epoch, read.timeUs, JSON.stringify(op), request);
  } catch (error) {
    throw new EntryError('form', 'it is not the JSON of an entry', { cause: error });
  }
  const { index, epoch, timeUs, op, request } = read;
  const fields =
    isCount(index) &&
    isCount(epoch) &&
    isCount(timeUs) &&
    Array.isArray(op) &&
    typeof op[0] === 'string' &&
    (request === undefined || typeof request === 'string');
  if (!fields || written !== body) throw new EntryError('form', 'it is not written as an entry is');
  return read;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function parseTime(text: string): number {
  return Date.parse(`${text.slice(0, 23)}Z`) * 1000 + Number(text.slice(23, 26));
}

function sumOf(previousSum: string, body: string): string {
  return hash('sha256', previousSum + body, 'hex');
}
