/**
 * A tree from top to bottom, as records in their fixed order (record.ts): every file, folder and link, hard links as such, and
 * what could not be looked at. Files are not opened. Calls of the file system are synchronous, for so they cost a fifth; whoever
 * takes the records gives others their turn.
 */

import { type BigIntStats, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { type Attributes, type FileRecord, type Name, nameOf, type ProblemRecord, type TreeRecord } from '../record';
import { join, type Root } from './root';
import { systemError } from './system-error';

/** `stat.blocks` counts these, bytes. */
const BLOCK = 512n;

/** Walks the whole tree at a root. @throws the system's error where the root itself cannot be looked at */
export function* walk({ path }: Root): Generator<TreeRecord | ProblemRecord> {
  // Bounded by the files that have several names.
  const linked = new Map<string, Name>();
  yield* walkBelow(path, Buffer.alloc(0), lstatSync(path, { bigint: true }), linked);
}

function* walkBelow(
  path: Buffer,
  below: Buffer,
  stat: BigIntStats,
  linked: Map<string, Name>,
): Generator<TreeRecord | ProblemRecord> {
  const record = recordOf(path, nameOf(below), stat, linked);
  yield record;
  if (record.type !== 'folder') return;
  for (const part of partsOf(path)) {
    if (!Buffer.isBuffer(part)) {
      yield { type: 'problem', path: record.path, message: `expected to list it, got ${part.code}` };
      return;
    }
    const inner = join(path, part);
    const innerBelow = below.length === 0 ? part : join(below, part);
    const innerStat = statOf(inner);
    if (innerStat instanceof Error) yield problem(innerBelow, `expected to look at it, got ${innerStat.code}`);
    else yield* walkBelow(inner, innerBelow, innerStat, linked);
  }
}

function problem(below: Buffer, message: string): ProblemRecord {
  return { type: 'problem', path: nameOf(below), message };
}

/** What is in a folder, in order; the system's error where that cannot be told. */
function partsOf(path: Buffer): (Buffer | NodeJS.ErrnoException)[] {
  try {
    return readdirSync(path, { encoding: 'buffer' }).sort(Buffer.compare);
  } catch (error) {
    return [systemError(error)];
  }
}

function statOf(path: Buffer): BigIntStats | NodeJS.ErrnoException {
  try {
    return lstatSync(path, { bigint: true });
  } catch (error) {
    return systemError(error);
  }
}

function recordOf(path: Buffer, name: Name, stat: BigIntStats, linked: Map<string, Name>): TreeRecord | ProblemRecord {
  if (stat.isDirectory()) return { type: 'folder', path: name, ...attributesOf(stat) };
  if (stat.isSymbolicLink()) return linkRecordOf(path, name, stat);
  if (!stat.isFile()) return { type: 'problem', path: name, message: `${kindOf(stat)}: left out` };
  if (stat.nlink > 1n) {
    const key = `${stat.dev} ${stat.ino}`;
    const of = linked.get(key);
    if (of !== undefined) return { type: 'hardlink', path: name, of };
    linked.set(key, name);
  }
  return fileRecordOf(name, stat);
}

function linkRecordOf(path: Buffer, name: Name, stat: BigIntStats): TreeRecord | ProblemRecord {
  try {
    const target = nameOf(readlinkSync(path, { encoding: 'buffer' }));
    return { type: 'link', path: name, target, ...attributesOf(stat) };
  } catch (error) {
    return { type: 'problem', path: name, message: `expected to read the link, got ${systemError(error).code}` };
  }
}

/** What `lstat` or `fstat` says of a file. */
export function fileRecordOf(path: Name, stat: BigIntStats): FileRecord {
  return {
    type: 'file',
    path,
    size: Number(stat.size),
    ...attributesOf(stat),
    ctime: String(stat.ctimeNs),
    dev: Number(stat.dev),
    ino: String(stat.ino),
    ...(stat.blocks * BLOCK < stat.size ? { sparse: true } : {}),
  };
}

function attributesOf(stat: BigIntStats): Attributes {
  return {
    mode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    mtime: String(stat.mtimeNs),
  };
}

function kindOf(stat: BigIntStats): string {
  if (stat.isSocket()) return 'a socket';
  if (stat.isFIFO()) return 'a pipe';
  return 'a device';
}
