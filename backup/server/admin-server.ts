/** The server's side of the admin wire: reads a question, checks who asks, and sends the answer. */

import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { OperatorError, usageError } from '../../shared/errors';
import {
  ADMIN_PATH,
  ADMIN_REQUEST_MAX,
  type AdminQuestions,
  COPY_HEADER,
  type CopyBytes,
  type Lines,
  type Refusal,
} from './admin-wire';

/** What answers each question; a request comes as the peer sent it, any object. @throws OperatorError for a refusal */
export type Handlers = {
  [Question in keyof AdminQuestions]: (request: object) => Promise<AdminQuestions[Question]['answer']>;
};

/** @param token who asks must know it; undefined: anybody may */
export function adminServer(handlers: Handlers, token: string | undefined, onBug: (error: Error) => void): Server {
  return createServer((request, response) => {
    answer(handlers, token, request, response).catch((error: unknown) => {
      const { code } = error as NodeJS.ErrnoException;
      if (!(error instanceof OperatorError) && code !== 'ERR_STREAM_PREMATURE_CLOSE') onBug(error as Error);
      refuse(error, response);
    });
  });
}

async function answer(
  handlers: Handlers,
  token: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (token !== undefined && !isToken(request.headers.authorization, token))
    throw usageError('expected --token-file with the token of this server, got another');
  // A page in a browser on this machine is no admin.
  if (request.headers.origin !== undefined) throw usageError('expected an admin, got a browser');
  const question = (request.url ?? '').replace(ADMIN_PATH, '');
  if (!Object.hasOwn(handlers, question) || request.method !== 'POST') {
    throw usageError(`expected POST ${ADMIN_PATH} and ${Object.keys(handlers).join(', ')}; got ${request.url}`);
  }
  const answered = await handlers[question as keyof Handlers](await bodyOf(request));
  if (isLines(answered)) {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    try {
      await pipeline(Readable.from(textOf(answered)), response);
    } finally {
      // Whoever left before the first line has not begun to read them.
      await answered.return(undefined);
    }
  } else if ('bytes' in answered && isLines(answered.bytes)) {
    const { bytes, ...info } = answered as CopyBytes;
    // Header values hold Latin-1 alone.
    const header = encodeURIComponent(JSON.stringify(info));
    response.writeHead(200, { 'content-type': 'application/octet-stream', [COPY_HEADER]: header });
    await pipeline(Readable.from(bytes, { objectMode: false }), response);
  } else {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answered));
  }
}

/** An answer that was begun is cut off, so that nobody takes it for whole. */
function refuse(error: unknown, response: ServerResponse): void {
  if (response.headersSent) return void response.destroy();
  const { code, message } =
    error instanceof OperatorError
      ? error
      : ({ code: 'start', message: `the server failed: ${(error as Error).message}` } as const);
  const refusal: Refusal = { error: { code, message } };
  response.writeHead(400, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify(refusal));
}

function isToken(authorization: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${token}`));
}

async function bodyOf(request: IncomingMessage): Promise<object> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > ADMIN_REQUEST_MAX) throw usageError(`expected at most ${ADMIN_REQUEST_MAX} bytes, got more`);
    pieces.push(piece);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(pieces).toString());
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw usageError('expected a JSON object, got something else');
}

function isLines(answer: unknown): answer is Lines<object> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;
}

async function* textOf(lines: Lines<object>): AsyncGenerator<string> {
  for await (const line of lines) yield `${JSON.stringify(line)}\n`;
}
