/** A search: documents looked through in pieces, so that one that must look at all of them delays nobody else for long. */

import type { Json } from '../entry';
import type { Reading, Reply } from '../state-machine';
import { quoted, RESULT_BYTES_MAX, Refusal } from './bounds';
import type { Collection, Document } from './collection';
import type { Reader } from './engine';
import { find } from './finding';
import type { Page } from './operations';
import type { Condition } from './query';
import { ID } from './schema';

/** Documents in a piece: some milliseconds. */
export const PIECE = 1000;

/** What is asked for, checked. */
export interface Asked {
  collection: Collection;
  conditions: readonly Condition[];
  page: Page;
}

/** Yields behind each piece, and returns the documents found. @throws Refusal */
export function* search(reader: Reader, { collection, conditions, page }: Asked): Generator<undefined, Json> {
  const { limit = Number.POSITIVE_INFINITY, after, bytes = RESULT_BYTES_MAX } = page;
  const found: Document[] = [];
  let length = '[]'.length;
  let passed = 0;
  if (limit === 0) return found;
  for (const met of find(reader, collection, conditions, after)) {
    if (++passed % PIECE === 0) yield;
    if (met === undefined) continue;
    const [document, documentBytes] = met;
    length += documentBytes + (found.length > 0 ? 1 : 0);
    if (length > Math.min(bytes, RESULT_BYTES_MAX)) throw tooLong(found, document, documentBytes, bytes);
    found.push(document);
    if (found.length === limit) break;
  }
  return found;
}

/** A search of more than a piece, in a snapshot of its own. */
export class LongSearch implements Reading {
  readonly #snapshot: Reader & { close(): void };
  readonly #search: Generator<undefined, Json>;

  constructor(snapshot: Reader & { close(): void }, asked: Asked) {
    this.#snapshot = snapshot;
    this.#search = search(snapshot, asked);
  }

  next(): Reply | undefined {
    try {
      const { value, done } = this.#search.next();
      if (!done) return undefined;
      this.close();
      return ['ok', value];
    } catch (error) {
      this.close();
      if (error instanceof Refusal) return ['ko', error.message];
      throw error;
    }
  }

  close(): void {
    this.#search.return(null);
    this.#snapshot.close();
  }
}

function tooLong(found: readonly Document[], next: Document, nextBytes: number, bytes: number): Refusal {
  if (found.length === 0) {
    return new Refusal(
      `the document ${quoted(next[ID])} alone has ${nextBytes} bytes and the reply room for ${bytes}: the export and REST can read it`,
    );
  }
  return new Refusal(`the documents do not fit a reply of ${bytes} bytes: ask for pages, by "limit" and "after"`);
}
