/**
 * The document protocol (store specification, section 2): which requests there are, what a reply is, and the words by which a
 * client knows what it can mend by itself.
 */

import type { FrameFormat } from './frame';
import type { Json } from './json';

/** A message: two bytes of length, then UTF-8 JSON. */
export const DOCUMENT_FRAMES: FrameFormat = { lengthBytes: 2, payloadMax: 65_535 };

export type Reply = readonly ['ok', Json] | readonly ['ko', string];

/** How many arguments a request has behind its name, and whether it changes the store. */
export interface RequestForm {
  least: number;
  most: number;
  writes: boolean;
  /** As a person writes it. */
  form: string;
}

export const REQUESTS: ReadonlyMap<string, RequestForm> = new Map([
  ['create', { least: 2, most: 2, writes: true, form: '["create", collection, schema]' }],
  ['describe', { least: 0, most: 1, writes: false, form: '["describe"] or ["describe", collection]' }],
  ['destroy', { least: 1, most: 1, writes: true, form: '["destroy", collection]' }],
  ['insert', { least: 2, most: 2, writes: true, form: '["insert", collection, document]' }],
  ['search', { least: 2, most: 3, writes: false, form: '["search", collection, query] or one with a page behind' }],
  ['update', { least: 3, most: 3, writes: true, form: '["update", collection, query, changes]' }],
  ['delete', { least: 2, most: 2, writes: true, form: '["delete", collection, query]' }],
  ['status', { least: 0, most: 0, writes: false, form: '["status"]' }],
]);

/** What one replica says of itself and of the store. */
export interface Status {
  role: 'leader' | 'follower' | 'joining';
  epoch: number;
  /** `host:port`; null while nobody is known to lead. */
  leader: string | null;
  /** `host:port` of all that take part, as far as this one knows. */
  members: readonly string[];
  /** `host:port` of those without whom nothing is committed. */
  inSync: readonly string[];
  /** Index of the last entry applied here. */
  position: number;
  /** Entries of the leader's log not applied here yet, as far as this one knows. */
  lag: number;
  version: string;
}

/** A UUID in its usual form: identities of requests, and of documents that bring none. */
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const NOT_LEADER = 'not the leader: ';
const LEADS = ' leads';

/** Why a replica that does not lead takes no write. */
export function notLeaderReason(leader: string | undefined): string {
  return `${NOT_LEADER}${leader === undefined ? 'who leads is being decided' : leader + LEADS}`;
}

const UNKNOWN = 'it may have been done or not: ';

/** Why a replica that took a write cannot say what became of it. */
export function unknownReason(reason: string): string {
  return UNKNOWN + reason;
}

/** Should the same request be asked again, under the same identity? Then whom, where the reason names somebody. */
export function askAgain(reason: string): { leader: string | undefined } | undefined {
  if (reason.startsWith(UNKNOWN)) return { leader: undefined };
  if (!reason.startsWith(NOT_LEADER)) return undefined;
  return { leader: reason.endsWith(LEADS) ? reason.slice(NOT_LEADER.length, -LEADS.length) : undefined };
}

const ASK_FOR_PAGES = 'ask for pages, such as {"limit": 100, "after": "<_id>"}';

/** Why documents found are not sent. */
export function tooManyReason(): string {
  return `the documents found do not fit a reply of ${DOCUMENT_FRAMES.payloadMax} bytes: ${ASK_FOR_PAGES}`;
}

/** Would pages help? */
export function asksForPages(reason: string): boolean {
  return reason.endsWith(ASK_FOR_PAGES);
}
