/** Words become values by the types of a collection's schema, as the prompt's commands need them. */

import { usageError } from '../shared/errors';
import type { Json } from '../shared/wire/json';
import type { Description, Query, Schema } from './client';
import type { Assignment, Condition } from './words';

/** In a schema: attributes that it does not list are of this type. */
export const REST = '...';

/** The types of a collection's attributes, without the stars of indexed ones. */
export function typesIn(description: Description, collection: string): Schema {
  const schema = Object.hasOwn(description, collection) ? description[collection]!.schema : {};
  return Object.fromEntries(Object.entries(schema).map(([name, type]) => [name.replace(/^\*/, ''), type]));
}

/** A document, or changes to one. @throws OperatorError `usage` */
export function valuesOf(assignments: readonly Assignment[], types: Schema): Record<string, Json> {
  const values = new Map<string, Json>();
  for (const { name, value } of assignments) {
    if (values.has(name)) throw usageError(`expected each attribute once, got "${name}" twice`);
    values.set(name, typedValue(name, value, types));
  }
  return Object.fromEntries(values);
}

/** @throws OperatorError `usage` */
export function queryOf(conditions: readonly Condition[], types: Schema): Query {
  const query = new Map<string, Record<string, Json>>();
  for (const { name, comparison, value } of conditions) {
    const comparisons = query.get(name) ?? {};
    if (Object.hasOwn(comparisons, comparison)) {
      throw usageError(`expected each comparison once, got "${name}${comparison}" twice`);
    }
    query.set(name, { ...comparisons, [comparison]: typedValue(name, value, types) });
  }
  return Object.fromEntries(query);
}

function typedValue(name: string, word: string, types: Schema): Json {
  const type = name === '_id' ? 'str' : Object.hasOwn(types, name) ? types[name]! : types[REST];
  if (type === undefined) {
    const known = Object.keys(types).join(', ');
    throw usageError(`expected one of the attributes ${known}, got "${name}"`);
  }
  const value = READERS[type]?.(word);
  if (value === undefined) throw usageError(`expected ${WORDS[type] ?? `a known type`} for ${name}, got "${word}"`);
  return value;
}

const READERS: Record<string, (word: string) => Json | undefined> = {
  str: (word) => word,
  int: (word) => (/^[+-]?\d+$/.test(word) && Number.isSafeInteger(Number(word)) ? Number(word) : undefined),
  float: (word) => (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word) ? finite(Number(word)) : undefined),
  bool: (word) => (word === 'true' ? true : word === 'false' ? false : undefined),
  any: jsonOrText,
};

const WORDS: Record<string, string> = {
  int: 'a whole number',
  float: 'a number',
  bool: 'true or false',
};

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

function jsonOrText(word: string): Json {
  try {
    return JSON.parse(word) as Json;
  } catch {
    return word;
  }
}
