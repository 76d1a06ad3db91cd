/** The prompt's commands (store specification, section 3): what each asks of the store, and what it prints. */

import { usageError } from '../shared/errors';
import { escapeText } from '../shared/escape';
import type { Json } from '../shared/wire/json';
import type { Schema, StoreClient, StoredDocument } from './client';
import { queryOf, REST, typesIn, valuesOf } from './typed';
import { assignmentsIn, type Condition, conditionsIn } from './words';

/** A part of what a command prints: lines for people, and what `--json` gives in one line, where it gives one. */
export interface Output {
  lines: readonly string[];
  json: Json | undefined;
}

/** `store-client help`, and `help` at the prompt: the specification's very text. */
export const HELP = `Usage: store-client <host:port>
Available commands within the prompt
  help: show this message

addcol <name> {key=val,}+: add a new collection with the specified schema
rmcol <name>: remove the specified collection
desc: describe the store

add <col> {key=val,}+: add a new document with the specified attributes
search <col> <query>: obtain all the documents which meet the specified query
update <col> <query> {key=val,}+: update the documents meeting the query
remove <col> <query>: remove the documents which meet the specified query
exit: close the current connection`;

export const COMMANDS = ['help', 'addcol', 'rmcol', 'desc', 'add', 'search', 'update', 'remove', 'exit'] as const;

/**
 * Runs one command other than `exit`, its name first in the words.
 * @throws OperatorError `usage` for words that are no command; whatever the client throws
 */
export async function* execute(
  [name = '', ...words]: readonly string[],
  client: StoreClient,
  signal?: AbortSignal,
): AsyncGenerator<Output, void> {
  const options = { signal };
  switch (name) {
    case 'help':
      return yield said(HELP, undefined);
    case 'addcol': {
      const [collection, ...rest] = expectWords(words, 2, 'addcol <name> {key=val,}+');
      await client.create(collection!, schemaOf(rest), options);
      return yield said('Col added.', { collection: collection! });
    }
    case 'rmcol': {
      const [collection] = expectWords(words, 1, 'rmcol <name>', 1);
      await client.destroy(collection!, options);
      return yield said('Col removed.', { collection: collection! });
    }
    case 'desc':
      return yield described(await client.describe(expectWords(words, 0, 'desc', 1)[0], options));
    case 'add': {
      const [collection, ...rest] = expectWords(words, 2, 'add <col> {key=val,}+');
      const types = await typesOf(client, collection!, options);
      const id = await client.insert(collection!, valuesOf(assignmentsIn(rest), types), options);
      return yield said(`Doc added with _id ${escapeText(id)}.`, { _id: id });
    }
    case 'search': {
      const [collection, ...rest] = expectWords(words, 1, 'search <col> <query>');
      const types = await typesOf(client, collection!, options);
      const found = client.each(collection!, queryOf(conditionsIn(rest), types), options);
      return yield* results(found, types);
    }
    case 'update': {
      const [collection, ...rest] = expectWords(words, 3, 'update <col> <query> {key=val,}+');
      const [conditions, changes] = queryAndRest(rest);
      const types = await typesOf(client, collection!, options);
      const values = valuesOf(assignmentsIn(changes), types);
      const count = await client.update(collection!, queryOf(conditions, types), values, options);
      return yield said(counted(count, 'updated'), { updated: count });
    }
    case 'remove': {
      const [collection, ...rest] = expectWords(words, 2, 'remove <col> <query>');
      const types = await typesOf(client, collection!, options);
      const count = await client.delete(collection!, queryOf(conditionsIn(rest), types), options);
      return yield said(counted(count, 'removed'), { removed: count });
    }
    default:
      throw usageError(`expected one of ${COMMANDS.join(', ')}, got "${name}"`);
  }
}

function said(text: string, json: Json | undefined): Output {
  return { lines: text.split('\n'), json };
}

function expectWords(
  words: readonly string[],
  least: number,
  form: string,
  most = Number.POSITIVE_INFINITY,
): readonly string[] {
  if (words.length >= least && words.length <= most) return words;
  throw usageError(`expected ${form}, got ${words.length === 0 ? 'nothing' : `"${words.join(' ')}"`} behind its name`);
}

/** The query is the first word, or all before the word `set`. */
function queryAndRest(words: readonly string[]): [Condition[], readonly string[]] {
  const set = words.indexOf('set');
  const [query, rest] = set < 0 ? [words.slice(0, 1), words.slice(1)] : [words.slice(0, set), words.slice(set + 1)];
  if (query.length === 0 || rest.length === 0)
    throw usageError('expected a query and then changes; {} is every document');
  return [conditionsIn(query), rest];
}

function schemaOf(words: readonly string[]): Schema {
  return Object.fromEntries(assignmentsIn(words).map(({ name, value }) => [name, value]));
}

async function typesOf(
  client: StoreClient,
  collection: string,
  options: { signal: AbortSignal | undefined },
): Promise<Schema> {
  return typesIn(await client.describe(collection, options), collection);
}

function described(description: Awaited<ReturnType<StoreClient['describe']>>): Output {
  const lines = Object.entries(description).map(([name, { schema, documents }]) => {
    const attributes = Object.entries(schema).map(([attribute, type]) => `${attribute}=${type}`);
    return escapeText(`- ${name} ${attributes.join(',')} (${documents} document${documents === 1 ? '' : 's'})`);
  });
  return { lines, json: description as unknown as Json };
}

async function* results(documents: AsyncIterable<StoredDocument>, types: Schema): AsyncGenerator<Output, void> {
  let isFirst = true;
  for await (const document of documents) {
    yield { lines: [...(isFirst ? ['Results:'] : []), ...documentLines(document, types)], json: document };
    isFirst = false;
  }
  if (isFirst) yield { lines: ['Results:'], json: undefined };
}

/** Attributes in the schema's order, then those it does not list. */
function documentLines({ _id, ...attributes }: StoredDocument, types: Schema): string[] {
  const listed = Object.keys(types).filter((name) => name !== REST && Object.hasOwn(attributes, name));
  const others = Object.keys(attributes).filter((name) => !Object.hasOwn(types, name));
  return [
    `- id: ${escapeText(_id)}`,
    ...[...listed, ...others].map((name) => `  ${escapeText(name)}: ${shown(attributes[name]!)}`),
  ];
}

function shown(value: Json): string {
  return escapeText(typeof value === 'string' ? value : JSON.stringify(value));
}

/** `Doc updated.`, `3 docs updated.`, `No docs updated.` */
function counted(count: number, what: string): string {
  if (count === 1) return `Doc ${what}.`;
  return `${count === 0 ? 'No' : count} docs ${what}.`;
}
