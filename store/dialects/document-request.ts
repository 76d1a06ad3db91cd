/**
 * What a request of the document protocol asks for, and its reply in bytes (store specification, section 2). What is right in
 * an operation is for the state to say; what a frame holds is said here.
 */

import { DOCUMENT_FRAMES, notLeaderReason, type Reply, unknownReason } from '../../shared/wire/documents';
import { encodeFrame } from '../../shared/wire/frame';
import { encodeJson, type Json } from '../../shared/wire/json';
import { Refusal } from '../documents/bounds';
import { isWrite, type Page, parseRequest } from '../documents/operations';
import type { Operation } from '../entry';
import type { Answer } from '../replication/outbox';

/** What a client asks for. */
export type Asked =
  | { kind: 'status' }
  | { kind: 'read'; operation: Operation; atLeast: number }
  | { kind: 'write'; operation: Operation; request: string | undefined }
  /** It cannot be understood; one sentence says why. */
  | { kind: 'fault'; reason: string };

/** What stands in a reply besides a result, bytes. */
const REPLY_AROUND = '["ok",]'.length;
const RESULT_MAX = DOCUMENT_FRAMES.payloadMax - REPLY_AROUND;

/** Reads a list with the name of a request first. */
export function asked(list: readonly Json[]): Asked {
  if (list[0] === 'status') return { kind: 'status' };
  try {
    const { op, request } = parseRequest(list);
    if (isWrite(op)) return { kind: 'write', operation: op, request };
    if (op[0] !== 'search') return { kind: 'read', operation: op, atLeast: 0 };
    const [, collection, query, page = {}] = op as unknown as [string, string, Json, Page?];
    const { atLeast = 0, bytes = RESULT_MAX, ...where } = page;
    const room = { ...where, bytes: Math.min(bytes, RESULT_MAX) };
    return { kind: 'read', operation: ['search', collection, query, room], atLeast };
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'fault', reason: error.message };
    throw error;
  }
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

/** A reply as a frame; one that fits none (a description of many collections, say) becomes the reason why. */
export function encodeReply(reply: Reply): Uint8Array {
  const payload = encodeJson(reply);
  if (payload.length <= DOCUMENT_FRAMES.payloadMax) return encodeFrame(payload, DOCUMENT_FRAMES);
  const reason = `the reply has ${payload.length} bytes, and a frame room for ${DOCUMENT_FRAMES.payloadMax}: ask for less`;
  return encodeFrame(encodeJson(['ko', reason]), DOCUMENT_FRAMES);
}
