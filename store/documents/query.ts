/** A query: conditions that must all hold. A document without the attribute meets no condition on it, `!=` included. */

import type { Json } from '../entry';
import { CONDITIONS_MAX, quoted, Refusal } from './bounds';
import { attributeOf, compare, equal, isObject, type JsonObject } from './json';
import { checkType, type Schema, typeOf } from './schema';

const HOLDS = {
  '=': (value: Json, asked: Json) => equal(value, asked),
  '!=': (value: Json, asked: Json) => !equal(value, asked),
  '<': (value: Json, asked: Json) => (compare(value, asked) ?? 1) < 0,
  '<=': (value: Json, asked: Json) => (compare(value, asked) ?? 1) <= 0,
  '>': (value: Json, asked: Json) => (compare(value, asked) ?? -1) > 0,
  '>=': (value: Json, asked: Json) => (compare(value, asked) ?? -1) >= 0,
};

export type Comparison = keyof typeof HOLDS;

export interface Condition {
  attribute: string;
  comparison: Comparison;
  asked: Json;
}

/** What the query's form says, whatever the collection. @throws Refusal */
export function parseQuery(query: JsonObject): Condition[] {
  const conditions: Condition[] = [];
  for (const attribute of Object.keys(query)) {
    const asked = query[attribute]!;
    if (!isObject(asked)) {
      conditions.push({ attribute, comparison: '=', asked });
      continue;
    }
    const comparisons = Object.keys(asked);
    if (comparisons.length === 0) throw new Refusal(`the condition on ${quoted(attribute)} names no comparison`);
    for (const comparison of comparisons) {
      if (!Object.hasOwn(HOLDS, comparison)) {
        throw new Refusal(
          `the condition on ${quoted(attribute)} has ${quoted(comparison)} where = != < <= > or >= is expected`,
        );
      }
      conditions.push({ attribute, comparison: comparison as Comparison, asked: asked[comparison]! });
    }
  }
  if (conditions.length > CONDITIONS_MAX) throw new Refusal(`a query has at most ${CONDITIONS_MAX} conditions`);
  return conditions;
}

/** A query's conditions on documents of this schema. @throws Refusal */
export function conditionsOn(schema: Schema, query: JsonObject): Condition[] {
  const conditions = parseQuery(query);
  checkConditions(schema, conditions);
  return conditions;
}

/** @throws Refusal when a condition asks for what no document of the collection can have */
function checkConditions(schema: Schema, conditions: readonly Condition[]): void {
  for (const { attribute, asked } of conditions) {
    const type = typeOf(schema, attribute);
    if (type !== undefined) checkType(attribute, type, asked);
  }
}

/** Does the document meet all conditions? One that lacks an attribute meets none about it. */
export function meets(document: JsonObject, conditions: readonly Condition[]): boolean {
  return conditions.every(({ attribute, comparison, asked }) => {
    const value = attributeOf(document, attribute);
    return value !== undefined && HOLDS[comparison](value, asked);
  });
}
