/** JSON values: of what kind they are, whether they are equal, in which order they stand. */

import type { Json } from '../entry';

export type JsonObject = { readonly [name: string]: Json };

/** Is it a JSON object, no list and not null? */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An attribute, and nothing that every object has: `constructor` and `__proto__` are names like others. */
export function attributeOf(document: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(document, name) ? document[name] : undefined;
}

/** Are two values the same, whatever the order of names in objects? Their nesting is bounded by `DEPTH_MAX`. */
export function equal(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]!));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && equal(a[name]!, b[name]!))
  );
}

/** Less than 0 where `a` stands before `b`; undefined where no order is between them: values of two types, lists, objects. */
export function compare(a: Json, b: Json): number | undefined {
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  return undefined;
}

/** By code points, as their UTF-8 stands in the engine; `<` compares code units, in which U+10000 stands before U+E000. */
function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
