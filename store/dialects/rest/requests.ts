/** What requests that change something have in common, in whichever language they are answered. */

import { createHash, randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { encodeJson, type Json } from '../../../shared/wire/json';

/** When to ask again what could not be answered, seconds. */
export const RETRY_AFTER_S = 1;
const KEY_MAX = 255;

/** How `Idempotency-Key` stands in a route's description. */
export const IDEMPOTENCY = {
  type: 'object',
  properties: {
    'idempotency-key': {
      type: 'string',
      minLength: 1,
      maxLength: KEY_MAX,
      description: 'The same for every attempt: it is done once, and the first reply is given again for an hour',
    },
  },
};

/**
 * The identity under which the log does a request once. One key with another content is another request: neither gets the
 * other's reply.
 */
export function requestIdentity({ headers }: Pick<FastifyRequest, 'headers'>, content: Json): string {
  const key = headers['idempotency-key'];
  if (typeof key !== 'string') return randomUUID();
  return createHash('sha256')
    .update(encodeJson([key, content]))
    .digest('hex');
}
