/**
 * An HTTP service as this house runs one: bounded in every direction, JSON alone, refusing what pages of other sites send, and
 * closed gracefully. What it serves is the routes' affair.
 */

import { STATUS_CODES } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { portError } from '../errors';
import { decodeJson } from '../wire/json';
import { WireError } from '../wire/wire-error';
import { type Fault, faultOf, HttpFault, parserFault } from './fault';

export interface HttpOptions {
  host: string;
  /** 0 for one the system chooses. */
  port: number;
  /** Host names under which it may be asked, besides addresses, `localhost` and this machine's own. */
  names: readonly string[];
  /** Of a request's body, bytes. */
  bodyMax: number;
  /** What a refused request is told, as JSON. `path` is empty where none could be read. */
  faultBody: (fault: Fault, path: string) => object;
  /** An error of ours: a route has thrown it. */
  failed: (error: unknown) => void;
}

/** An HTTP service that listens. */
export interface HttpService {
  /** `host:port` bound to. */
  readonly address: string;
  /** Takes no more, lets what is served be done within a short time, and frees the port. */
  close(): Promise<void>;
}

/** A request, its body with it, must come whole within this time. */
const REQUEST_MS = 20_000;
/** A kept connection that asks nothing is closed. */
const IDLE_MS = 30_000;
/** At the end, what is being served has this long. */
const CLOSING_MS = 2000;
/** Longer than any name in a path that means something. */
const PARAM_MAX = 1024;
const CONNECTIONS_MAX = 4096;

/** What a browser should know of every reply. Pages bring a policy of their own. */
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
};

/** A service without a port yet: routes are added, then it listens. */
export function createHttp(options: HttpOptions): FastifyInstance {
  const { bodyMax, faultBody, failed } = options;
  const app = fastify({
    bodyLimit: bodyMax,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: IDLE_MS,
    routerOptions: { maxParamLength: PARAM_MAX },
    forceCloseConnections: 'idle',
    // What a client gets wrong must not be mended silently: "7" is no number.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
    clientErrorHandler: (error, socket) => refuseRaw(socket, parserFault(error.code), faultBody),
    frameworkErrors: (error, request, reply) => refuse(request, reply, error),
  });
  const refuse = (request: FastifyRequest, reply: FastifyReply, error: unknown): void => {
    const fault = faultOf(error);
    if (fault.code === 'internal') failed(error);
    // A body that is not read would be taken for the next request.
    if (fault.code === 'too-large' || fault.code === 'http') void reply.header('connection', 'close');
    void reply.headers(HEADERS).code(fault.status).send(faultBody(fault, request.url));
  };
  app.setErrorHandler((error, request, reply) => refuse(request, reply, error));
  app.setNotFoundHandler((request, reply) => refuse(request, reply, new HttpFault(404, 'route', NO_ROUTE)));
  // Replies are what they are: a schema describes them, and takes nothing away.
  app.setSerializerCompiler(() => (reply) => JSON.stringify(reply));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, decodeJson(body as Buffer));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      done(new HttpFault(400, 'json', error.message));
    }
  });
  const names = new Set(['localhost', hostname(), ...options.names].map((name) => name.toLowerCase()));
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(HEADERS);
    checkHost(request, names);
  });
  app.server.maxConnections = CONNECTIONS_MAX;
  return app;
}

const NO_ROUTE = 'expected a path and a method that are served here';

/** Opens the port. @throws OperatorError `port` */
export async function listen(app: FastifyInstance, { host, port }: HttpOptions): Promise<HttpService> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    throw portError('TCP', `${host}:${port}`, cause);
  }
  const bound = app.server.address() as { port: number };
  return { address: `${host}:${bound.port}`, close: () => close(app) };
}

async function close(app: FastifyInstance): Promise<void> {
  const impatience = setTimeout(() => app.server.closeAllConnections(), CLOSING_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(impatience);
  }
}

/**
 * A name that is not ours was made to point here by somebody whose page would read what it gets (DNS rebinding); an address
 * cannot be made to. A page of another site may not ask either.
 */
function checkHost({ headers }: FastifyRequest, names: ReadonlySet<string>): void {
  const asked = hostOf(headers.host ?? '');
  const known = asked !== undefined && (isIP(asked) > 0 || names.has(asked));
  if (!known) throw new HttpFault(421, 'host', 'expected a Host that is a name or an address of this server');
  const { origin } = headers;
  if (origin !== undefined && origin !== `http://${headers.host}` && origin !== `https://${headers.host}`) {
    throw new HttpFault(403, 'origin', 'expected no request from a page of another site');
  }
}

/** The name or address of a Host header, without its port. */
function hostOf(header: string): string | undefined {
  const [, six, name] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d{1,5})?$/.exec(header) ?? [];
  return (six ?? name)?.toLowerCase();
}

/** What came is no request: the reply is made by hand, and the connection ends. */
function refuseRaw(socket: Socket, fault: Fault, faultBody: HttpOptions['faultBody']): void {
  if (!socket.writable) return void socket.destroy();
  const body = JSON.stringify(faultBody(fault, ''));
  const lines = [
    `HTTP/1.1 ${fault.status} ${STATUS_CODES[fault.status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    ...Object.entries(HEADERS).map(([name, value]) => `${name}: ${value}`),
    'connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
