/** Reads a whole log and checks every line of it. It changes nothing; what is to be mended, it tells. */

import { join } from 'node:path';
import { OperatorError } from '../../shared/errors';
import { utf8 } from '../../shared/escape';
import { type Entry, EntryError, LINE_BYTES_MAX, type Position, parseEntry } from '../entry';
import type { Facts } from './facts';
import type { Files } from './files';
import { linesOf } from './lines';
import { firstIndexOf, type Place, Segment } from './segment';

/** Read at once beside other work: to check some hundred lines takes a millisecond. */
const PIECE_BYTES = 32 * 1024;

/** Damage in a log: where it is, and in its message what. */
export class LogDamage extends OperatorError {
  readonly file: string;
  /** 1 is the first of the file; 0 where the file itself is in the wrong place. */
  readonly line: number;

  constructor(file: string, line: number, what: string, options?: ErrorOptions) {
    const place = line === 0 ? `"${file}"` : `"${file}", line ${line}`;
    super('damage', `the log is damaged in ${place}: ${what}`, options);
    this.file = file;
    this.line = line;
  }
}

export interface Scanned {
  segments: Segment[];
  last: Position;
  /** The last line has no newline: it was never acknowledged. */
  torn: { path: string; at: number } | undefined;
  /** Files of the log from before its beginning, which were to be removed. */
  leftovers: string[];
}

/**
 * @param seen called with every entry, and with nothing that is behind damage
 * @throws LogDamage
 */
export async function scanLog(
  files: Files,
  folder: string,
  { segments: beneath, base }: Facts,
  seen: (entry: Entry) => void,
): Promise<Scanned> {
  const paths = (await files.list(join(folder, beneath)))
    .filter((name) => firstIndexOf(name) !== undefined)
    .sort()
    .map((name) => join(folder, beneath, name));
  const leftovers = paths.filter((path) => firstIndexOf(path)! <= base.index);
  const scanned: Scanned = { segments: [], last: base, torn: undefined, leftovers };
  const kept = paths.slice(leftovers.length);
  for (const path of kept) await scanSegment(files, path, path === kept.at(-1), scanned, seen);
  return scanned;
}

async function scanSegment(
  files: Files,
  path: string,
  isLast: boolean,
  scanned: Scanned,
  seen: (entry: Entry) => void,
): Promise<void> {
  if (firstIndexOf(path) !== scanned.last.index + 1) {
    throw new LogDamage(path, 0, `it begins with entry ${firstIndexOf(path)} where ${scanned.last.index + 1} is next`);
  }
  const segment = new Segment(path, scanned.last);
  const file = await files.openToRead(path);
  try {
    let line = 0;
    for await (const { content, at, bytes, whole } of linesOf(file, 0)) {
      line++;
      if (!whole && isLast && isTorn(scanned.last, content)) {
        scanned.torn = { path, at };
        break;
      }
      const entry = entryIn(scanned.last, content, whole, path, line);
      segment.added(entry, bytes);
      scanned.last = entry;
      seen(entry);
    }
  } finally {
    await file.close();
  }
  scanned.segments.push(segment);
}

/**
 * The entries of one segment, from a place in it on, checked again. Ends at the first line that is not whole: it is being
 * written.
 * @throws LogDamage
 */
export async function* entriesFrom(files: Files, path: string, place: Place): AsyncGenerator<Entry> {
  const file = await files.openToRead(path);
  try {
    let { behind } = place;
    for await (const { content, whole } of linesOf(file, place.at, PIECE_BYTES)) {
      if (!whole) return;
      const entry = entryIn(behind, content, whole, path, behind.index + 2 - firstIndexOf(path)!);
      yield entry;
      behind = entry;
    }
  } finally {
    await file.close();
  }
}

/** May a line without a newline be the beginning of one? Not when it is longer than any, nor an entry and then another byte. */
function isTorn(previous: Position, content: Uint8Array): boolean {
  if (content.length > LINE_BYTES_MAX) return false;
  try {
    parseEntry(previous, utf8(content.subarray(0, -1)) ?? '');
    return false;
  } catch {
    return true;
  }
}

function entryIn(previous: Position, content: Uint8Array, whole: boolean, path: string, line: number): Entry {
  const text = utf8(content);
  if (text === undefined) throw new LogDamage(path, line, 'it is not UTF-8');
  if (!whole) throw new LogDamage(path, line, 'it has no end');
  try {
    return parseEntry(previous, text);
  } catch (error) {
    if (error instanceof EntryError) throw new LogDamage(path, line, error.message, { cause: error });
    throw error;
  }
}
