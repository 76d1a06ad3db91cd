/** What can be wrong with a request before any route looks at what it means. */

import type { FastifySchemaValidationError } from 'fastify';

export type FaultCode =
  /** No such path, or not with this method. */
  | 'route'
  /** Asked under a name that is not this server's: another site's, perhaps, whose name was pointed here. */
  | 'host'
  /** A page of another site asks. */
  | 'origin'
  | 'media-type'
  | 'too-large'
  | 'json'
  /** A part of the request is not of the form that the route declares; `invalid` says which. */
  | 'form'
  /** What came is no HTTP. */
  | 'http'
  | 'timeout'
  /** Ours. */
  | 'internal';

/** A refusal of a request, for whoever words it. */
export interface Fault {
  status: number;
  code: FaultCode;
  /** One sentence in English. */
  reason: string;
  /** The first thing that the route's schema has against it, and in which part: `body`, `params`, ... */
  invalid?: { part: string; found: FastifySchemaValidationError };
}

/** Thrown where a request is refused. */
export class HttpFault extends Error {
  readonly fault: Fault;

  constructor(status: number, code: FaultCode, reason: string) {
    super(reason);
    this.fault = { status, code, reason };
  }
}

/** What the library, or a hook of ours, has thrown, as a fault. */
export function faultOf(error: unknown): Fault {
  if (error instanceof HttpFault) return error.fault;
  const { code, statusCode, message, validation, validationContext } = error as Partial<LibraryError>;
  const found = validation?.[0];
  if (found) {
    const part = validationContext ?? 'request';
    const reason = `expected ${part} as the description says: ${part}${found.instancePath} ${found.message}`;
    return { status: 400, code: 'form', reason, invalid: { part, found } };
  }
  const known = FAULTS[code ?? ''];
  if (known) return known;
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { status: statusCode, code: 'http', reason: message ?? 'expected a request of HTTP/1.1' };
  }
  return { status: 500, code: 'internal', reason: 'something went wrong here' };
}

interface LibraryError {
  code: string;
  statusCode: number;
  message: string;
  validation: FastifySchemaValidationError[];
  validationContext: string;
}

const FAULTS: Record<string, Fault> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { status: 415, code: 'media-type', reason: 'expected a body of application/json' },
  FST_ERR_CTP_BODY_TOO_LARGE: { status: 413, code: 'too-large', reason: 'expected a smaller body' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { status: 400, code: 'http', reason: 'expected as many bytes as announced' },
};

/** What Node's parser has against bytes. */
export function parserFault(code: string | undefined): Fault {
  if (code === 'HPE_HEADER_OVERFLOW') return { status: 431, code: 'too-large', reason: 'expected shorter headers' };
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { status: 408, code: 'timeout', reason: 'expected a request in time' };
  return { status: 400, code: 'http', reason: 'expected a request of HTTP/1.1' };
}
