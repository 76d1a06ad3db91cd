/** The state machine of the store: entries of the log in, replies out, and questions answered from what is applied. */

import assert from 'node:assert';
import type { Entry, Json, Operation, Position } from '../entry';
import type { Reading, Reply, Restore, Snapshot, StateMachine } from '../state-machine';
import { quoted, Refusal } from './bounds';
import { type Document, identified, textOf } from './collection';
import type { Engine, Writer } from './engine';
import { equal, type JsonObject } from './json';
import { checkOperation, type Page, type PutOptions } from './operations';
import { conditionsOn } from './query';
import { DocumentsRestore } from './restore';
import { checkAttributes, ID, parseSchema } from './schema';
import { LongSearch, search } from './search';
import { DocumentsSnapshot } from './snapshot';
import { State } from './state';
import { LongLook, longQuestion, toBeChanged } from './to-be-changed';

/** The core's own entry, the first of every epoch: no client's, and nothing to the documents. */
const EPOCH_BEGINS = 'lead';

export class Documents implements StateMachine {
  readonly #engine: Engine;
  readonly #state: State;
  /** For what the next entry is to change. */
  #look: LongLook | undefined;
  /** Told each entry that is applied, with its reply. */
  observer: ((entry: Entry, reply: Reply) => void) | undefined;

  /** The state that the engine holds; the engine is closed by whoever opened it. */
  constructor(engine: Engine) {
    this.#engine = engine;
    this.#state = new State(engine);
  }

  get applied(): Position {
    return this.#state.applied;
  }

  get isFull(): boolean {
    return this.#engine.isFull;
  }

  ready(entries: readonly Entry[]): number {
    const at = entries.findIndex(({ op }) => longQuestion(this.#state, op));
    if (at !== 0) return at < 0 ? entries.length : at;
    const [first] = entries as [Entry];
    if (this.#look?.sum !== first.sum) {
      this.#look?.close();
      this.#look = new LongLook(this.#engine.snapshot(), first, ...longQuestion(this.#state, first.op)!);
    }
    return this.#look.next() ? 1 : 0;
  }

  /** @throws Error when the engine fails; the state is then of no use any more */
  apply(entries: readonly Entry[]): Reply[] {
    const replies: Reply[] = [];
    const last = entries.at(-1);
    if (last === undefined) return replies;
    this.#engine.write((writer) => {
      for (const entry of entries) {
        assert.equal(entry.index, this.applied.index + replies.length + 1, 'an entry is applied out of its turn');
        if (this.#look && this.#look.sum !== entry.sum) this.#forgetLook();
        replies.push(this.#applyEntry(writer, entry));
      }
      this.#state.sweep(writer);
      this.#state.save(writer, last);
    });
    this.#forgetLook();
    if (this.observer) for (const [i, entry] of entries.entries()) this.observer(entry, replies[i]!);
    return replies;
  }

  read(op: Operation): Reply | Reading {
    let long: Reading | undefined;
    const reply = this.#answer(op, () => {
      if (op[0] === 'describe') return this.#describe(op[1] as string | undefined);
      if (op[0] !== 'search') throw new Refusal(`${quoted(op[0])} is for the log`);
      const found = this.#search(...(op.slice(1) as [string, JsonObject, Page?]));
      if (!(found instanceof LongSearch)) return found;
      long = found;
      return null;
    });
    return long ?? reply;
  }

  firstReply(request: string): Reply | undefined {
    return this.#state.requests.firstReply(this.#engine, request, this.applied.timeUs);
  }

  hash(): string {
    return this.#state.hash();
  }

