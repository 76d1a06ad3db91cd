/**
 * A tree from top to bottom, as records in their fixed order (record.ts): every file, folder and link, hard links as such, and
 * what could not be looked at. Files are not opened. Calls of the file system are synchronous, for so they cost a fifth; whoever
 * takes the records gives others their turn.
 */

import { type BigIntStats, lstatSync, readlinkSync } from 'node:fs';
import { Folder } from '../folder';
import { type Attributes, type FileRecord, type Name, nameOf, type ProblemRecord, type TreeRecord } from '../record';
import { join, type Root } from './root';
import { systemError } from './system-error';

/** `stat.blocks` counts these, bytes. */
const BLOCK = 512n;

/** Walks the whole tree at a root. @throws PathError, or the system's error where the root itself cannot be looked at */
export function* walk(root: Root): Generator<TreeRecord | ProblemRecord> {
  // Bounded by the files that have several names.
  const linked = new Map<string, Name>();
  const stat = lstatSync(root.path, { bigint: true });
  if (stat.isDirectory()) yield* walkIn(root.openFolder(), Buffer.alloc(0), stat, linked);
  else yield recordOf(root.path, '', stat, linked);
}

/** Each folder is opened by way of the one it is in: one that becomes a link meanwhile leads nowhere. */
function* walkIn(
  folder: Folder | NodeJS.ErrnoException,
  below: Buffer,
  stat: BigIntStats,
  linked: Map<string, Name>,
): Generator<TreeRecord | ProblemRecord> {
  const record: TreeRecord = { type: 'folder', path: nameOf(below), ...attributesOf(stat) };
  if (folder instanceof Error) {
    yield record;
    yield problem(below, `expected to list it, got ${folder.code}`);
    return;
  }
  try {
    yield record;
    for (const part of folder.parts()) {
      const path = folder.pathOf(part);
      const inner = below.length === 0 ? part : join(below, part);
      const innerStat = tried(() => lstatSync(path, { bigint: true }));
      if (innerStat instanceof Error) yield problem(inner, `expected to look at it, got ${innerStat.code}`);
      else if (innerStat.isDirectory())
        yield* walkIn(
          tried(() => new Folder(path)),
          inner,
          innerStat,
          linked,
        );
      else yield recordOf(path, nameOf(inner), innerStat, linked);
    }
  } finally {
    folder.close();
  }
}

function problem(below: Buffer, message: string): ProblemRecord {
  return { type: 'problem', path: nameOf(below), message };
}

/** What a call gives, or the system's error. */
function tried<Result>(call: () => Result): Result | NodeJS.ErrnoException {
  try {
    return call();
  } catch (error) {
    return systemError(error);
  }
}

/** What is no folder. */
function recordOf(path: Buffer, name: Name, stat: BigIntStats, linked: Map<string, Name>): TreeRecord | ProblemRecord {
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
