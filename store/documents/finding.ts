/** The way to the documents that meet a query: by identity, by the index that leaves the fewest, or through all of them. */

import type { Json } from '../entry';
import { type Collection, type Document, parseDocument } from './collection';
import type { Reader } from './engine';
import { behind, documentKey, documentKeyIn, documentsPrefix, indexPrefix, valueBytes } from './keys';
import { type Condition, meets } from './query';
import { ID, type Type } from './schema';

/** So many entries of an index are gathered and sorted at most; where each index leaves more, the documents are read in order. */
const GATHERED_MAX = 20_000;

/** A part of an index: every document that meets the conditions has an entry in it. */
interface Stretch {
  prefix: string;
  type: Type;
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
  const first = documentsPrefix(collection.number);
  const from = after === undefined ? first : `${documentKey(collection.number, after)}\0`;
  for (const text of texts(reader, collection, conditions, from, behind(first))) {
    const document = parseDocument(text);
    yield meets(document, conditions) ? [document, Buffer.byteLength(text)] : undefined;
  }
}

/** Does neither the identity nor an index tell which documents meet the conditions? */
export function looksAtAll(collection: Collection, conditions: readonly Condition[]): boolean {
  const isOne = conditions.some(({ attribute, comparison }) => attribute === ID && comparison === '=');
  return !isOne && stretchesOf(collection, conditions).length === 0;
}

function* texts(
  reader: Reader,
  collection: Collection,
  conditions: readonly Condition[],
  from: string,
  to: string,
): Generator<string> {
  const keys = keysByIndex(reader, collection, conditions, from);
  if (keys === undefined) {
    const [lowest, highest] = identityBounds(collection, conditions, from, to);
    if (lowest < highest) for (const [, text] of reader.range(lowest, highest)) yield text;
    return;
  }
  for (const key of keys) yield reader.get(key)!;
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
  if (conditions.some(({ attribute, comparison }) => attribute === ID && comparison === '=')) return undefined;
  if (ordered && stretches.length === 1) return inOrder(reader, collection, ordered, from);
  const fewest = stretches.length > 0 ? gatherFewest(reader, stretches) : undefined;
  if (fewest) {
    const { prefix, type } = fewest.stretch;
    const keys = fewest.keys.map((key) => documentKeyIn(collection.number, prefix, type, key));
    return keys.filter((key) => key >= from).sort();
  }
  return ordered && inOrder(reader, collection, ordered, from);
}

/** The documents' keys of one value, from `from` on. */
function* inOrder(reader: Reader, { number }: Collection, stretch: Stretch, from: string): Generator<string> {
  const documents = documentsPrefix(number);
  const start = stretch.from + from.slice(documents.length);
  for (const key of reader.keys(start, stretch.to)) yield documentKeyIn(number, stretch.prefix, stretch.type, key);
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
  for (const [attribute, { type, indexed }] of collection.schema.attributes) {
    if (!indexed) continue;
    const prefix = indexPrefix(collection.number, attribute);
    const bounds = boundsOf(
      conditions.filter((condition) => condition.attribute === attribute),
      prefix,
      (value) => prefix + valueBytes(type, value),
    );
    if (bounds) found.push({ prefix, type, ...bounds });
  }
  return found;
}

/** Where documents may stand by conditions on their identity. */
function identityBounds(
  collection: Collection,
  conditions: readonly Condition[],
  from: string,
  to: string,
): [from: string, to: string] {
  const asked = conditions.filter(({ attribute }) => attribute === ID);
  const prefix = documentsPrefix(collection.number);
  const bounds = boundsOf(asked, prefix, (value) => documentKey(collection.number, value as string));
  if (bounds === undefined) return [from, to];
  // Behind an identity stand those that begin with it: of one identity, only the first key.
  const last = bounds.oneValue ? `${bounds.from}\0` : bounds.to;
  return [bounds.from > from ? bounds.from : from, last < to ? last : to];
}

/** The narrowest stretch that the conditions on one attribute leave, wider only by its own ends; undefined for all of it. */
function boundsOf(
  conditions: readonly Condition[],
  prefix: string,
  keyOf: (value: Json) => string,
): Pick<Stretch, 'from' | 'to' | 'oneValue'> | undefined {
  let from = prefix;
  let to = behind(prefix);
  let bounded = false;
  let oneValue = false;
  for (const { comparison, asked } of conditions) {
    if (comparison === '!=') continue;
    bounded = true;
    const key = keyOf(asked);
    if (comparison.includes('>') || comparison === '=') from = key > from ? key : from;
    if (comparison.includes('<') || comparison === '=') to = behind(key) < to ? behind(key) : to;
    if (comparison === '=') oneValue = true;
  }
  return bounded ? { from, to, oneValue: oneValue && to === behind(from) } : undefined;
}