  snapshot(): Snapshot {
    return new DocumentsSnapshot(this.#engine.snapshot());
  }

  restore(position: Position): Restore {
    this.#forgetLook();
    return new DocumentsRestore(this.#engine, this.#state, position);
  }

  async flush(): Promise<Position> {
    const { applied } = this;
    await this.#engine.flush();
    return applied;
  }

  room(): Promise<void> {
    return this.#engine.room();
  }

  #applyEntry(writer: Writer, { op, request, timeUs }: Entry): Reply {
    const { requests } = this.#state;
    requests.forgetOld(writer, timeUs);
    if (request === undefined) return this.#perform(writer, op, timeUs);
    return requests.once(writer, request, timeUs, () => this.#perform(writer, op, timeUs));
  }

  /** Everything that refuses does so before the first change. */
  #perform(writer: Writer, op: Operation, timeUs: number): Reply {
    if (op[0] === EPOCH_BEGINS) return ['ok', null];
    return this.#answer(op, () => {
      const [operation, name, ...rest] = op as unknown as [string, string, ...JsonObject[]];
      if (operation === 'create') return this.#create(name, rest[0]!);
      if (operation === 'destroy') return this.#destroy(writer, name);
      if (operation === 'insert') return this.#insert(writer, name, rest[0]!);
      if (operation === 'put') return this.#put(writer, name, rest[0] as Document, rest[1]! as PutOptions, timeUs);
      if (operation === 'update') return this.#update(writer, name, rest[0]!, rest[1]!);
      if (operation === 'delete') return this.#delete(writer, name, rest[0]!);
      throw new Refusal(`${quoted(operation)} changes nothing`);
    });
  }

  #answer(op: Operation, work: () => Json): Reply {
    const reason = checkOperation(op);
    if (reason !== undefined) return ['ko', reason];
    try {
      return ['ok', work()];
    } catch (error) {
      if (error instanceof Refusal) return ['ko', error.message];
      throw error;
    }
  }

  #forgetLook(): void {
    this.#look?.close();
    this.#look = undefined;
  }

  #create(name: string, schema: JsonObject): null {
    this.#state.create(name, schema);
    return null;
  }

  #destroy(writer: Writer, name: string): null {
    this.#state.destroy(writer, name);
    return null;
  }

  #describe(name: string | undefined): Json {
    const described = name === undefined ? this.#state.collections : [this.#state.collection(name)];
    return Object.fromEntries(described.map((collection) => [collection.name, collection.description()]));
  }

  #insert(writer: Writer, name: string, attributes: JsonObject): string {
    const collection = this.#state.collection(name);
    const id = attributes[ID];
    if (typeof id !== 'string') throw new Refusal(`the document has no "${ID}"`);
    checkAttributes(collection.schema, attributes);
    const before = collection.find(writer, id);
    if (before && equal(before, attributes)) return id;
    if (before) throw new Refusal(`there is another document ${quoted(id)} in ${quoted(name)}`);
    this.#state.changing(name).put(writer, identified(id, attributes), undefined);
    return id;
  }

  /** `stored`: false where the document was to be absent and was not. `time`: the entry's, in seconds since 1970. */
  #put(writer: Writer, name: string, given: Document, { absent, stamp, schema }: PutOptions, timeUs: number): Json {
    const time = timeUs / 1e6;
    const document = identified(given[ID], stamp === undefined ? given : { ...given, [stamp]: time });
    const isNew = !this.#state.has(name) && schema !== undefined;
    const types = isNew ? parseSchema(schema) : this.#state.collection(name).schema;
    checkAttributes(types, document);
    textOf(document); // refuses one that is too large before the first change
    if (isNew) this.#state.create(name, schema);
    const collection = this.#state.collection(name);
    const before = collection.find(writer, document[ID]);
    if (before && absent) return { stored: false, time };
    this.#state.changing(name).put(writer, document, before);
    return { stored: true, time };
  }

  /** Most are over after a piece, and need no snapshot. */
  #search(name: string, query: JsonObject, page: Page = {}): Json | LongSearch {
    const collection = this.#state.collection(name);
    const asked = { collection, conditions: conditionsOn(collection.schema, query), page };
    const begun = search(this.#engine, asked);
    const { value, done } = begun.next();
    if (done) return value;
    begun.return(null);
    return new LongSearch(this.#engine.snapshot(), asked);
  }

  #update(writer: Writer, name: string, query: JsonObject, changes: JsonObject): number {
    const collection = this.#state.collection(name);
    const conditions = conditionsOn(collection.schema, query);
    checkAttributes(collection.schema, changes);
    const found = this.#look?.found ?? toBeChanged(writer, collection, conditions);
    const changed = found.map((document): Document => ({ ...document, ...changes }));
    for (const document of changed) textOf(document);
    if (changed.length > 0) this.#state.changing(name);
    changed.forEach((document, i) => {
      collection.put(writer, document, found[i]);
    });
    return changed.length;
  }

  #delete(writer: Writer, name: string, query: JsonObject): number {
    const collection = this.#state.collection(name);
    const conditions = conditionsOn(collection.schema, query);
    const found = this.#look?.found ?? toBeChanged(writer, collection, conditions);
    if (found.length > 0) this.#state.changing(name);
    for (const document of found) collection.remove(writer, document);
    return found.length;
  }
}
