/**
 * Every collection under `/collections/{name}`, by the document protocol's rules (forms specification, section 1): a search is
 * a GET with conditions, `?q=age>10`. Messages are in English.
 */

import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { notLeaderReason, unknownReason } from '../../../shared/wire/documents';
import type { Json } from '../../../shared/wire/json';
import { Refusal } from '../../documents/bounds';
import { checkOperation, completeOperation } from '../../documents/operations';
import type { Operation } from '../../entry';
import type { Answer } from '../../replication/outbox';
import type { Replica } from '../replica';
import { conditionsIn } from './conditions';
import { LIMIT_MAX, sendList } from './list-reply';
import { ask, Refused, Unavailable } from './reading';
import { IDEMPOTENCY, RETRY_AFTER_S, requestIdentity } from './requests';

interface NameRoute {
  Params: { name: string };
}
interface DocumentRoute {
  Params: { name: string; id: string };
}

const tags = ['collections'];
const PAGE = {
  type: 'object',
  properties: {
    q: {
      anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
      description: 'A condition, `age>10` or `name=Ana`, with one of = != < <= > >=; all that are given must hold',
    },
    limit: { type: 'string', pattern: `^([1-9][0-9]{0,2}|${LIMIT_MAX})$`, description: `From 1 to ${LIMIT_MAX}` },
    after: { type: 'string', description: 'Only documents behind this _id' },
  },
};
const OBJECT = { type: 'object', additionalProperties: true };
const WRITE = { tags, headers: IDEMPOTENCY };

/** Adds the routes. */
export function addCollections(app: FastifyInstance, replica: () => Replica): void {
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof Unavailable) return sendUnavailable(reply, error.answer);
    if (error instanceof Refused || error instanceof Refusal) return sendError(reply, 400, error.message);
    throw error;
  });

  app.get('/collections', { schema: { tags, summary: 'All collections, with their schemas' } }, async () => {
    return (await ask(replica(), ['describe'])).result;
  });

  app.get<NameRoute>(
    '/collections/:name',
    { schema: { tags, summary: 'Documents that meet all conditions, by _id', querystring: PAGE } },
    (request, reply) => search(request, reply, replica()),
  );

  app.get<DocumentRoute>(
    '/collections/:name/:id',
    { schema: { tags, summary: 'One document' } },
    async ({ params }, reply) => {
      const { result } = await ask(replica(), ['search', params.name, { _id: params.id }]);
      const [found] = result as unknown as object[];
      return found ?? sendError(reply, 404, 'there is no document of this _id');
    },
  );

  app.put<NameRoute>(
    '/collections/:name',
    { schema: { ...WRITE, summary: 'Create a collection with this schema', body: OBJECT } },
    (request, reply) => write(request, reply, replica(), ['create', request.params.name, request.body as Json]),
  );

  app.post<NameRoute>(
    '/collections/:name',
    { schema: { ...WRITE, summary: 'Insert a document', body: OBJECT } },
    (request, reply) => write(request, reply, replica(), ['insert', request.params.name, request.body as Json]),
  );

  app.put<DocumentRoute>(
    '/collections/:name/:id',
    { schema: { ...WRITE, summary: 'Change attributes of a document', body: OBJECT } },
    (request, reply) => {
      const { name, id } = request.params;
      return write(request, reply, replica(), ['update', name, { _id: id }, request.body as Json]);
    },
  );

  app.delete<NameRoute>(
    '/collections/:name',
    { schema: { ...WRITE, summary: 'Remove a collection with all its documents' } },
    (request, reply) => write(request, reply, replica(), ['destroy', request.params.name]),
  );

  app.delete<DocumentRoute>(
    '/collections/:name/:id',
    { schema: { ...WRITE, summary: 'Remove a document' } },
    (request, reply) => {
      const { name, id } = request.params;
      return write(request, reply, replica(), ['delete', name, { _id: id }]);
    },
  );
}

async function search(
  request: FastifyRequest<NameRoute>,
  reply: FastifyReply,
  replica: Replica,
): Promise<FastifyReply> {
  const { name } = request.params;
  const { q = [] } = request.query as { q?: string | string[] };
  const { result } = await ask(replica, ['describe', name]);
  const { schema } = (result as unknown as Record<string, { schema: { readonly [attribute: string]: Json } }>)[name]!;
  const query = conditionsIn(typeof q === 'string' ? [q] : q, schema);
  const names = { limit: 'limit', after: 'after' };
  return sendList(replica, request, reply, { wanted: { collection: name, query }, names, show: (found) => found });
}

/** An insert is answered 201 with the `_id`, one document that is changed or removed with how many there were: 0 is 404. */
async function write(
  request: Pick<FastifyRequest, 'headers'>,
  reply: FastifyReply,
  replica: Replica,
  operation: Operation,
): Promise<FastifyReply> {
  const reason = checkOperation(operation);
  if (reason !== undefined) return sendError(reply, 400, reason);
  // A retried insert without an identity of its own is to have the first one's.
  const identity = requestIdentity(request, operation as unknown as Json);
  const answer = await replica.write(completeOperation(operation, randomUUID), identity);
  if (answer.kind !== 'reply') return sendUnavailable(reply, answer);
  const [word, result] = answer.reply;
  if (word === 'ko') return sendError(reply, 400, result);
  const [name] = operation;
  if (result === 0) return sendError(reply, 404, 'there is no document of this _id');
  if (name === 'insert') return reply.code(201).send({ _id: result });
  return reply.code(name === 'create' ? 201 : 200).send({ status: 'ok' });
}

function sendUnavailable(reply: FastifyReply, answer: Exclude<Answer, { kind: 'reply' }>): FastifyReply {
  void reply.header('retry-after', RETRY_AFTER_S);
  if (answer.kind === 'not-leader') return sendError(reply, 503, notLeaderReason(answer.leader));
  return sendError(reply, 503, answer.kind === 'unknown' ? unknownReason(answer.reason) : answer.reason);
}

function sendError(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ status: 'error', message });
}
