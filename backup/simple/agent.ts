/** An agent of the simple wire: lends a folder to servers that speak only that. */

import { createHash } from 'node:crypto';
import { closeSync, fstatSync, readSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { PathError, type Root } from '../agent/root';
import { systemError } from '../agent/system-error';
import { walk } from '../agent/walk';
import { bytesOf, type FileRecord, type TreeRecord } from '../record';
import { headerOf, padding } from '../restore/tar';
import { NO_UPDATES, parseRequest, readLine, UPDATES } from './wire';

/** Read at once, bytes: others get their turn between two. */
const PIECE = 1024 * 1024;
/** A line must have come within so long, milliseconds. */
const LINE_WITHIN_MS = 10_000;
const CONNECTIONS_MAX = 32;
/** Two empty blocks end a tar. */
const TAR_END = Buffer.alloc(1024);

/** @param onQuestion told of each question that was answered or refused */
export function simpleAgent(root: Root, onQuestion: (peer: string, path: string, outcome: string) => void): Server {
  const server = createServer((socket) => {
    const peer = socket.remoteAddress ?? '';
    socket.on('error', () => {});
    answer(root, socket).then(
      (path) => onQuestion(peer, path, 'answered'),
      (error: unknown) => {
        // Closing without a byte is that wire's only refusal; cut off in the middle, the tar.gz has no end.
        socket.destroy();
        onQuestion(peer, '', (error as Error).message);
      },
    );
  });
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

async function answer(root: Root, socket: Socket): Promise<string> {
  socket.setTimeout(LINE_WITHIN_MS, () => socket.destroy());
  const line = await readLine(socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>);
  const request = line === undefined ? undefined : parseRequest(line);
  if (!request) throw new PathError(`expected PATH:MD5, got ${JSON.stringify(line ?? '').slice(0, 200)}`);
  socket.setTimeout(0);
  const tree = treeAt(root, request.path);
  if (request.md5 !== '' && (await md5Of(tree)) === request.md5) {
    socket.end(NO_UPDATES);
    return request.path;
  }
  socket.write(UPDATES);
  await pipeline(Readable.from(tarOf(tree), { objectMode: false }), createGzip(), socket);
  return request.path;
}

/** What lies at a path: below the root, or an absolute one that is. @throws PathError or the system's error */
function treeAt(root: Root, path: string): Root {
  const base = `${root.path}/`;
  const below = path.startsWith(base) ? path.slice(base.length) : path === String(root.path) ? '' : path;
  const parts = below.split('/').filter((part) => part !== '' && part !== '.');
  if (below.startsWith('/')) throw new PathError(`expected a path below the root, got "${path}"`);
  const tree = root.at(join(...parts) === '.' ? '' : parts.join('/'));
  tree.check();
  return tree;
}

/** Of the contents of the regular files, one after the other in the order in which they are sent. */
async function md5Of(tree: Root): Promise<string> {
  const md5 = createHash('md5');
  for (const record of walk(tree)) {
    if (record.type !== 'file') continue;
    for await (const piece of contentsOf(tree, record)) md5.update(piece);
  }
  return md5.digest('hex');
}

/** Names are absolute paths without the leading `/`. */
async function* tarOf(tree: Root): AsyncGenerator<Buffer> {
  const named = (path: Buffer): Buffer =>
    (path.length === 0 ? tree.path : Buffer.concat([tree.path, Buffer.from('/'), path])).subarray(1);
  for (const record of walk(tree)) {
    // That wire has no word for what cannot be read.
    if (record.type === 'problem') continue;
    if (record.type !== 'file') {
      yield headerOf(record, named(bytesOf(record.path)), ofOf(record, named));
      continue;
    }
    let isBegun = false;
    for await (const piece of contentsOf(tree, record, (size) => (record.size = size))) {
      if (!isBegun) yield headerOf(record, named(bytesOf(record.path)), undefined);
      isBegun = true;
      yield piece;
    }
    if (isBegun) yield padding(record.size);
  }
  yield TAR_END;
}

function ofOf(record: TreeRecord, named: (path: Buffer) => Buffer): Buffer | undefined {
  return record.type === 'hardlink' ? named(bytesOf(record.of)) : undefined;
}

/**
 * A file's contents, at least one piece: exactly as many bytes as it had when it was opened, for that stands before them. One that
 * becomes shorter meanwhile is filled with zeros. Nothing at all of one that cannot be read.
 */
async function* contentsOf(
  tree: Root,
  { path }: FileRecord,
  onSize: (size: number) => void = () => undefined,
): AsyncGenerator<Buffer> {
  let descriptor: number;
  try {
    descriptor = tree.open(path);
  } catch (error) {
    if (!(error instanceof PathError)) systemError(error);
    return;
  }
  try {
    const { size } = fstatSync(descriptor);
    onSize(size);
    if (size === 0) yield Buffer.alloc(0);
    for (let at = 0; at < size; at += PIECE) {
      const bytes = Buffer.alloc(Math.min(PIECE, size - at));
      for (let got = 0; got < bytes.length; ) {
        const count = readSync(descriptor, bytes, got, bytes.length - got, at + got);
        if (count === 0) break;
        got += count;
      }
      yield bytes;
      await turn();
    }
  } finally {
    closeSync(descriptor);
  }
}
