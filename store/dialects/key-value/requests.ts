/** What a replica answers to the requests of the key-value dialect (key-value specification, section 2). */

import { errorMessage, heldOf, type KeyValueMessage } from '../../../shared/wire/key-value';
import type { Operation } from '../../entry';
import type { Answer } from '../../replication/outbox';
import type { Replica } from '../replica';
import { forwardLine, getLine, type Print, putLine, putOkLine } from './lines';
import { getOperation, type Pair, pairIn, putOperation, timestampOf } from './pairs';

export interface RequestOptions {
  /** One that hands writes on to the leader. */
  replica: Replica;
  /** A random UUID. */
  newId: () => string;
  /** Resolves after so many milliseconds. */
  sleep: (ms: number) => Promise<unknown>;
  /** Time of a clock that never goes back, milliseconds. */
  now: () => number;
  /** How long a PUT is tried while a takeover is under way, milliseconds. */
  requestMs: number;
  /** Gets a line for each request; undefined: nobody reads them. */
  print: Print | undefined;
}

/** Between two attempts of a PUT during a takeover, milliseconds. */
const AGAIN_MS = 100;

/** Answers one request. `client`: who asks, `ip:port`. Never rejects. */
export async function answerRequest(
  request: KeyValueMessage,
  client: string,
  options: RequestOptions,
): Promise<KeyValueMessage> {
  const { method, key, value } = request;
  switch (method) {
    case 'isLider':
      return {
        method: 'isLiderResponse',
        value: options.replica.status().role === 'leader',
        key: null,
        timestamp: null,
      };
    case 'PUT':
      if (typeof key !== 'string' || typeof value !== 'string') return wanted('PUT', 'a text as key and one as value');
      return put(key, value, client, options);
    case 'GET':
      if (typeof key !== 'string' || !(typeof value === 'number' || value === null)) {
        return wanted('GET', 'a text as key and a timestamp or null as value');
      }
      return get(key, heldOf(value), client, options);
    case 'REPLICATION':
      return errorMessage('this server takes part in a group of its own: it takes no REPLICATION');
    default:
      return errorMessage('expected the method PUT, GET or isLider');
  }
}

async function put(key: string, value: string, client: string, options: RequestOptions): Promise<KeyValueMessage> {
  const { print, replica } = options;
  const leads = replica.status().role === 'leader';
  print?.(leads ? putLine(client, key, value) : forwardLine(key, value));
  const answer = await written(putOperation(key, value), options);
  if (answer.kind !== 'reply') return errorMessage(reasonOf(answer));
  const [word, result] = answer.reply;
  if (word === 'ko') return errorMessage(result);
  const timestamp = timestampOf(result);
  if (leads) print?.(putOkLine(client, key, timestamp));
  return { method: 'PUT_OK', value, key, timestamp };
}

/** Writes, and again under the same identity while nobody leads or the write's fate is not known: it is done once at most. */
async function written(operation: Operation, options: RequestOptions): Promise<Answer> {
  const { replica, newId, sleep, now, requestMs } = options;
  const request = newId();
  const untilMs = now() + requestMs;
  let fate: Answer | undefined;
  for (;;) {
    const answer = await replica.write(operation, request);
    if (answer.kind === 'reply') return answer;
    // Once it may have been done, a later "not here" says nothing of that.
    if (fate === undefined || answer.kind === 'unknown') fate = answer;
    if (answer.kind === 'refused' || now() + AGAIN_MS >= untilMs) return fate.kind === 'unknown' ? fate : answer;
    await sleep(AGAIN_MS);
  }
}

async function get(
  key: string,
  held: number | undefined,
  client: string,
  { replica, print }: RequestOptions,
): Promise<KeyValueMessage> {
  const answer = await replica.read(getOperation(key), 0);
  if (answer.kind !== 'reply') return errorMessage(reasonOf(answer));
  const pair = pairIn(answer.reply);
  const reply = replyTo(pair, held);
  print?.(getLine(client, key, held, pair?.timestamp, reply.method === 'GET_OK' ? pair!.value : reply.method));
  return reply;
}

/** What a server that has this pair answers to a client that holds this timestamp. */
export function replyTo(pair: Pair | undefined, held: number | undefined): KeyValueMessage {
  const nothing = { value: null, key: null, timestamp: null };
  if (pair === undefined && held === undefined) return { method: 'NULL', ...nothing };
  if (pair === undefined || (held !== undefined && pair.timestamp < held)) {
    return { method: 'TRY_OTHER_SERVER_OR_LATER', ...nothing };
  }
  return { ...nothing, method: 'GET_OK', value: [pair.value, pair.timestamp] };
}

function wanted(method: string, what: string): KeyValueMessage {
  return errorMessage(`expected ${what} in a ${method}`);
}

function reasonOf(answer: Exclude<Answer, { kind: 'reply' }>): string {
  switch (answer.kind) {
    case 'refused':
      return answer.reason;
    case 'not-leader':
      return 'it was not done: who leads is being decided';
    case 'unknown':
      return `it may have been done or not: ${answer.reason}`;
  }
}
