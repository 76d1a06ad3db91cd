/**
 * The operations of the state: their arguments, and what can be said against them without looking at it. Dialects refuse by this
 * what would only fill the log.
 */

import type { Json, Operation } from '../entry';
import { DEPTH_MAX, OPERATION_BYTES_MAX, quoted, Refusal } from './bounds';
import { isObject, type JsonObject } from './json';
import { parseQuery } from './query';
import { checkId, checkName, checkType, ID, parseSchema } from './schema';

interface Kind {
  writes: boolean;
  /** How its arguments are said. */
  wants: string;
  argumentsMin: number;
  /** One for each argument, the last ones perhaps left out. */
  checks: ((argument: Json) => void)[];
}

/** What `put` does besides: `{"absent": true, "stamp": "timestamp", "schema": {...}}`, each of them optional. */
export interface PutOptions {
  /** Leaves a document alone that is there already. */
  absent?: boolean;
  /** The attribute that gets the entry's time, in seconds since 1970. */
  stamp?: string;
  /** Creates the collection first where there is none. */
  schema?: JsonObject;
}

/** Which part of the documents found is asked for. */
export interface Page {
  /** How many documents at most. */
  limit?: number;
  /** Only those behind this `_id`. */
  after?: string;
  /** A longer result, as JSON in UTF-8, is refused. */
  bytes?: number;
  /** The core waits for this position; the state does not look at it. */
  atLeast?: number;
}

const OPERATIONS: ReadonlyMap<string, Kind> = new Map([
  ['create', kind(true, "a collection's name and a schema", 2, name, object('a schema', parseSchema))],
  ['describe', kind(false, "a collection's name or nothing", 0, name)],
  ['destroy', kind(true, "a collection's name", 1, name)],
  ['insert', kind(true, "a collection's name and a document", 2, name, object('a document', checkDocument))],
  [
    'put',
    kind(
      true,
      "a collection's name, a document and options",
      3,
      name,
      object('a document', checkIdentified),
      object('options', checkPut),
    ),
  ],
  [
    'search',
    kind(false, "a collection's name, a query and perhaps a page", 2, name, query(), object('a page', checkPage)),
  ],
  ['update', kind(true, "a collection's name, a query and changes", 3, name, query(), object('changes', checkChanges))],
  ['delete', kind(true, "a collection's name and a query", 2, name, query())],
]);

/** Does the operation belong into the log? One that there is not does neither. */
export function isWrite(op: Operation): boolean {
  return OPERATIONS.get(op[0])?.writes ?? false;
}

/**
 * A client's list as an operation and the identity that may stand behind its arguments.
 * @throws Refusal for a list that is no operation, whatever the state
 */
export function parseRequest(list: Json): { op: Operation; request: string | undefined } {
  if (!Array.isArray(list) || typeof list[0] !== 'string') {
    throw new Refusal('a request is a list with the name of an operation first');
  }
  const known = OPERATIONS.get(list[0]);
  if (known === undefined) throw new Refusal(`there is no operation ${quoted(list[0])}`);
  const last = list.at(-1)!;
  const identified = list.length - 2 >= known.argumentsMin && isIdentity(last);
  if (identified) checkName('a request', last.request);
  const op = (identified ? list.slice(0, -1) : list) as unknown as Operation;
  const reason = checkOperation(op);
  if (reason !== undefined) throw new Refusal(reason);
  return { op, request: identified ? last.request : undefined };
}

