/**
 * The state as lines of JSON, as it was at one position: `["collection", name, schema]`, behind each its documents as
 * `["document", {...}]` by `_id`, then `["request", identity, time, reply]` by identity.
 */

import type { Position } from '../entry';
import type { Snapshot } from '../state-machine';
import type { Reader } from './engine';
import { behind, documentsPrefix } from './keys';
import { State } from './state';

export class DocumentsSnapshot implements Snapshot {
  readonly position: Position;
  readonly hash: string;
  readonly #reader: Reader & { close(): void };
  readonly #lines: Generator<string>;

  constructor(reader: Reader & { close(): void }) {
    const state = new State(reader);
    this.position = state.applied;
    this.hash = state.hash();
    this.#reader = reader;
    this.#lines = linesOf(reader, state);
  }

  next(maxBytes: number): string[] | undefined {
    const lines: string[] = [];
    let bytes = 0;
    while (bytes < maxBytes || lines.length === 0) {
      const { value, done } = this.#lines.next();
      if (done) break;
      lines.push(value);
      bytes += Buffer.byteLength(value);
    }
    return lines.length === 0 ? undefined : lines;
  }

  close(): void {
    this.#lines.return(undefined);
    this.#reader.close();
  }
}

function* linesOf(reader: Reader, state: State): Generator<string> {
  for (const { name, number, schema } of state.collections) {
    yield JSON.stringify(['collection', name, schema.written]);
    const first = documentsPrefix(number);
    for (const [, text] of reader.range(first, behind(first))) yield `["document",${text}]`;
  }
  for (const answered of state.requests.all(reader)) yield `["request",${answered.slice(1)}`;
}
