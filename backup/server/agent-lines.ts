/** What an agent says of its tree, checked: a hostile one must not get a name or a size into a copy that is none. */

import { bytesOf, type FileRecord, isName, type Name, type ProblemRecord, type TreeRecord } from '../record';
import { CHUNK_MAX, CHUNKS_MAX } from '../repository/chunker';
import type { EndLine } from '../wire';
import { AgentError } from './agent-error';

/** Longest path, bytes: twice what Linux takes in one call, for trees deeper than that. */
const PATH_MAX = 64 * 1024;
const MESSAGE_MAX = 1000;
const DECIMAL = /^-?\d{1,25}$/;
const SUM = /^[A-Za-z0-9+/]{43}$/;

/** The line that ends a list; undefined for another. */
export function endOf(given: unknown): EndLine | undefined {
  const line = given as EndLine | null;
  if (line?.type !== 'end' || typeof line.sum !== 'string') return undefined;
  const sum = line.sum.slice(0, MESSAGE_MAX);
  const [paranoid, parts, remembers] = [line.paranoid, line.parts, line.remembers].map((flag) => flag === true);
  return { type: 'end', sum, paranoid: paranoid!, parts: parts!, remembers: remembers! };
}

/** An entry of a list: of a file perhaps with what is in it. @throws AgentError */
export function listRecordOf(given: unknown): TreeRecord | ProblemRecord {
  if ((given as Partial<FileRecord> | null)?.chunks !== undefined) return fileWithChunksOf(given);
  return treeRecordOf(given) ?? problemOf(given);
}

/** What was read of a file that was asked for. @throws AgentError */
export function readOf(given: unknown, path: Name): FileRecord | ProblemRecord {
  const record = given as FileRecord | ProblemRecord;
  const answer = record?.type === 'file' ? fileWithChunksOf(given) : problemOf(given);
  if (!bytesOf(answer.path).equals(bytesOf(path))) {
    throw new AgentError(`expected what is in ${shownName(path)}, got ${shownName(answer.path)}`);
  }
  return answer;
}

/** Without anything beside the fields that such a record has. */
function treeRecordOf(given: unknown): TreeRecord | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const record = given as TreeRecord;
  if (!isPath(record.path)) return undefined;
  const { path } = record;
  if (record.type === 'hardlink') return isPath(record.of) ? { type: 'hardlink', path, of: record.of } : undefined;
  if (!hasAttributes(record)) return undefined;
  const { mode, uid, gid, mtime } = record;
  const attributes = { mode, uid, gid, mtime };
  if (record.type === 'folder') return { type: 'folder', path, ...attributes };
  if (record.type === 'link') {
    return isName(record.target) ? { type: 'link', path, target: record.target, ...attributes } : undefined;
  }
  return record.type === 'file' ? fileOf(record) : undefined;
}

function fileOf({
  path,
  size,
  mode,
  uid,
  gid,
  mtime,
  ctime,
  dev,
  ino,
  sparse,
  torn,
}: FileRecord): FileRecord | undefined {
  if (!isCount(size) || !isDecimal(ctime) || !isCount(dev) || !isDecimal(ino)) return undefined;
  const flags = { ...(sparse === true ? { sparse } : {}), ...(torn === true ? { torn } : {}) };
  return { type: 'file', path, size, mode, uid, gid, mtime, ctime, dev, ino, ...flags };
}

function fileWithChunksOf(given: unknown): FileRecord {
  const { chunks } = given as FileRecord;
  const record = treeRecordOf(given);
  if (record?.type !== 'file' || !Array.isArray(chunks) || !chunks.every(isChunk)) throw notARecord(given);
  if (chunks.length > CHUNKS_MAX) throw new AgentError(`expected at most ${CHUNKS_MAX} chunks, got ${chunks.length}`);
  const bytes = chunks.reduce((sum, [, length]) => sum + length, 0);
  if (bytes !== record.size) throw new AgentError(`expected chunks of ${record.size} bytes, got ${bytes}`);
  return { ...record, chunks };
}

function problemOf(given: unknown): ProblemRecord {
  const { type, path, message } = (given ?? {}) as ProblemRecord;
  if (type !== 'problem' || !isPath(path) || typeof message !== 'string') throw notARecord(given);
  return { type, path, message: message.slice(0, MESSAGE_MAX) };
}

function isChunk(chunk: unknown): chunk is [string, number] {
  if (!Array.isArray(chunk)) return false;
  const [sum, length] = chunk as unknown[];
  return typeof sum === 'string' && SUM.test(sum) && isCount(length) && length > 0 && length <= CHUNK_MAX;
}

/** A path below the root of the tree, or '' for that: no way out of it. */
function isPath(name: unknown): name is Name {
  if (!isName(name)) return false;
  const bytes = bytesOf(name);
  if (bytes.length === 0) return true;
  if (bytes.length > PATH_MAX) return false;
  return bytes
    .toString('latin1')
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\0'));
}

function hasAttributes({ mode, uid, gid, mtime }: Exclude<TreeRecord, { type: 'hardlink' }>): boolean {
  return isCount(mode) && mode <= 0o7777 && isCount(uid) && isCount(gid) && isDecimal(mtime);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isDecimal(value: unknown): value is string {
  return typeof value === 'string' && DECIMAL.test(value);
}

function notARecord(given: unknown): AgentError {
  return new AgentError(
    `expected a record of a file, a folder or a link, got ${(JSON.stringify(given) ?? '').slice(0, 200)}`,
  );
}

/** A name in an error's sentence. */
export function shownName(name: Name): string {
  return JSON.stringify(name).slice(0, 200);
}
