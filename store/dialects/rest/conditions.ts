/** Conditions as they stand in an address, `age>10`, and the query that they make (store specification, section 2). */

import type { Json } from '../../../shared/wire/json';
import { Refusal } from '../../documents/bounds';
import type { JsonObject } from '../../documents/json';
import { parseSchema, typeOf } from '../../documents/schema';

/**
 * A query in which all conditions must hold. The schema says how a value is to be read: in an open collection one that is JSON
 * is that value, and any other is a text.
 * @throws Refusal for what is no condition
 */
export function conditionsIn(conditions: readonly string[], schema: JsonObject): JsonObject {
  const types = parseSchema(schema);
  const query = new Map<string, Record<string, Json>>();
  for (const condition of conditions) {
    const [, attribute, comparison, text] = /^([^=!<>]+)(=|!=|<=|>=|<|>)(.*)$/s.exec(condition) ?? [];
    if (attribute === undefined) throw new Refusal('a condition is an attribute, one of = != < <= > >=, and a value');
    const asked = query.get(attribute) ?? {};
    if (Object.hasOwn(asked, comparison!)) throw new Refusal(`the condition ${attribute}${comparison} is given twice`);
    const type = attribute === '_id' ? 'str' : typeOf(types, attribute);
    query.set(attribute, { ...asked, [comparison!]: type === 'str' ? text! : read(text!) });
  }
  return Object.fromEntries(query);
}

function read(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
