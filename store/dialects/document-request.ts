/**
 * What a request of the document protocol asks for, and its reply in bytes (store specification, section 2). Arguments are only
 * counted here, and pages read; whether collections, documents and queries are good is for the state machine to say.
 */

import {
  DOCUMENT_FRAMES,
  notLeaderReason,
  REQUESTS,
  type Reply,
  type RequestForm,
  tooManyReason,
  UUID,
  unknownReason,
} from '../../shared/wire/documents';
import { encodeFrame } from '../../shared/wire/frame';
import { encodeJson, type Json } from '../../shared/wire/json';
import type { Operation } from '../entry';
import type { Answer } from '../replication/outbox';

/** What a client asks for. */
export type Asked =
  | { kind: 'status' }
  | { kind: 'read'; operation: Operation; atLeast: number }
  | { kind: 'write'; operation: Operation; identity: string | undefined }
  /** It cannot be understood; one sentence says why. */
  | { kind: 'fault'; reason: string };

/** Reads a request whose name is one of `REQUESTS`. */
export function parseRequest(request: readonly Json[]): Asked {
  const [name, ...rest] = request as [string, ...Json[]];
  const form = REQUESTS.get(name)!;
  const { args, identity, fault } = withoutIdentity(rest, form);
  if (fault !== undefined) return { kind: 'fault', reason: fault };
  if (args.length < form.least || args.length > form.most) {
    return {
      kind: 'fault',
      reason: `expected ${form.form}, got ${args.length} argument${args.length === 1 ? '' : 's'}`,
    };
  }
  if (name === 'status') return { kind: 'status' };
  if (form.writes) return { kind: 'write', operation: [name, ...args], identity };
  if (name !== 'search') return { kind: 'read', operation: [name, ...args], atLeast: 0 };
  return searchOf(args);
}

/** What stands behind the arguments, `{"request": "<uuid>"}`, and they. */
function withoutIdentity(
  rest: readonly Json[],
  { least, most }: RequestForm,
): { args: readonly Json[]; identity: string | undefined; fault?: string } {
  const last = rest.at(-1);
  // Where an argument may be left out, an object with this one word stands for the identity.
  if (rest.length <= least || rest.length > most + 1 || !isObject(last) || Object.keys(last).join() !== 'request') {
    return { args: rest, identity: undefined };
  }
  const { request } = last;
  const args = rest.slice(0, -1);
  if (typeof request === 'string' && UUID.test(request)) return { args, identity: request.toLowerCase() };
  return { args, identity: undefined, fault: `expected a UUID as request, got ${shown(request)}` };
}

const PAGE_WORDS = ['limit', 'after', 'atLeast'];

function searchOf([collection = null, query = null, page = {}]: readonly Json[]): Asked {
  const fault = pageFault(page);
  if (fault !== undefined) return { kind: 'fault', reason: fault };
  const { atLeast = 0, ...where } = page as { atLeast?: number; [word: string]: Json | undefined };
  // More than one reply holds would only be thrown away.
  const bounded = { ...(where as Record<string, Json>), bytes: DOCUMENT_FRAMES.payloadMax };
  return { kind: 'read', operation: ['search', collection, query, bounded], atLeast };
}

function pageFault(page: Json): string | undefined {
  if (!isObject(page)) return `expected a page such as {"limit": 100, "after": "<_id>"}, got ${shown(page)}`;
  const unknown = Object.keys(page).find((word) => !PAGE_WORDS.includes(word));
  if (unknown !== undefined) return `expected a page of ${PAGE_WORDS.join(', ')}, got ${shown(unknown)}`;
  const { limit = 1, after = '', atLeast = 0 } = page;
  if (!isIndex(limit) || limit === 0) return `expected a whole number above 0 as limit, got ${shown(limit)}`;
  if (typeof after !== 'string') return `expected an _id as after, got ${shown(after)}`;
  if (!isIndex(atLeast)) return `expected a position in the log as atLeast, got ${shown(atLeast)}`;
  return undefined;
}

function isIndex(value: Json): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const SHOWN_MAX = 60;

/** A value in a sentence, cut where it is long. */
function shown(value: Json | undefined): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text;
}

/** What an answer is in this dialect. */
export function replyTo(answer: Answer): Reply {
  switch (answer.kind) {
    case 'reply':
      return answer.reply;
    case 'not-leader':
      return ['ko', notLeaderReason(answer.leader)];
    case 'refused':
      return ['ko', answer.reason];
    case 'unknown':
      return ['ko', unknownReason(answer.reason)];
  }
}

/** A reply as a frame; one that fits none becomes the reason why. */
export function encodeReply(reply: Reply): Uint8Array {
  const payload = encodeJson(reply);
  if (payload.length <= DOCUMENT_FRAMES.payloadMax) return encodeFrame(payload, DOCUMENT_FRAMES);
  return encodeFrame(encodeJson(['ko', tooLargeReason(reply)]), DOCUMENT_FRAMES);
}

function tooLargeReason([, result]: Reply): string {
  const room = `a reply of ${DOCUMENT_FRAMES.payloadMax} bytes`;
  if (!Array.isArray(result)) return `the description does not fit ${room}: describe one collection at a time`;
  if (result.length !== 1) return tooManyReason();
  const [{ _id: id }] = result as [{ _id: Json }];
  return `the document with _id ${shown(id)} does not fit ${room}: the export and REST can read it`;
}
