/**
 * The documents that an update or a delete is for. Where no index tells, all of the collection is looked through in pieces, in a
 * snapshot, before the entry is applied: nothing else is applied meanwhile, and whatever is no writing goes on in between.
 */

import type { Entry, Operation } from '../entry';
import { CHANGED_BYTES_MAX, CHANGED_MAX, Refusal } from './bounds';
import type { Collection, Document } from './collection';
import type { Reader } from './engine';
import { find, looksAtAll } from './finding';
import type { JsonObject } from './json';
import { type Condition, conditionsOn } from './query';
import { ID } from './schema';
import { PIECE } from './search';
import type { State } from './state';

/** All of them before the first is changed: an engine is not written while it is searched. @throws Refusal */
export function toBeChanged(reader: Reader, collection: Collection, conditions: readonly Condition[]): Document[] {
  const looking = lookFor(reader, collection, conditions);
  for (;;) {
    const { value, done } = looking.next();
    if (done) return value;
  }
}

/** Looks in pieces for what one entry is to change. */
export class LongLook {
  /** Of the entry, and so of all that was applied before it. */
  readonly sum: string;
  readonly #snapshot: Reader & { close(): void };
  readonly #looking: Generator<undefined, Document[]>;
  #found: Document[] | undefined;
  #failure: unknown;

  /** @param snapshot of the state that the entry is applied to */
  constructor(
    snapshot: Reader & { close(): void },
    { sum }: Entry,
    collection: Collection,
    conditions: readonly Condition[],
  ) {
    this.sum = sum;
    this.#snapshot = snapshot;
    this.#looking = lookFor(snapshot, collection, conditions);
  }

  /** Looks on for some milliseconds; true when all was looked through. */
  next(): boolean {
    if (this.#found || this.#failure !== undefined) return true;
    try {
      const { value, done } = this.#looking.next();
      if (!done) return false;
      this.#found = value;
    } catch (error) {
      this.#failure = error;
    }
    this.#snapshot.close();
    return true;
  }

  /** What was found; undefined before all was looked through. @throws Refusal */
  get found(): Document[] | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#found;
  }

  /** Gives it up. */
  close(): void {
    if (this.#found || this.#failure !== undefined) return;
    this.#looking.return([]);
    this.#snapshot.close();
  }
}

/** What an update or a delete of many documents asks for, where no index tells which; undefined for all else. */
export function longQuestion(state: State, op: Operation): [Collection, Condition[]] | undefined {
  const [operation, name, query] = op as readonly [string, string, JsonObject];
  if ((operation !== 'update' && operation !== 'delete') || !state.has(name)) return undefined;
  const collection = state.collection(name);
  if (collection.documents <= PIECE) return undefined;
  try {
    const conditions = conditionsOn(collection.schema, query);
    return looksAtAll(collection, conditions) ? [collection, conditions] : undefined;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** Yields behind each piece. @throws Refusal */
function* lookFor(
  reader: Reader,
  collection: Collection,
  conditions: readonly Condition[],
): Generator<undefined, Document[]> {
  const found: Document[] = [];
  let [bytes, passed] = [0, 0];
  for (const met of find(reader, collection, conditions)) {
    if (++passed % PIECE === 0) yield;
    if (met === undefined) continue;
    const [document, documentBytes] = met;
    found.push(document);
    bytes += documentBytes;
    if (found.length > CHANGED_MAX || bytes > CHANGED_BYTES_MAX) {
      throw new Refusal(
        `more than ${CHANGED_MAX} documents, or ${CHANGED_BYTES_MAX} bytes of them, meet the query: narrow it by a range of "${ID}"`,
      );
    }
  }
  return found;
}
