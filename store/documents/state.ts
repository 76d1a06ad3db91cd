/** The small part of the state that stands in memory: collections, requests and the position. All else is in the engine. */

import { hash } from 'node:crypto';
import { type Position, START } from '../entry';
import { COLLECTIONS_MAX, quoted, Refusal } from './bounds';
import { Collection, type CollectionRecord } from './collection';
import type { Reader, Writer } from './engine';
import type { JsonObject } from './json';
import { behind, rangeOf } from './keys';
import { Requests, type RequestsRecord } from './requests';

// What is not numbered; the number 0 is nobody's.
const HEAD = '\0\0\0\0head';
const COLLECTION = '\0\0\0\0collection';
/** Numbers whose keys are nobody's any more, or not yet somebody's: a restoration's, until it is finished. */
const LOOSE = '\0\0\0\0loose';

/** Keys of what was destroyed that are removed at once, so that none waits long for it. */
const SWEPT_MAX = 1000;

interface Head {
  applied: Position;
  requests: RequestsRecord;
  /** Those below were given. */
  nextNumber: number;
}

export class State {
  applied: Position = START;
  #requests = new Requests({ number: 1, count: 0, sum: '' });
  /** By name. Bounded by `COLLECTIONS_MAX`. */
  #collections = new Map<string, Collection>();
  /** Whose record in the engine is to be written anew. */
  readonly #changed = new Set<Collection>();
  /** To be swept. Bounded by what was destroyed and not swept yet. */
  readonly #loose: number[] = [];
  #nextNumber = 2;

  constructor(reader: Reader) {
    for (const [, number] of reader.range(LOOSE, behind(LOOSE))) this.#loose.push(Number(number));
    const head = reader.get(HEAD);
    if (head === undefined) return;
    const { applied, requests, nextNumber } = JSON.parse(head) as Head;
    this.applied = applied;
    this.#requests = new Requests(requests);
    this.#nextNumber = nextNumber;
    for (const [, text] of reader.range(COLLECTION, behind(COLLECTION))) {
      const [name, record] = JSON.parse(text) as [string, CollectionRecord];
      this.#collections.set(name, new Collection(name, record));
    }
  }

  get requests(): Requests {
    return this.#requests;
  }

  /** In the order of their names' code units. */
  get collections(): Collection[] {
    return [...this.#collections.keys()].sort().map((name) => this.#collections.get(name)!);
  }

  /** @throws Refusal when there is none of this name */
  collection(name: string): Collection {
    const found = this.#collections.get(name);
    if (!found) throw new Refusal(`there is no collection ${quoted(name)}`);
    return found;
  }

  /** The same, to be changed. */
  changing(name: string): Collection {
    const found = this.collection(name);
    this.#changed.add(found);
    return found;
  }

  /** @throws Refusal */
  create(name: string, schema: JsonObject): void {
    if (this.#collections.has(name)) throw new Refusal(`there is a collection ${quoted(name)} already`);
    if (this.#collections.size >= COLLECTIONS_MAX)
      throw new Refusal(`there are ${COLLECTIONS_MAX} collections already`);
    const created = new Collection(name, { number: this.#nextNumber, schema, documents: 0, sum: '' });
    this.#nextNumber++;
    this.#collections.set(name, created);
    this.#changed.add(created);
  }

  has(name: string): boolean {
    return this.#collections.has(name);
  }

  /** @throws Refusal */
  destroy(writer: Writer, name: string): void {
    const found = this.collection(name);
    this.#collections.delete(name);
    this.#changed.delete(found);
    writer.remove(COLLECTION + numberText(found.number));
    this.#loosen(writer, found.number);
    this.#loose.push(found.number);
  }

  /** The last thing of a transaction. */
  save(writer: Writer, applied: Position): void {
    const { index, epoch, timeUs, sum } = applied;
    this.applied = { index, epoch, timeUs, sum };
    const head: Head = { applied: this.applied, requests: this.#requests.record(), nextNumber: this.#nextNumber };
    writer.put(HEAD, JSON.stringify(head));
    for (const changed of this.#changed) {
      writer.put(COLLECTION + numberText(changed.number), JSON.stringify([changed.name, changed.record()]));
    }
    this.#changed.clear();
  }

  /** Removes some of what was destroyed. */
  sweep(writer: Writer): void {
    const number = this.#loose[0];
    if (number === undefined) return;
    const keys: string[] = [];
    for (const key of writer.keys(...rangeOf(number))) if (keys.push(key) === SWEPT_MAX) break;
    for (const key of keys) writer.remove(key);
    if (keys.length === SWEPT_MAX) return;
    this.#loose.shift();
    writer.remove(LOOSE + numberText(number));
  }

  /** Forgets everything, in the engine too. */
  wipe(writer: Writer): void {
    for (const { name } of this.collections) this.destroy(writer, name);
    this.#loosen(writer, this.#requests.number);
    this.#loose.push(this.#requests.number);
    this.#requests = new Requests({ number: this.#nextNumber++, count: 0, sum: '' });
    this.save(writer, START);
  }

  /** A number for what is being restored: whoever opens the engine before `adopt` sweeps it away. */
  takeNumber(writer: Writer): number {
    const number = this.#nextNumber++;
    this.#loosen(writer, number);
    this.save(writer, this.applied);
    return number;
  }

  /** Makes what was restored the state, after `wipe`. */
  adopt(writer: Writer, collections: readonly Collection[], requests: Requests, applied: Position): void {
    for (const { number } of [...collections, requests]) writer.remove(LOOSE + numberText(number));
    this.#collections = new Map(collections.map((collection) => [collection.name, collection]));
    for (const collection of collections) this.#changed.add(collection);
    this.#requests = requests;
    this.save(writer, applied);
  }

  /** Gives up what was being restored. */
  abandon(numbers: readonly number[]): void {
    this.#loose.push(...numbers);
  }

  hash(): string {
    return hashOf(this.collections, this.#requests);
  }

  #loosen(writer: Writer, number: number): void {
    writer.put(LOOSE + numberText(number), String(number));
  }
}

/** Of all that is in a state; hex. @param collections in the order of their names */
export function hashOf(collections: readonly Collection[], requests: Requests): string {
  return hash('sha256', [...collections.map((each) => each.digest()), requests.digest()].join('\n'), 'hex');
}

function numberText(number: number): string {
  return String(number).padStart(10, '0');
}
