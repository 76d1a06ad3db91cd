/** The way to the documents that meet a query: by identity, by the index that leaves the fewest, or through all of them. */

import type { Json } from '../entry';
import { ID_BYTES_MAX } from './bounds';
import { type Collection, type Document, type Index, parseDocument } from './collection';
import type { Reader } from './engine';
import { behind, documentKey, documentKeyIn, valueBytes } from './keys';
import { type Condition, meets } from './query';
import { ID } from './schema';

/** So many entries of an index are gathered and sorted at most; where each index leaves more, the documents are read in order. */
const GATHERED_MAX = 20_000;

/** A part of an index: every document that meets the conditions has an entry in it. */
interface Stretch {
  index: Index;
  from: string;
  to: string;
  /** All of one value: its entries stand in the order of `_id`. */
  oneValue: boolean;
}

/** Documents that meet the conditions, with their length as JSON, by `_id`, behind `after`; undefined for each that is passed over. */
export function* find(
  reader: Reader,
  collection: Collection,
  conditions: readonly Condition[],
  after?: string,
): Generator<[document: Document, bytes: number] | undefined> {
  const from = after === undefined ? collection.prefix : `${documentKey(collection.number, after)}\0`;
  const key = keyByIdentity(collection, conditions);
  if (key !== undefined) {
    const text = key < from ? undefined : reader.get(key);
    if (text !== undefined) yield looked(text, conditions);
    return;
  }
  const keys = keysByIndex(reader, collection, conditions, from);
  if (keys) {
    for (const each of keys) yield looked(reader.get(each)!, conditions);
    return;
  }
  const [lowest, highest] = identityBounds(collection, conditions, from);
  if (lowest < highest) for (const [, text] of reader.range(lowest, highest)) yield looked(text, conditions);
}

/** Does neither the identity nor an index tell which documents meet the conditions? */
export function looksAtAll(collection: Collection, conditions: readonly Condition[]): boolean {
  return keyByIdentity(collection, conditions) === undefined && stretchesOf(collection, conditions).length === 0;
}

function looked(text: string, conditions: readonly Condition[]): [document: Document, bytes: number] | undefined {
  const document = parseDocument(text);
  return meets(document, conditions) ? [document, Buffer.byteLength(text)] : undefined;
}

/** Where the one document stands whose identity is asked for. */
function keyByIdentity(collection: Collection, conditions: readonly Condition[]): string | undefined {
  for (const { attribute, comparison, asked } of conditions) {
    if (attribute === ID && comparison === '=') return identityKey(collection, asked);
  }
  return undefined;
}

/** Cut to what a document's key may have: the engine takes none of any length, and whoever finds a document there looks at it. */
function identityKey({ number, prefix }: Collection, asked: Json): string {
  return documentKey(number, asked as string).slice(0, prefix.length + ID_BYTES_MAX);
}

/** Documents' keys in order, from `from` on; undefined where no index helps. */
function keysByIndex(
  reader: Reader,
  collection: Collection,
  conditions: readonly Condition[],
  from: string,
): Iterable<string> | undefined {
  const stretches = stretchesOf(collection, conditions);
  const ordered = stretches.find(({ oneValue }) => oneValue);
  if (ordered && stretches.length === 1) return inOrder(reader, collection, ordered, from);
  const fewest = stretches.length > 0 ? gatherFewest(reader, stretches) : undefined;
  if (fewest) {
    const keys = fewest.keys.map((key) => documentKeyIn(collection.prefix, fewest.stretch.index, key));
    return keys.filter((key) => key >= from).sort();
  }
  return ordered && inOrder(reader, collection, ordered, from);
}

/** The documents' keys of one value, from `from` on. */
function* inOrder(reader: Reader, { prefix }: Collection, stretch: Stretch, from: string): Generator<string> {
  const start = stretch.from + from.slice(prefix.length);
  for (const key of reader.keys(start, stretch.to)) yield documentKeyIn(prefix, stretch.index, key);
}

/** Reads all stretches side by side until the first is at its end: that is the shortest. */
function gatherFewest(reader: Reader, stretches: Stretch[]): { stretch: Stretch; keys: string[] } | undefined {
  const readers = stretches.map((stretch) => ({
    stretch,
    keys: [] as string[],
    rest: reader.keys(stretch.from, stretch.to)[Symbol.iterator](),
  }));
  try {
    for (let count = 0; count <= GATHERED_MAX; count++) {
      for (const { stretch, keys, rest } of readers) {
        const next = rest.next();
        if (next.done) return { stretch, keys };
        keys.push(next.value);
      }
    }
    return undefined;
  } finally {
    for (const { rest } of readers) rest.return?.();
  }
}

function stretchesOf(collection: Collection, conditions: readonly Condition[]): Stretch[] {
  const found: Stretch[] = [];
  for (const index of collection.indexes) {
    const { type, prefix } = index;
    const bounds = boundsOf(conditions, index, (value) => prefix + valueBytes(type, value));
    if (bounds) found.push({ index, from: bounds.from, to: bounds.to, oneValue: bounds.oneValue });
  }
  return found;
}

/** Where documents may stand by conditions on their identity, from `from` on. */
function identityBounds(
  collection: Collection,
  conditions: readonly Condition[],
  from: string,
): [from: string, to: string] {
  const { prefix } = collection;
  const end = behind(prefix);
  const bounds = boundsOf(conditions, { attribute: ID, prefix, end }, (value) => identityKey(collection, value));
  if (bounds === undefined) return [from, end];
  return [bounds.from > from ? bounds.from : from, bounds.to];
}

/** The narrowest stretch that the conditions on one attribute leave, wider only by its own ends; undefined for all of it. */
function boundsOf(
  conditions: readonly Condition[],
  { attribute, prefix, end }: Omit<Index, 'type'>,
  keyOf: (value: Json) => string,
): Omit<Stretch, 'index'> | undefined {
  let from = prefix;
  let to = end;
  let bounded = false;
  let oneValue = false;
  for (const condition of conditions) {
    const { comparison } = condition;
    if (condition.attribute !== attribute || comparison === '!=') continue;
    bounded = true;
    const key = keyOf(condition.asked);
    if (comparison !== '<' && comparison !== '<=' && key > from) from = key;
    if (comparison !== '>' && comparison !== '>=') {
      const last = behind(key);
      if (last < to) to = last;
    }
    if (comparison === '=') oneValue = true;
  }
  return bounded ? { from, to, oneValue: oneValue && to === behind(from) } : undefined;
}
