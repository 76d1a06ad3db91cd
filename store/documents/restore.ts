/** The state made from another's snapshot. Until it is finished the state is empty, also for who opens the engine again. */

import type { Json, Position } from '../entry';
import type { Reply, Restore } from '../state-machine';
import { COLLECTIONS_MAX } from './bounds';
import { Collection, identified } from './collection';
import type { Engine, Writer } from './engine';
import type { JsonObject } from './json';
import { Requests } from './requests';
import { ID } from './schema';
import { hashOf, type State } from './state';

export class DocumentsRestore implements Restore {
  readonly #engine: Engine;
  readonly #state: State;
  readonly #position: Position;
  /** In the order of their names. Bounded by `COLLECTIONS_MAX`. */
  readonly #collections: Collection[] = [];
  #requests = new Requests({ number: 0, count: 0, sum: '' });

  constructor(engine: Engine, state: State, position: Position) {
    this.#engine = engine;
    this.#state = state;
    this.#position = position;
    engine.write((writer) => {
      state.wipe(writer);
      this.#requests = new Requests({ number: state.takeNumber(writer), count: 0, sum: '' });
    });
  }

  /** @throws Error for lines that are none of a snapshot; then `finish` is not to be called */
  add(lines: readonly string[]): void {
    this.#engine.write((writer) => {
      for (const line of lines) this.#addLine(writer, JSON.parse(line));
    });
  }

  finish(hash: string): void {
    const restored = hashOf(this.#collections, this.#requests);
    if (restored !== hash) {
      this.#state.abandon([...this.#collections, this.#requests].map(({ number }) => number));
      throw new Error(`the state restored from a snapshot has the hash ${restored}, the snapshot ${hash}`);
    }
    this.#engine.write((writer) => {
      this.#state.adopt(writer, this.#collections, this.#requests, this.#position);
    });
  }

  #addLine(writer: Writer, [kind, first, second, third]: Json[]): void {
    const last = this.#collections.at(-1);
    if (kind === 'collection' && (last === undefined || last.name < (first as string))) {
      if (this.#collections.length === COLLECTIONS_MAX) throw new Error('a snapshot with too many collections');
      const record = { number: this.#state.takeNumber(writer), schema: second as JsonObject, documents: 0, sum: '' };
      this.#collections.push(new Collection(first as string, record));
    } else if (kind === 'document' && last) {
      const document = first as JsonObject;
      last.put(writer, identified(document[ID] as string, document), undefined);
    } else if (kind === 'request') {
      this.#requests.remember(writer, [first as string, second as number, third as unknown as Reply]);
    } else {
      throw new Error(`a snapshot has no line that begins with ${JSON.stringify(kind)} here`);
    }
  }
}
