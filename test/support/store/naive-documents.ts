/** The documents' rules in the plainest way, to compare with: maps, no index, no bounds, and no sentence for a refusal. */

import type { Json, Operation } from '../../../store/entry';
import type { Reply } from '../../../store/state-machine';

type Plain = { [name: string]: Json };
interface PlainCollection {
  schema: Plain;
  documents: Map<string, Plain>;
}

class No extends Error {}

export class NaiveDocuments {
  readonly collections = new Map<string, PlainCollection>();

  perform(op: Operation, timeUs: number): Reply {
    const [operation, name, ...rest] = structuredClone(op) as unknown as [string, string, ...Plain[]];
    try {
      return ['ok', this.#perform(operation, name, rest, timeUs)];
    } catch (error) {
      if (error instanceof No) return ['ko', ''];
      throw error;
    }
  }

  #perform(operation: string, name: string, [first, second]: Plain[], timeUs: number): Json {
    if (operation === 'create') {
      if (this.collections.has(name)) throw new No();
      this.collections.set(name, { schema: first!, documents: new Map() });
      return null;
    }
    const collection = this.collections.get(name);
    if (!collection) throw new No();
    const { documents, schema } = collection;
    if (operation === 'destroy') {
      this.collections.delete(name);
      return null;
    }
    if (operation === 'describe') return { [name]: { schema, documents: documents.size } };
    if (operation === 'insert') {
      check(schema, first!);
      const before = documents.get(first!['_id'] as string);
      if (before && !same(before, first!)) throw new No();
      documents.set(first!['_id'] as string, before ?? first!);
      return first!['_id']!;
    }
    if (operation === 'put') {
      const { absent, stamp } = second!;
      const document = stamp === undefined ? first! : { ...first, [stamp as string]: timeUs / 1e6 };
      check(schema, document);
      const stored = !(absent && documents.has(document['_id'] as string));
      if (stored) documents.set(document['_id'] as string, document);
      return { stored, time: timeUs / 1e6 };
    }
    const found = [...documents.values()]
      .filter((document) => meets(schema, document, first!))
      .sort((a, b) => Buffer.compare(Buffer.from(a['_id'] as string), Buffer.from(b['_id'] as string)));
    for (const attribute of Object.keys(first!))
      for (const asked of askedOf(first![attribute]!)) check(schema, { [attribute]: asked[1] });
    if (operation === 'search') {
      const { after, limit } = second ?? {};
      const behind = found.filter(
        ({ _id }) =>
          after === undefined || Buffer.compare(Buffer.from(_id as string), Buffer.from(after as string)) > 0,
      );
      return behind.slice(0, limit as number | undefined);
    }
    if (operation === 'update') {
      check(schema, second!);
      for (const document of found) documents.set(document['_id'] as string, { ...document, ...second });
      return found.length;
    }
    for (const document of found) documents.delete(document['_id'] as string);
    return found.length;
  }
}

function check(schema: Plain, attributes: Plain): void {
  for (const [name, value] of Object.entries(attributes)) {
    const types = new Map(Object.entries(schema));
    const type = name === '_id' ? 'str' : (types.get(name) ?? types.get(`*${name}`));
    const known: Record<string, boolean> = {
      str: typeof value === 'string',
      int: Number.isSafeInteger(value),
      float: typeof value === 'number',
      bool: typeof value === 'boolean',
    };
    if (type === undefined ? schema['...'] === undefined : !known[type as string]) throw new No();
  }
}

function askedOf(condition: Json): [string, Json][] {
  return typeof condition === 'object' && condition !== null ? Object.entries(condition) : [['=', condition]];
}

function meets(_schema: Plain, document: Plain, query: Plain): boolean {
  return Object.entries(query).every(([name, condition]) =>
    askedOf(condition).every(([comparison, asked]) => {
      if (!Object.hasOwn(document, name)) return false;
      const value = document[name]!;
      if (comparison === '=') return same(value, asked);
      if (comparison === '!=') return !same(value, asked);
      if (typeof value !== typeof asked || value === null || typeof value === 'object') return false;
      const order =
        typeof value === 'string'
          ? Buffer.compare(Buffer.from(value), Buffer.from(asked as string))
          : Number(value) - Number(asked);
      return { '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[comparison]!;
    }),
  );
}

function same(a: Json, b: Json): boolean {
  return sortedText(a) === sortedText(b);
}

function sortedText(value: Json): string {
  return JSON.stringify(value, (_, part) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
