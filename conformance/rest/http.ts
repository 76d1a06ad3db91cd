/** HTTP/1.1 as plainly as it can be said and heard: one request on a connection, and its reply taken apart. */

import { escapeText } from '../../shared/escape';
import { shown } from '../overlay/messages';
import { Unmet } from '../unmet';

export interface HttpRequest {
  method: string;
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
}

export interface HttpReply {
  status: number;
  /** By names in lower case. */
  headers: ReadonlyMap<string, string>;
  body: Buffer;
}

/** Bytes in which a first line is looked for. */
const FIRST_LINE_MAX = 1000;

/** The bytes of a request, behind whose reply the connection is closed. */
export function requestOf({ method, path, headers = {}, body }: HttpRequest, host: string): Buffer {
  const all: Record<string, string> = { Host: host, Connection: 'close', ...headers };
  if (body !== undefined) {
    all['Content-Type'] ??= 'application/json';
    all['Content-Length'] = String(Buffer.byteLength(body));
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`);
}

/** What was said in words: the first line and the body of a message, anything else by its bytes. */
export function httpWords(said: Uint8Array): string {
  const bytes = Buffer.from(said);
  const [first = ''] = bytes.toString('latin1', 0, FIRST_LINE_MAX).split('\r\n', 1);
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0 || !/(^| )HTTP\/1\.[01]( |$)/.test(first)) return shown(said);
  return `${shown(first)} ${shown(bytes.subarray(end + 4))}`.trimEnd();
}

/** Takes a reply from what came, once it is whole. @throws Unmet for what is no HTTP */
export function takeHttpReply(came: Buffer, hasEnded: boolean): { message: HttpReply; length: number } | undefined {
  const end = came.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = came.subarray(0, end).toString('latin1').split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1];
  if (status === undefined) throw new Unmet('a line such as "HTTP/1.1 200 OK"', escapeText(first.slice(0, 100)));
  const headers = new Map(lines.map((line) => [line.split(':', 1)[0]!.toLowerCase(), line.replace(/^[^:]*:\s*/, '')]));
  const body = bodyOf(came.subarray(end + 4), headers, hasEnded);
  return body && { message: { status: Number(status), headers, body }, length: came.length };
}

/** As long as the headers say; until the end where they say nothing. Undefined while it is not whole. */
function bodyOf(rest: Buffer, headers: ReadonlyMap<string, string>, hasEnded: boolean): Buffer | undefined {
  if (headers.get('transfer-encoding')?.toLowerCase() === 'chunked') return chunksOf(rest);
  const length = headers.get('content-length');
  if (length === undefined) return hasEnded ? rest : undefined;
  return rest.length < Number(length) ? undefined : rest.subarray(0, Number(length));
}

/** Each chunk is its length in hexadecimal digits, a line end, so many bytes, a line end; one of length 0 is the last. */
function chunksOf(rest: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const begin = rest.indexOf('\r\n', at) + 2;
    const length = Number.parseInt(rest.subarray(at, begin).toString('latin1'), 16);
    if (begin < 2 || !(length >= 0) || rest.length < begin + length + 2) return undefined;
    if (length === 0) return Buffer.concat(chunks);
    chunks.push(rest.subarray(begin, begin + length));
    at = begin + length + 2;
  }
}
