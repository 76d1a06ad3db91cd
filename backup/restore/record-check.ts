/** Is what a server sends a record of a tree? Checked before anything is done with it. */

import { isName, type TreeRecord } from '../record';
import { CHUNK_MAX } from '../repository/chunker';

const NANOSECONDS = /^-?\d{1,19}$/;
const ID_MAX = 2 ** 32 - 1;

/** Has it all that a restore takes from it, of the right types and in range? */
export function isTreeRecord(line: unknown): line is TreeRecord {
  const record = line as Partial<Record<string, unknown>> | null;
  if (typeof record !== 'object' || record === null || !isName(record.path)) return false;
  if (record.type === 'hardlink') return isName(record.of);
  if (!isWhole(record.mode, 0o7777) || !isWhole(record.uid, ID_MAX) || !isWhole(record.gid, ID_MAX)) return false;
  if (typeof record.mtime !== 'string' || !NANOSECONDS.test(record.mtime)) return false;
  if (record.type === 'folder') return true;
  if (record.type === 'link') return isName(record.target);
  return record.type === 'file' && isWhole(record.size, Number.MAX_SAFE_INTEGER) && hasItsChunks(record);
}

function hasItsChunks({ size, chunks }: Partial<Record<string, unknown>>): boolean {
  if (!Array.isArray(chunks)) return false;
  let bytes = 0;
  for (const chunk of chunks as unknown[]) {
    if (!Array.isArray(chunk) || typeof chunk[0] !== 'string' || !isWhole(chunk[1], CHUNK_MAX)) return false;
    bytes += chunk[1];
  }
  return bytes === size;
}

function isWhole(value: unknown, max: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
}
