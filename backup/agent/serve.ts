/** The agent's side of the wire: answers a server's three questions about the tree it lends, and nothing else. */

import { createHash, timingSafeEqual } from 'node:crypto';
import { closeSync, readSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { LineWriter } from '../lines';
import type { Name } from '../record';
import { type ChunkName, compressBlock, encodeBlockHeader } from '../repository/pack';
import { sumOf } from '../sum';
import {
  BLOCK_BYTES,
  CHUNKS_PATH,
  type ChunksRequest,
  isChunksRequest,
  isListRequest,
  isReadRequest,
  LIST_PATH,
  type ListLine,
  type ListRequest,
  READ_PATH,
  REQUEST_MAX,
  type ReadLine,
  type ReadRequest,
} from '../wire';
import { ContentReader } from './contents';
import { PathError, type Root } from './root';
import { systemError } from './system-error';
import { walk } from './walk';

/** After so many records others get their turn. */
const RECORDS_A_TURN = 200;
/** Blocks being compressed at once: the system's threads do that. */
const BLOCKS_AT_ONCE = 4;

/** A request that cannot be answered, and what the answer says instead. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What lends a folder over HTTP. @param token who asks must know it; undefined: anybody may */
export function agentServer(root: Root, token: string | undefined): Server {
  return createServer((request, response) => {
    answer(root, token, request, response).catch((error: unknown) => {
      if (!(error instanceof Refusal) || response.headersSent) return void response.destroy(error as Error);
      response.writeHead(error.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: error.message }));
    });
  });
}

async function answer(
  root: Root,
  token: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (token !== undefined && !isToken(request.headers.authorization, token))
    throw new Refusal(401, 'expected the token');
  const route = ROUTES[request.url ?? ''];
  if (!route || request.method !== 'POST') throw new Refusal(404, `expected POST ${Object.keys(ROUTES).join(', ')}`);
  const body = await bodyOf(request);
  const bytes = route(treeAt(root, body.path), body);
  const first = await bytes.next();
  if (first.done) return void response.writeHead(204).end();
  response.writeHead(200, { 'content-type': 'application/octet-stream' });
  response.write(first.value);
  await pipeline(Readable.from(bytes, { objectMode: false, highWaterMark: BLOCK_BYTES }), response);
}

/** What comes from a peer is checked by each. */
type Route = (tree: Root, body: object) => AsyncGenerator<Buffer, void>;

const ROUTES: Readonly<Record<string, Route>> = {
  [LIST_PATH]: (tree, body) => list(tree, checked(isListRequest, body)),
  [READ_PATH]: (tree, body) => read(tree, checked(isReadRequest, body)),
  [CHUNKS_PATH]: (tree, body) => sendChunks(tree, checked(isChunksRequest, body)),
};

function checked<Request extends object>(is: (body: object) => body is Request, body: object): Request {
  if (is(body)) return body;
  throw new Refusal(400, 'expected the fields that this question has');
}

function isToken(authorization: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${token}`));
}

async function bodyOf(request: IncomingMessage): Promise<{ path: string }> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > REQUEST_MAX) throw new Refusal(413, `expected at most ${REQUEST_MAX} bytes`);
    pieces.push(piece);
  }
  try {
    const body = JSON.parse(Buffer.concat(pieces).toString()) as { path?: unknown };
    if (typeof body?.path === 'string') return { ...body, path: body.path };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Refusal(400, 'expected JSON with a "path"');
}

function treeAt(root: Root, path: string): Root {
  try {
    return root.at(path);
  } catch (error) {
    if (error instanceof PathError) throw new Refusal(403, error.message);
    throw new Refusal(404, `expected something at "${path}", got ${systemError(error).code}`);
  }
}

async function* list(tree: Root, { unless }: ListRequest): AsyncGenerator<Buffer, void> {
  const sum = createHash('sha256');
  for (const lines of turns(recordsOf(tree))) {
    for (const line of lines) sum.update(`${JSON.stringify(line)}\n`);
    await turn();
  }
  if (sum.digest('hex') === unless) return;
  // Once more rather than kept: a tree has no bound.
  const sent = createHash('sha256');
  const writer = new LineWriter();
  for (const lines of turns(recordsOf(tree))) {
    for (const line of lines) {
      sent.update(`${JSON.stringify(line)}\n`);
      const frame = writer.add(line);
      if (frame) yield await frame;
    }
    await turn();
  }
  const end: ListLine = { type: 'end', sum: sent.digest('hex') };
  const frame = writer.add(end);
  if (frame) yield await frame;
  else yield await writer.end();
}

function recordsOf(tree: Root): ReturnType<typeof walk> {
  try {
    return walk(tree);
  } catch (error) {
    throw new Refusal(404, `expected something to list, got ${systemError(error).code}`);
  }
}

function* turns<Item>(items: Iterable<Item>): Generator<Item[]> {
  let some: Item[] = [];
  for (const item of items) {
    some.push(item);
    if (some.length < RECORDS_A_TURN) continue;
    yield some;
    some = [];
  }
  yield some;
}

async function* read(tree: Root, { files }: ReadRequest): AsyncGenerator<Buffer, void> {
  const reader = new ContentReader(tree, () => turn());
  const writer = new LineWriter();
  let sinceTurn = 0;
  for (const path of files) {
    const frame = writer.add(await recordOf(reader, path));
    if (frame) yield await frame;
    if (++sinceTurn % RECORDS_A_TURN === 0) await turn();
  }
  yield await writer.end();
}

async function recordOf(reader: ContentReader, path: Name): Promise<ReadLine> {
  try {
    return await reader.record(path);
  } catch (error) {
    const reason = error instanceof PathError ? error.message : `expected to read it, got ${systemError(error).code}`;
    return { type: 'problem', path, message: reason };
  }
}

async function* sendChunks(tree: Root, { files }: ChunksRequest): AsyncGenerator<Buffer, void> {
  const pending: Promise<Buffer>[] = [];
  let names: ChunkName[] = [];
  let contents: Buffer[] = [];
  let bytes = 0;
  const flush = (): void => {
    const [chunks, whole] = [names, Buffer.concat(contents)];
    pending.push(compressBlock(whole).then((frame) => Buffer.concat([encodeBlockHeader(chunks, frame.length), frame])));
    [names, contents, bytes] = [[], [], 0];
  };
  for (const { path, chunks } of files) {
    for (const [sum, chunk] of readRanges(tree, path, chunks)) {
      names.push([sum, chunk.length]);
      contents.push(chunk);
      bytes += chunk.length;
      if (bytes < BLOCK_BYTES) continue;
      flush();
      if (pending.length >= BLOCKS_AT_ONCE) yield await pending.shift()!;
      else await turn();
    }
  }
  if (bytes > 0) flush();
  for (const block of pending) yield await block;
}

/** The chunks that still are what they were; none of a file that cannot be read any more. */
function* readRanges(
  tree: Root,
  path: Name,
  chunks: readonly [at: number, length: number, sum: string][],
): Generator<[sum: string, bytes: Buffer]> {
  let descriptor: number;
  try {
    descriptor = tree.open(path);
  } catch (error) {
    if (!(error instanceof PathError)) systemError(error);
    return;
  }
  try {
    for (const [at, length, sum] of chunks) {
      const bytes = Buffer.allocUnsafe(length);
      if (readSync(descriptor, bytes, 0, length, at) === length && sumOf(bytes) === sum) yield [sum, bytes];
    }
  } finally {
    closeSync(descriptor);
  }
}
