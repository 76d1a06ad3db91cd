/** Which attributes a collection's documents may have, of which types, and which of them are indexed. */

import type { Json } from '../entry';
import { ATTRIBUTES_MAX, ID_BYTES_MAX, NAME_BYTES_MAX, quoted, Refusal } from './bounds';
import { attributeOf, isObject, type JsonObject } from './json';

export type Type = 'str' | 'int' | 'float' | 'bool';

export interface Attribute {
  type: Type;
  indexed: boolean;
}

export interface Schema {
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Attributes that are not listed hold any JSON. */
  readonly open: boolean;
  /** As its creator wrote it. */
  readonly written: JsonObject;
}

/** What every document has and no schema lists. */
export const ID = '_id';
/** The name that opens a schema, with the type `any`. */
const REST = '...';

const IS_OF: Record<Type, (value: Json) => boolean> = {
  str: (value) => typeof value === 'string',
  // A larger integer has lost its last digits before it came here.
  int: (value) => Number.isSafeInteger(value),
  float: (value) => typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
};

const SAID: Record<Type, string> = {
  str: 'a text',
  int: 'an integer of at most 53 bits',
  float: 'a number',
  bool: 'true or false',
};

/** @throws Refusal */
export function parseSchema(written: JsonObject): Schema {
  const attributes = new Map<string, Attribute>();
  const names = Object.keys(written);
  if (names.length > ATTRIBUTES_MAX) throw new Refusal(`a schema has at most ${ATTRIBUTES_MAX} attributes`);
  for (const name of names) {
    const type = written[name]!;
    if (name === REST) {
      if (type !== 'any') throw new Refusal('"..." in a schema is of type "any"');
      continue;
    }
    const indexed = name.startsWith('*');
    const bare = indexed ? name.slice(1) : name;
    checkName('an attribute', bare);
    if (bare === ID) throw new Refusal(`"${ID}" is in every document and in no schema`);
    if (attributes.has(bare)) throw new Refusal(`the schema names ${quoted(bare)} twice`);
    if (typeof type !== 'string' || !Object.hasOwn(IS_OF, type)) {
      throw new Refusal(`the type of ${quoted(bare)} is one of str, int, float and bool`);
    }
    attributes.set(bare, { type: type as Type, indexed });
  }
  return { attributes, open: Object.hasOwn(written, REST), written };
}

/** @throws Refusal for a name that no collection or attribute may have */
export function checkName(what: string, name: string): void {
  if (name.length === 0 || Buffer.byteLength(name) > NAME_BYTES_MAX) {
    throw new Refusal(`the name of ${what} has 1 to ${NAME_BYTES_MAX} bytes`);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what no name has
  if (/[\u0000-\u001f\u007f]/.test(name)) throw new Refusal(`the name of ${what} has no control characters`);
}

/** @throws Refusal for an identity that no document may have */
export function checkId(id: Json | undefined): string {
  if (typeof id !== 'string' || Buffer.byteLength(id) > ID_BYTES_MAX) {
    throw new Refusal(`"${ID}" is a text of at most ${ID_BYTES_MAX} bytes`);
  }
  return id;
}

/** @throws Refusal when `attributes` (of a document, or changes of it) are none that the schema allows */
export function checkAttributes(schema: Schema, attributes: JsonObject): void {
  for (const name of Object.keys(attributes)) {
    if (name === ID) continue;
    const type = typeOf(schema, name);
    if (type !== undefined) checkType(name, type, attributes[name]!);
  }
}

/**
 * The type of an attribute; undefined for one that an open collection holds without knowing it.
 * @throws Refusal for an unknown one
 */
export function typeOf(schema: Schema, name: string): Type | undefined {
  if (name === ID) return 'str';
  const attribute = schema.attributes.get(name);
  if (attribute === undefined && !schema.open) throw new Refusal(`there is no attribute ${quoted(name)}`);
  return attribute?.type;
}

/** @throws Refusal */
export function checkType(name: string, type: Type, value: Json): void {
  if (IS_OF[type](value)) return;
  const came =
    isObject(value) || Array.isArray(value) ? (isObject(value) ? 'an object' : 'a list') : quoted(String(value));
  throw new Refusal(`${quoted(name)} is ${SAID[type]} (${type}), not ${came}`);
}

/** The indexed attributes that a document has. */
export function* indexedIn(schema: Schema, document: JsonObject): Generator<[string, Type, Json]> {
  for (const [name, { type, indexed }] of schema.attributes) {
    if (!indexed) continue;
    const value = attributeOf(document, name);
    if (value !== undefined) yield [name, type, value];
  }
}
