/**
 * The document protocol (store specification, section 2): which requests there are, what a reply is, and the words by which a
 * client knows what it can mend by itself.
 */

import type { FrameFormat } from './frame';
import type { Json } from './json';

/** A message: two bytes of length, then UTF-8 JSON. */
export const DOCUMENT_FRAMES: FrameFormat = { lengthBytes: 2, payloadMax: 65_535 };

export type Reply = readonly ['ok', Json] | readonly ['ko', string];

/** The names of requests, those that change the store first. */
export const WRITES: readonly string[] = ['create', 'destroy', 'insert', 'update', 'delete'];
export const REQUESTS: readonly string[] = [...WRITES, 'describe', 'search', 'status'];

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

/** Documents that fit no reply together may do so a page at a time. */
export function asksForPages(reason: string): boolean {
  return reason.includes('ask for pages');
}
