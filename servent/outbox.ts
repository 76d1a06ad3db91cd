/** What a servent's core can decide about a datagram: the effects, by kind, and why there may be none. */

import type { Endpoint } from '../shared/endpoint';
import { MALFORMED_CODES } from '../shared/wire/wire-error';
import { DEFENCE_REASONS, type NoticeOutbox } from './defences';

/** Why a datagram had no effect. */
export const DROP_REASONS = [
  ...MALFORMED_CODES,
  /** A RESPONSE: servents handle none. */
  'response',
  /** A QUERY that names a loopback client and comes from elsewhere. */
  'loopback-client',
  /** A copy of a query already seen. */
  'seen',
  /** The key is not held and no hop is left. */
  'expired',
  /** The key is not held and there is no neighbour to ask. */
  'no-neighbour',
  /** The key is not held and too long for a QUERY. */
  'key-too-long',
  ...DEFENCE_REASONS,
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

/**
 * Where a core puts what it decides: each datagram is answered, forwarded, both, or dropped. All bytes are lent until the call
 * returns, and no core may be called from within.
 */
export interface Outbox extends NoticeOutbox {
  /** Send this RESPONSE to the client. At most one a datagram. */
  answer(response: Uint8Array, client: Endpoint): void;
  /** Send this QUERY, new or with a hop less, to each of these neighbours but one: to at least one. */
  forward(query: Uint8Array, neighbours: readonly Endpoint[], except: Endpoint | undefined): void;
  /** The datagram being received had no effect. At most one drop a datagram, and no other effect with it. */
  drop(reason: DropReason): void;
}

/** What hears datagrams as a servent does: its core, or whoever stands before the core or in its place. */
export interface Receiver {
  receive(datagram: Uint8Array, from: Endpoint, nowMs: number, out: Outbox): void;
}
