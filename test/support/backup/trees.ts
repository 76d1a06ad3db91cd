/** Trees of files: made at random, put into a repository, and told apart when they came back. */

import {
  type BigIntStats,
  chmodSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import * as fc from 'fast-check';
import { ContentReader } from '../../../backup/agent/contents';
import { Root } from '../../../backup/agent/root';
import { walk } from '../../../backup/agent/walk';
import { LONG_FROM } from '../../../backup/repository/chunker';
import type { Source } from '../../../backup/repository/copy';
import type { Finished } from '../../../backup/repository/copy-writer';
import type { Repository } from '../../../backup/repository/repository';
import { sumOf } from '../../../backup/sum';
import { compressFrame } from '../../../backup/zstd-frame';
import { SOURCE } from './small-repository';

/** Something to be made below a folder. `link` points where `target` says; `hardlink` names a file made before, if there is one. */
export type Thing =
  | { type: 'folder'; name: Buffer; mode: number; mtime: number; things: Thing[] }
  | { type: 'file'; name: Buffer; mode: number; mtime: number; contents: Buffer; hole: number }
  | { type: 'link'; name: Buffer; mtime: number; target: Buffer }
  | { type: 'hardlink'; name: Buffer; of: number };

/** Any bytes that a name may have. */
const name = fc
  .uint8Array({ minLength: 1, maxLength: 12 })
  .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0x5f : byte))))
  .map((bytes) => (/^\.{1,2}$/.test(bytes.toString('latin1')) ? Buffer.from('dots') : bytes));
const mtime = fc.integer({ min: -1_000_000, max: 4_000_000_000 });
const contents = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc
    // No zeros: those written into a file that has a hole come back as a hole, too.
    .tuple(fc.integer({ min: 0, max: 400_000 }), fc.integer({ min: 1, max: 255 }))
    .map(([length, byte]) => Buffer.alloc(length, byte)),
);

/** A few things with any names, some below others. */
export const things: fc.Arbitrary<Thing[]> = fc.letrec<{ things: Thing[]; thing: Thing }>((tie) => ({
  things: fc.array(tie('thing'), { maxLength: 5 }),
  thing: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant('file' as const),
        name,
        mode: fc.integer({ min: 0, max: 0o7777 }),
        mtime,
        contents,
        hole: fc.oneof(fc.constant(0), fc.integer({ min: 4096, max: 1_000_000 })),
      }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('link' as const), name, mtime, target: name }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('hardlink' as const), name, of: fc.nat(20) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('folder' as const),
        name,
        mode: fc.integer({ min: 0, max: 0o777 }).map((mode) => mode | 0o700),
        mtime,
        things: tie('things'),
      }),
    },
  ),
})).things;

/** Makes things below a folder. Of two with one name the second is left out. */
export function make(things: readonly Thing[], folder: Buffer, files: Buffer[] = []): void {
  for (const thing of things) {
    const path = Buffer.concat([folder, Buffer.from('/'), thing.name]);
    if (lstatSync(path, { throwIfNoEntry: false })) continue;
    if (thing.type === 'hardlink') {
      if (files.length > 0) linkSync(files[thing.of % files.length]!, path);
    } else if (thing.type === 'link') {
      symlinkSync(thing.target, path);
      lutimesSync(path, thing.mtime, thing.mtime);
    } else if (thing.type === 'file') {
      writeFileSync(path, thing.contents);
      if (thing.hole > 0) truncateSync(path, thing.contents.length + thing.hole);
      utimesSync(path, thing.mtime, thing.mtime);
      chmodSync(path, thing.mode);
      files.push(path);
    } else {
      mkdirSync(path);
      make(thing.things, path, files);
      utimesSync(path, thing.mtime, thing.mtime);
      chmodSync(path, thing.mode);
    }
  }
}

/** All that a tree is: by path, in order. Files that are one have one number. Room on disk in classes: a hole shows, not a page more or less. */
export function snapshot(folder: Buffer): string[] {
  const numbers = new Map<bigint, number>();
  const lines: string[] = [];
  const visit = (path: Buffer, shown: string): void => {
    const stat = lstatSync(path, { bigint: true });
    lines.push([JSON.stringify(shown), describe(path, stat, numbers)].join(' '));
    if (!stat.isDirectory()) return;
    for (const part of readdirSync(path, { encoding: 'buffer' }).sort(Buffer.compare)) {
      visit(Buffer.concat([path, Buffer.from('/'), part]), `${shown}/${part.toString('latin1')}`);
    }
  };
  visit(folder, '');
  return lines;
}

function describe(path: Buffer, stat: BigIntStats, numbers: Map<bigint, number>): string {
  const common = `${stat.uid}:${stat.gid} ${stat.mtimeNs}`;
  if (stat.isSymbolicLink()) return `-> ${readlinkSync(path, 'latin1')} ${common}`;
  const mode = (stat.mode & 0o7777n).toString(8);
  if (stat.isDirectory()) return `folder ${mode} ${common}`;
  if (!numbers.has(stat.ino)) numbers.set(stat.ino, numbers.size);
  const holes = stat.size - stat.blocks * 512n > 64n * 1024n ? 'with holes' : 'whole';
  return `file ${mode} ${common} ${stat.size} ${holes} #${numbers.get(stat.ino)} ${sumOf(readFileSync(path))}`;
}

/** Makes a copy of a tree as a run does, without a network. */
export async function backUp(folder: string, repository: Repository, source: Source = SOURCE): Promise<Finished> {
  const root = Root.of(folder);
  const reader = new ContentReader(root, () => Promise.resolve(), LONG_FROM);
  const writer = await repository.copies.begin(source, 0);
  for (const record of walk(root)) {
    if (record.type === 'problem') throw new Error(record.message);
    if (record.type !== 'file') {
      await writer.add(record);
      continue;
    }
    for (const { sum, bytes } of reader.chunks(record.path)) {
      if (!repository.packs.has(sum)) await repository.packs.add([[sum, bytes.length]], await compressFrame(bytes));
    }
    await writer.add(await reader.record(record.path));
  }
  return writer.finish({ list: '', problems: 0 });
}
