/** What a server asks of an agent over HTTP, and how the answer comes. WIRE.md beside this file has it in prose. */

import { RUN_SUM_LENGTH, RUNS_MAX } from './list-runs';
import { areBlockSums, baseMaxOf } from './parts';
import { type FileRecord, isName, type Name, type ProblemRecord, type TreeRecord } from './record';
import { CHUNK_MAX } from './repository/chunker';

/** The version of this wire stands in every path: another one is another path. */
export const SUM_PATH = '/v1/sum';
export const LIST_PATH = '/v1/list';
export const READ_PATH = '/v1/read';
export const CHUNKS_PATH = '/v1/chunks';
export const PARTS_PATH = '/v1/parts';
export const WHOLE_PATH = '/v1/whole';

/** Longest request, bytes: that of hundreds of files with the longest names a system has, or 10,000 chunks. */
export const REQUEST_MAX = 16 * 1024 * 1024;
/** Contents compressed together, bytes: at least so much, or the last. */
export const BLOCK_BYTES = 1024 * 1024;

/** Is all as it was? The answer: the line that ends the list of what lies at a path below the agent's root. */
export interface SumRequest {
  path: string;
  /** The name (list-runs.ts) of the last list that the server got whole; '' for none. */
  last: string;
}

/** What lies there? The answer: lines of `ListLine`, without the runs (list-runs.ts) that stand as they did. */
export interface ListRequest {
  path: string;
  /** The sums of the runs of the last list that the server got, one behind the other; '' for none, or where `last` will do. */
  have: string;
  /** Its name, where the agent has said that it remembers it. */
  last?: string;
  /** The sum that was told a moment ago; '' where it was not asked for. */
  sum: string;
}

export type ListLine = TreeRecord | ProblemRecord | SameLine | EntriesLine | EndLine;

export interface EndLine {
  type: 'end';
  /** The SHA-256 (hex) of the sums of all runs, one behind the other. */
  sum: string;
  /** Of the answer to a `SumRequest`: files are to be read also when they look as before. */
  paranoid?: boolean;
  /** Of the answer to a `SumRequest`: the agent knows `PARTS_PATH`, and takes questions in frames (lines.ts). */
  parts?: boolean;
  /** Of the answer to a `SumRequest`: the agent remembers the list `last`. */
  remembers?: boolean;
}

/** In this place stand so many runs of the last list, from the `first` on, which is counted from 0. */
export interface SameLine {
  type: 'same';
  first: number;
  count: number;
}

/** In this place stand so many entries of the last list, from the `first` on, which is counted from 0: said where that is remembered. */
export interface EntriesLine {
  type: 'entries';
  first: number;
  count: number;
}

/** What is in these files of the tree at `path`? The answer: a `FileRecord` with its chunks, or a problem, for each. */
export interface ReadRequest {
  path: string;
  files: Name[];
  /** Longer files are to be cut into longer chunks, bytes: LONG_FROM (chunker.ts). Older servers do not say so, and take no such chunks. */
  longFrom?: number;
}

export type ReadLine = FileRecord | ProblemRecord;

/** Chunks wanted. The answer: blocks as in a pack. A chunk that is no longer there is left out. */
export interface ChunksRequest {
  path: string;
  files: { path: Name; chunks: [at: number, length: number, sum: string][] }[];
}

/**
 * Chunks wanted of which the server has a base (parts.ts). The answer: frames (part-frame.ts) with recipes for those that still are
 * there, each named by its place in the question, counted from 0.
 */
export interface PartsRequest {
  path: string;
  files: { path: Name; chunks: [at: number, length: number, sum: string, baseLength: number, blockSums: string][] }[];
}

/** All chunks of a file that changes all the time, read once. The answer: blocks as in a pack, in order; none when it is gone. */
export interface WholeRequest {
  path: string;
  file: Name;
  /** As in a `ReadRequest`. */
  longFrom?: number;
}

/** Does what came have the fields of a `WholeRequest`? */
export function isWholeRequest(body: object): body is WholeRequest {
  return 'file' in body && isName(body.file) && isLongFrom(body);
}

/** Does what came have the fields of a `SumRequest`? Older servers did not say which list they got. */
export function isSumRequest(body: object): body is Partial<SumRequest> {
  return !('last' in body) || typeof body.last === 'string';
}

/** Does what came have the fields of a `ListRequest`? */
export function isListRequest(body: object): body is ListRequest {
  const { have, sum, last = '' } = body as Partial<ListRequest>;
  const isHave = typeof have === 'string' && have.length <= RUNS_MAX * RUN_SUM_LENGTH;
  return isHave && typeof sum === 'string' && typeof last === 'string';
}

/** Does what came have the fields of a `ReadRequest`? */
export function isReadRequest(body: object): body is ReadRequest {
  return 'files' in body && Array.isArray(body.files) && body.files.every(isName) && isLongFrom(body);
}

/** Does what came have the fields of a `ChunksRequest`? */
export function isChunksRequest(body: object): body is ChunksRequest {
  return haveChunks(body, isRange);
}

/** Does what came have the fields of a `PartsRequest`? */
export function isPartsRequest(body: object): body is PartsRequest {
  return haveChunks(body, (range) => isRange(range) && isBase(range));
}

/** Of a question, which need not say so. */
function isLongFrom(body: object): boolean {
  return !('longFrom' in body) || isNumber(body.longFrom, Number.MAX_SAFE_INTEGER);
}

function haveChunks(body: object, is: (range: unknown) => boolean): boolean {
  const files = 'files' in body && Array.isArray(body.files) ? (body.files as ChunksRequest['files']) : undefined;
  return files?.every((file) => isName(file?.path) && Array.isArray(file.chunks) && file.chunks.every(is)) ?? false;
}

function isRange(range: unknown): range is [at: number, length: number, ...unknown[]] {
  if (!Array.isArray(range)) return false;
  const [at, length, sum] = range as unknown[];
  return isNumber(at, Number.MAX_SAFE_INTEGER) && isNumber(length, CHUNK_MAX) && typeof sum === 'string';
}

/** Of a range. */
function isBase([, chunkLength, , length, sums]: [unknown, number, ...unknown[]]): boolean {
  return (
    isNumber(length, baseMaxOf(chunkLength)) && typeof sums === 'string' && areBlockSums(sums, length, chunkLength)
  );
}

function isNumber(value: unknown, max: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
}
