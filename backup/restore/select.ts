/** Of a copy's records those at or below one path. */

import { OperatorError } from '../../shared/errors';
import { bytesOf, type FileRecord, type HardLinkRecord, type Name, nameOf, type TreeRecord, textOf } from '../record';

const SLASH = 0x2f;

/**
 * The records at or below a path, in order, named from there: the one at the path itself is ''. Of a file with several names of
 * which the first lies elsewhere, the first one here becomes the file.
 * @param records the copy's records; read up to three times
 * @throws OperatorError `file` when nothing is there
 */
export async function* selected(records: () => AsyncIterable<TreeRecord>, below: Name): AsyncGenerator<TreeRecord> {
  if (bytesOf(below).length === 0) return yield* records();
  const outside = await filesOutside(records, below);
  /** The name here of each file whose first name lies elsewhere. */
  const first = new Map<string, Name>();
  let isEmpty = true;
  for await (const record of records()) {
    const path = pathBelow(record.path, below);
    if (path === undefined) continue;
    isEmpty = false;
    if (record.type !== 'hardlink') yield { ...record, path };
    else yield linkBelow(record, path, below, outside, first);
  }
  if (isEmpty) throw new OperatorError('file', `expected a path of the copy, got "${textOf(below)}": it is not in it`);
}

function linkBelow(
  { of }: HardLinkRecord,
  path: Name,
  below: Name,
  outside: ReadonlyMap<string, FileRecord>,
  first: Map<string, Name>,
): TreeRecord {
  const inside = pathBelow(of, below) ?? first.get(keyOf(of));
  if (inside !== undefined) return { type: 'hardlink', path, of: inside };
  first.set(keyOf(of), path);
  return { ...outside.get(keyOf(of))!, path };
}

/** The files that lie elsewhere, and have a name below. Bounded by the hard links below. */
async function filesOutside(
  records: () => AsyncIterable<TreeRecord>,
  below: Name,
): Promise<ReadonlyMap<string, FileRecord>> {
  const wanted = new Set<string>();
  for await (const record of records()) {
    if (record.type !== 'hardlink' || pathBelow(record.path, below) === undefined) continue;
    if (pathBelow(record.of, below) === undefined) wanted.add(keyOf(record.of));
  }
  const files = new Map<string, FileRecord>();
  if (wanted.size === 0) return files;
  for await (const record of records()) {
    if (record.type === 'file' && wanted.has(keyOf(record.path))) files.set(keyOf(record.path), record);
  }
  return files;
}

/** The rest of a path below another; '' for that one itself, undefined for one elsewhere. */
export function pathBelow(path: Name, below: Name): Name | undefined {
  const [whole, start] = [bytesOf(path), bytesOf(below)];
  if (start.length === 0) return path;
  if (!whole.subarray(0, start.length).equals(start)) return undefined;
  if (whole.length === start.length) return '';
  return whole[start.length] === SLASH ? nameOf(whole.subarray(start.length + 1)) : undefined;
}

/** Different names may show as one text. */
function keyOf(name: Name): string {
  return bytesOf(name).toString('latin1');
}