/** What is wrong with an operation, whatever the state: one sentence; undefined for nothing. Takes a nesting of any depth. */
export function checkOperation(op: Operation): string | undefined {
  try {
    checkValues(op);
    const known = OPERATIONS.get(op[0]);
    if (known === undefined) throw new Refusal(`there is no operation ${quoted(op[0])}`);
    const count = op.length - 1;
    if (count < known.argumentsMin || count > known.checks.length) {
      throw new Refusal(`"${op[0]}" wants ${known.wants}, not ${count} argument${count === 1 ? '' : 's'}`);
    }
    op.slice(1).forEach((argument, i) => {
      known.checks[i]!(argument);
    });
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

/**
 * The operation as it goes into the log: an inserted document without an identity gets one, since replicas draw no chance.
 * @param newId a random UUID
 */
export function completeOperation(op: Operation, newId: () => string): Operation {
  const [operation, collection, document] = op;
  if (operation !== 'insert' || !isObject(document) || Object.hasOwn(document, ID)) return op;
  return [operation, collection!, { [ID]: newId(), ...document }];
}

/** Refuses what no line of the log could hold, without writing the JSON where that can be avoided. */
function checkValues(op: Operation): void {
  if (bytesMaxOf(op, 1) > OPERATION_BYTES_MAX && Buffer.byteLength(JSON.stringify(op)) > OPERATION_BYTES_MAX) {
    throw new Refusal(`a request has at most ${OPERATION_BYTES_MAX} bytes`);
  }
}

/** The most that a value takes as JSON. @param depth of the lists and objects that it would be in, itself one of them */
function bytesMaxOf(value: Json, depth: number): number {
  if (typeof value === 'string') return bytesOfText(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Refusal('a number is too large for a double');
    return 25;
  }
  if (typeof value !== 'object' || value === null) return 6;
  if (depth > DEPTH_MAX) throw new Refusal(`lists and objects stand in each other at most ${DEPTH_MAX} deep`);
  let bytes = 2;
  if (Array.isArray(value)) for (const part of value) bytes += bytesMaxOf(part, depth + 1);
  else {
    const parts = value as JsonObject;
    for (const name of Object.keys(parts)) bytes += bytesOfText(name) + 1 + bytesMaxOf(parts[name]!, depth + 1);
  }
  return bytes;
}

/** The most that a text takes as JSON. @throws Refusal */
function bytesOfText(text: string): number {
  if (!text.isWellFormed()) throw new Refusal('a text has half of a surrogate pair, which is no character');
  return text.length * 6 + 3;
}

function kind(writes: boolean, wants: string, argumentsMin: number, ...checks: Kind['checks']): Kind {
  return { writes, wants, argumentsMin, checks };
}

function name(argument: Json): void {
  if (typeof argument !== 'string') throw new Refusal('the name of a collection is a text');
  checkName('a collection', argument);
}

function object(what: string, check: (argument: JsonObject) => unknown): (argument: Json) => void {
  return (argument) => {
    if (!isObject(argument)) throw new Refusal(`${what} is an object`);
    check(argument);
  };
}

function query(): (argument: Json) => void {
  return object('a query', parseQuery);
}

function checkDocument(document: JsonObject): void {
  if (Object.hasOwn(document, ID)) checkId(document[ID]);
}

function checkIdentified(document: JsonObject): void {
  checkId(document[ID]);
}

function checkChanges(changes: JsonObject): void {
  if (Object.hasOwn(changes, ID)) throw new Refusal(`"${ID}" cannot be changed`);
}

function checkPut(options: JsonObject): void {
  for (const option of Object.keys(options)) {
    const value = options[option]!;
    if (option === 'absent') checkType(option, 'bool', value);
    else if (option === 'stamp') checkType(option, 'str', value);
    else if (option === 'schema') object('a schema', parseSchema)(value);
    else throw new Refusal(`there is no option ${quoted(option)}`);
  }
}

function checkPage(page: JsonObject): void {
  for (const part of Object.keys(page)) {
    const value = page[part]!;
    if (part === 'after') checkId(value);
    else if (part !== 'limit' && part !== 'bytes' && part !== 'atLeast')
      throw new Refusal(`a page has no ${quoted(part)}`);
    else if (!Number.isSafeInteger(value) || (value as number) < 0) {
      throw new Refusal(`"${part}" of a page is an integer from 0 on`);
    }
  }
}

function isIdentity(value: Json): value is { request: string } {
  return isObject(value) && typeof value['request'] === 'string' && Object.keys(value).length === 1;
}
