/** A list of documents as the body of a reply: whole pages as they are read, a `Link` to the next where one was asked for. */

import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Replica } from '../replica';
import { documentsOf, type StoredDocument, type Wanted } from './reading';

/** Of one page that is asked for. */
export const LIMIT_MAX = 1000;

export interface ListOptions {
  wanted: Pick<Wanted, 'collection' | 'query'>;
  /** The parameters of the query that say which page, by their names in this dialect. */
  names: { limit: string; after: string };
  /** How a document is told. */
  show: (document: StoredDocument) => object;
}

/** Sends the list. What refuses does so before the first byte. @throws Unavailable, Refused */
export async function sendList(
  replica: Replica,
  request: FastifyRequest,
  reply: FastifyReply,
  { wanted, names, show }: ListOptions,
): Promise<FastifyReply> {
  const asked = request.query as Record<string, string>;
  const limit = asked[names.limit] === undefined ? undefined : Number(asked[names.limit]);
  // One more than asked for tells whether there is a next page.
  const reading = documentsOf(replica, {
    ...wanted,
    after: asked[names.after],
    limit: limit === undefined ? Number.POSITIVE_INFINITY : limit + 1,
    atLeast: 0,
  });
  if (limit !== undefined) {
    const found: StoredDocument[] = [];
    for await (const documents of reading) found.push(...documents);
    if (found.length > limit) {
      found.length = limit;
      const { pathname, searchParams } = new URL(request.url, 'http://localhost');
      searchParams.set(names.after, found.at(-1)!._id);
      void reply.header('link', `<${pathname}?${searchParams}>; rel="next"`);
    }
    return reply.send(found.map(show));
  }
  const first = await reading.next();
  void reply.type('application/json; charset=utf-8');
  return reply.send(Readable.from(textOf(first.done ? [] : first.value, reading, show)));
}

async function* textOf(
  first: StoredDocument[],
  others: AsyncIterable<StoredDocument[]>,
  show: ListOptions['show'],
): AsyncGenerator<string> {
  let before = '[';
  const piece = (documents: StoredDocument[]): string => {
    let text = '';
    for (const document of documents) {
      text += before + JSON.stringify(show(document));
      before = ',';
    }
    return text;
  };
  yield piece(first);
  for await (const documents of others) yield piece(documents);
  yield before === '[' ? '[]' : ']';
}
