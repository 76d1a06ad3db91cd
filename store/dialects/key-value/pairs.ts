/** Pairs as documents of the collection `kv`: the operations that put and find one, and what their replies say. */

import type { Reply } from '../../../shared/wire/documents';
import type { Json, Operation } from '../../entry';

const COLLECTION = 'kv';
const STAMP = 'timestamp';
const SCHEMA = { value: 'str', [STAMP]: 'float' };

/** A value and when it was put, seconds since 1970. */
export interface Pair {
  value: string;
  timestamp: number;
}

/** Puts a value in the place of what the key had; it gets the timestamp of its entry in the log. */
export function putOperation(key: string, value: string): Operation {
  return ['put', COLLECTION, { _id: key, value }, { stamp: STAMP, schema: SCHEMA }];
}

/** The key and value that an operation puts; undefined when it is another one. */
export function putIn([name, collection, document, options]: Operation): { key: string; value: string } | undefined {
  if (name !== 'put' || collection !== COLLECTION) return undefined;
  if ((options as { stamp?: Json } | undefined)?.stamp !== STAMP) return undefined;
  const { _id: key, value } = document as { _id: string; value: string };
  return { key, value };
}

/** The timestamp that a put got. */
export function timestampOf(result: Json): number {
  return (result as { time: number }).time;
}

/** Finds a key's value. */
export function getOperation(key: string): Operation {
  return ['search', COLLECTION, { _id: key }];
}

/**
 * The pair in the reply to that. Refused is the question before the first pair was put, and for a text that can be no key:
 * neither has a value. A document that came into the collection some other way may be no pair.
 */
export function pairIn([word, content]: Reply): Pair | undefined {
  if (word === 'ko') return undefined;
  const [document] = content as Partial<Pair>[];
  const { value, timestamp } = document ?? {};
  return typeof value === 'string' && typeof timestamp === 'number' ? { value, timestamp } : undefined;
}
