/** Reads documents for HTTP, a page after another, so that a collection of any size can be read and no reply fills the memory. */

import { asksForPages } from '../../../shared/wire/documents';
import type { Json } from '../../../shared/wire/json';
import type { Operation } from '../../entry';
import type { Answer } from '../../replication/outbox';
import type { Replica } from '../replica';

/** Documents read at once, where they are small. */
const PAGE_DOCUMENTS = 500;

export type StoredDocument = { readonly _id: string } & { readonly [attribute: string]: Json };

export interface Wanted {
  collection: string;
  query: { readonly [attribute: string]: Json };
  /** Only those behind this `_id`. */
  after: string | undefined;
  /** At most so many. */
  limit: number;
  /** From a state that has at least this entry. */
  atLeast: number;
}

/** The replica gave no reply. */
export class Unavailable extends Error {
  readonly answer: Exclude<Answer, { kind: 'reply' }>;

  constructor(answer: Exclude<Answer, { kind: 'reply' }>) {
    super('the replica gave no reply');
    this.answer = answer;
  }
}

/** The state refuses; the message is its sentence. */
export class Refused extends Error {}

/** Asks the replica one question. @throws Unavailable, Refused */
export async function ask(
  replica: Replica,
  operation: Operation,
  atLeast = 0,
): Promise<{ result: Json; index: number }> {
  const answer = await replica.read(operation, atLeast);
  if (answer.kind !== 'reply') throw new Unavailable(answer);
  const [word, result] = answer.reply;
  if (word === 'ko') throw new Refused(result);
  return { result, index: answer.index };
}

/** The documents wanted, some at a time, in the order of their `_id`; at least one piece. @throws Unavailable, Refused */
export async function* documentsOf(replica: Replica, wanted: Wanted): AsyncGenerator<StoredDocument[]> {
  const { collection, query } = wanted;
  let { after, atLeast, limit } = wanted;
  let pageDocuments = PAGE_DOCUMENTS;
  for (;;) {
    const count = Math.min(limit, pageDocuments);
    const page = { limit: count, ...(after === undefined ? {} : { after }) };
    try {
      const { result, index } = await ask(replica, ['search', collection, query, page], atLeast);
      const documents = result as unknown as StoredDocument[];
      yield documents;
      limit -= documents.length;
      if (documents.length < count || limit === 0) return;
      after = documents.at(-1)!._id;
      atLeast = index;
    } catch (error) {
      if (!(error instanceof Refused && asksForPages(error.message) && count > 1)) throw error;
      // Large documents: fewer of them at once.
      pageDocuments = Math.ceil(count / 2);
    }
  }
}

/** Is there such a collection? @throws Unavailable */
export async function hasCollection(replica: Replica, name: string): Promise<boolean> {
  const { result } = await ask(replica, ['describe']);
  return Object.hasOwn(result as object, name);
}
