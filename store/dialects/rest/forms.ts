/** The five routes of the forms dialect (forms specification, section 1). Forms are documents whose `_id` is their `id`. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Json } from '../../../shared/wire/json';
import { checkOperation } from '../../documents/operations';
import type { Operation } from '../../entry';
import type { Answer } from '../../replication/outbox';
import type { Replica } from '../replica';
import * as schemas from './form-schemas';
import { sendList } from './list-reply';
import { ask, hasCollection, Refused, type StoredDocument, Unavailable } from './reading';
import { RETRY_AFTER_S, requestIdentity } from './requests';
import * as words from './words';

export const FORMS = 'formularios';
/** Whatever else a form has is kept as it is. */
const SCHEMA = { '*genero': 'str', '...': 'any' };

export interface FormsOptions {
  /** @throws Unavailable while there is none */
  replica: () => Replica;
  /** Replicas that are to have a form before it is confirmed. */
  minInSync: number;
}

type Form = { readonly id: string } & { readonly [attribute: string]: Json };
interface IdRoute {
  Params: { id: string };
}

/** Adds the routes. */
export function addForms(app: FastifyInstance, options: FormsOptions): void {
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof Unavailable) return sendUnavailable(reply, error.answer);
    throw error;
  });

  app.get<IdRoute>('/API/VerificaFormularioDuplicado/:id', { schema: schemas.VERIFY }, async ({ params }) =>
    (await find(options.replica(), params.id)) ? words.THERE : words.NOT_THERE,
  );

  app.post('/API/IngresarFormulario', { schema: schemas.TAKE }, (request, reply) => takeForm(request, reply, options));

  // The definition spells it the first way.
  for (const name of ['ObetenerUnFormulario', 'ObtenerUnFormulario']) {
    app.get<IdRoute>(`/API/${name}/:id`, { schema: schemas.ONE }, async ({ params }, reply) => {
      const found = await find(options.replica(), params.id);
      return found ? formOf(found) : reply.code(404).send(words.NONE);
    });
  }

  for (const path of ['/API/ObtenerTodosLosFormularios', '/API/ObtenerTodosLosFormularios/*']) {
    app.get(path, { schema: schemas.ALL }, (request, reply) => sendForms(request, reply, options, {}));
  }

  app.get<{ Params: { genero: string } }>(
    '/API/ObtenerGeneros/:genero',
    { schema: schemas.BY_GENERO },
    (request, reply) => sendForms(request, reply, options, { genero: request.params.genero }),
  );
}

/** The check and the insert are one operation of the log: of two at once exactly one wins. */
async function takeForm(request: FastifyRequest, reply: FastifyReply, options: FormsOptions): Promise<FastifyReply> {
  const form = request.body as Form;
  if (Object.hasOwn(form, '_id')) return reply.code(400).send(words.RESERVED);
  const operation: Operation = ['put', FORMS, { _id: form.id, ...form }, { absent: true, schema: SCHEMA }];
  // What the state would refuse does not go into the log.
  if (checkOperation(operation) !== undefined) return reply.code(400).send(words.UNSUITABLE);
  const replica = options.replica();
  const answer = await replica.write(operation, requestIdentity(request, operation as unknown as Json));
  if (answer.kind !== 'reply') return sendUnavailable(reply, answer);
  const [word, result] = answer.reply;
  if (word === 'ko') return reply.code(400).send(words.UNSUITABLE);
  if (!(result as { stored: boolean }).stored) return reply.code(409).send(words.THERE);
  // A follower may have been taken out while the form was on its way.
  if (replica.status().inSync.length < options.minInSync) return sendTooFew(reply, options.minInSync);
  return reply.code(201).send(words.TAKEN);
}

/** Nobody has stored a form before the first one makes the collection. */
async function sendForms(
  request: FastifyRequest,
  reply: FastifyReply,
  options: FormsOptions,
  query: { readonly [attribute: string]: Json },
): Promise<FastifyReply> {
  const replica = options.replica();
  const wanted = { collection: FORMS, query };
  try {
    return await sendList(replica, request, reply, {
      wanted,
      names: { limit: 'limite', after: 'desde' },
      show: formOf,
    });
  } catch (error) {
    if (await isMissing(error, replica)) return reply.send([]);
    throw error;
  }
}

async function find(replica: Replica, id: string): Promise<StoredDocument | undefined> {
  try {
    const { result } = await ask(replica, ['search', FORMS, { _id: id }]);
    return (result as unknown as StoredDocument[])[0];
  } catch (error) {
    if (await isMissing(error, replica)) return undefined;
    throw error;
  }
}

async function isMissing(error: unknown, replica: Replica): Promise<boolean> {
  return error instanceof Refused && !(await hasCollection(replica, FORMS));
}

/** As it came. */
function formOf({ _id, ...form }: StoredDocument): object {
  return form;
}

function sendUnavailable(reply: FastifyReply, answer: Exclude<Answer, { kind: 'reply' }>): FastifyReply {
  void reply.code(503).header('retry-after', RETRY_AFTER_S);
  if (answer.kind === 'not-leader') return reply.send(words.NO_LEADER);
  if (answer.kind === 'unknown') return reply.send(words.UNKNOWN);
  return answer.wanted === undefined ? reply.send(words.BUSY) : sendTooFew(reply, answer.wanted);
}

function sendTooFew(reply: FastifyReply, wanted: number): FastifyReply {
  return reply.code(503).header('retry-after', RETRY_AFTER_S).send(words.tooFew(wanted));
}
