/** What is backed up to be measured: a tree of files of this machine, changes to it, and a tree of many small files. */

import {
  closeSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  type Stats,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Draws, drawsOf } from '../../test/support/seeded';

/** Text, code and libraries, many small files among them: in this order until there is enough. */
const ORIGINS = [
  join(__dirname, '..', '..', 'node_modules'),
  '/usr/share/doc',
  '/usr/lib/python3',
  '/usr/share',
  '/usr/lib',
];
const FILES_A_FOLDER = 100;

/** A tree and what is in it. */
export interface Tree {
  files: string[];
  bytes: number;
}

/** Copies files of this machine below a folder, at least so many bytes. */
export function makeTree(folder: string, bytesMin: number): Tree {
  let tree: Tree = { files: [], bytes: 0 };
  for (const [i, origin] of ORIGINS.entries()) {
    if (tree.bytes >= bytesMin) break;
    if (existsSync(origin))
      cpSync(origin, join(folder, String(i)), { recursive: true, verbatimSymlinks: true, filter: isPlain });
    tree = treeIn(folder);
  }
  return tree;
}

/** Sockets and the like are no files to copy. */
function isPlain(path: string): boolean {
  const stat = lstatSync(path);
  return stat.isFile() || stat.isDirectory() || stat.isSymbolicLink();
}

function treeIn(folder: string): Tree {
  const tree: Tree = { files: [], bytes: 0 };
  const visit = (path: string, stat: Stats): void => {
    if (stat.isDirectory()) {
      for (const name of readdirSync(path)) visit(join(path, name), lstatSync(join(path, name)));
    } else if (stat.isFile()) {
      tree.files.push(path);
      tree.bytes += stat.size;
    }
  };
  visit(folder, lstatSync(folder));
  return tree;
}

/** What was changed in a tree, bytes: what was written anew, and the whole size of the files it was written into. */
export interface Changed {
  files: number;
  written: number;
  touched: number;
}

/**
 * Writes 1 % of the files anew, in place, with bytes that nothing compresses: this part of each, above 0, at most 1. The same seed
 * makes the same changes.
 */
export function change({ files }: Tree, seed: number, part: number): Changed {
  const draws = drawsOf(seed);
  const changed: Changed = { files: 0, written: 0, touched: 0 };
  for (let i = Math.ceil(files.length / 100); i > 0; i--) {
    const path = draws.pick(files);
    const { size } = lstatSync(path);
    if (size === 0) continue;
    const length = Math.ceil(size * part);
    const descriptor = openSync(path, 'r+');
    writeSync(descriptor, noise(length, draws), 0, length, draws.below(size - length + 1));
    closeSync(descriptor);
    changed.files++;
    changed.written += length;
    changed.touched += size;
  }
  return changed;
}

/** Makes a tree of many files of some 100 bytes, each another. */
export function makeManyFiles(folder: string, count: number): void {
  for (let i = 0; i < count; i++) {
    const inner = join(folder, String(Math.floor(i / FILES_A_FOLDER)));
    if (i % FILES_A_FOLDER === 0) mkdirSync(inner, { recursive: true });
    writeFileSync(join(inner, `file-${i}.txt`), `${i} is in this file. `.repeat(5));
  }
}

function noise(length: number, draws: Draws): Buffer {
  const bytes = Buffer.alloc(length + 4);
  for (let at = 0; at < length; at += 4) bytes.writeInt32LE(draws.bits(), at);
  return bytes.subarray(0, length);
}
