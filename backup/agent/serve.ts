/** The agent's side of the wire: who may ask, and what is asked. What is answered stands in list.ts and answers.ts. */

import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isSystemError } from '../../shared/errors';
import { ByteSource } from '../byte-source';
import { isLines, LinesError, NO_LINES, takeFrame } from '../lines';
import {
  BLOCK_BYTES,
  CHUNKS_PATH,
  isChunksRequest,
  isListRequest,
  isPartsRequest,
  isReadRequest,
  isSumRequest,
  isWholeRequest,
  LIST_PATH,
  PARTS_PATH,
  READ_PATH,
  REQUEST_MAX,
  SUM_PATH,
  WHOLE_PATH,
} from '../wire';
import { read, sendChunks, sendWhole } from './answers';
import { ChunkMemory } from './chunk-memory';
import { withHeartbeat } from './heartbeat';
import { list, sum } from './list';
import { ListMemory } from './list-memory';
import { sendParts } from './parts';
import { PathError, type Root } from './root';
import { systemError } from './system-error';

/** Connections at once: a server needs four, and each may cost some megabytes. */
const CONNECTIONS_MAX = 32;
/**
 * A server on a busy machine may be so long at work between two questions, milliseconds: a connection that was closed meanwhile fails its
 * run. After Node's own 5 s it was. Those that are idle for good are closed by the server at the end of its run.
 */
const IDLE_MAX_MS = 3 * 60_000;

/** A request that cannot be answered, and what the answer says instead. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Told who asked what, and how that went. */
export type OnQuestion = (peer: string, question: string, outcome: string) => void;

/** Of these agent.ts says more. */
export interface ServeSettings {
  root: Root;
  token: string | undefined;
  tls: { key: string; cert: string } | undefined;
  paranoid: boolean;
  onQuestion: OnQuestion;
}

/** What lends a folder over HTTP, or over TLS. */
export function agentServer(settings: ServeSettings): Server {
  const routes = routesOf(settings.paranoid, new ListMemory(), new ChunkMemory());
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const peer = request.socket.remoteAddress ?? '';
    const told = (outcome: string): void => settings.onQuestion(peer, request.url ?? '', outcome);
    answer(settings, routes, request, response).then(
      () => told('answered'),
      (error: unknown) => {
        told((error as Error).message);
        refuse(error, response);
      },
    );
  };
  const server = settings.tls ? createTlsServer(settings.tls, onRequest) : createServer(onRequest);
  server.maxConnections = CONNECTIONS_MAX;
  server.keepAliveTimeout = IDLE_MAX_MS;
  return server;
}

/** An answer that was begun is cut off: the peer gets an error, not an end. */
function refuse(error: unknown, response: ServerResponse): void {
  if (response.headersSent) return void response.destroy();
  const [status, message] = error instanceof Refusal ? [error.status, error.message] : [500, 'it failed'];
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ error: message }));
  // A bug of ours: told where the program's other errors are. What the system and the network say is no bug.
  if (!(error instanceof Refusal) && !isSystemError(error)) queueMicrotask(() => Promise.reject(error));
}

async function answer(
  { root, token }: ServeSettings,
  routes: Routes,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (token !== undefined && !isToken(request.headers.authorization, token))
    throw new Refusal(401, 'expected the token');
  // A page in a browser on this machine is no server.
  if (request.headers.origin !== undefined) throw new Refusal(403, 'expected a backup server, got a browser');
  const route = routes[request.url ?? ''];
  if (!route || request.method !== 'POST') throw new Refusal(404, `expected POST ${Object.keys(routes).join(', ')}`);
  const body = await bodyOf(request);
  const bytes = route(treeAt(root, body.path), body);
  response.writeHead(200, { 'content-type': 'application/octet-stream' });
  await pipeline(Readable.from(bytes, { objectMode: false, highWaterMark: BLOCK_BYTES }), response);
}

/** What comes from a peer is checked by each. */
type Route = (tree: Root, body: object) => AsyncGenerator<Buffer, void>;

type Routes = Readonly<Record<string, Route>>;

/** @param lists what one question found is remembered there for the next, as in `chunks` */
function routesOf(paranoid: boolean, lists: ListMemory, chunks: ChunkMemory): Routes {
  return {
    [SUM_PATH]: (tree, body) => withHeartbeat(sum(tree, checked(isSumRequest, body), lists, paranoid), NO_LINES),
    [LIST_PATH]: (tree, body) => withHeartbeat(list(tree, checked(isListRequest, body), lists, chunks), NO_LINES),
    [READ_PATH]: (tree, body) => withHeartbeat(read(tree, checked(isReadRequest, body), chunks), NO_LINES),
    [CHUNKS_PATH]: (tree, body) => sendChunks(tree, checked(isChunksRequest, body), chunks),
    [PARTS_PATH]: (tree, body) => sendParts(tree, checked(isPartsRequest, body), chunks),
    [WHOLE_PATH]: (tree, body) => sendWhole(tree, checked(isWholeRequest, body)),
  };
}

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
    const body = JSON.parse((await textOf(Buffer.concat(pieces))).toString()) as { path?: unknown };
    if (typeof body?.path === 'string') return { ...body, path: body.path };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof LinesError)) throw error;
  }
  throw new Refusal(400, 'expected JSON with a "path"');
}

/** What is in a frame, or all of it where it is none. @throws LinesError */
async function textOf(bytes: Buffer): Promise<Buffer> {
  return isLines(bytes) ? (await takeFrame(new ByteSource([bytes]), REQUEST_MAX))! : bytes;
}

/** The tree that a request is about: there, and below the root. */
function treeAt(root: Root, path: string): Root {
  try {
    const tree = root.at(path);
    tree.check();
    return tree;
  } catch (error) {
    if (error instanceof PathError) throw new Refusal(403, error.message);
    throw new Refusal(404, `expected something at "${path}", got ${systemError(error).code}`);
  }
}
