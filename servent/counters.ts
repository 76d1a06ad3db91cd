/** What a servent counts: every datagram received ends in exactly one of answered, forwarded, both, or a drop. */

import { CLIREQ } from '../shared/wire/overlay/clireq';
import { QUERY } from '../shared/wire/overlay/query';
import { RESPONSE } from '../shared/wire/overlay/response';
import { DROP_REASONS, type DropReason } from './core';

export interface Counters {
  /** Datagrams received, by type; `other` are those of no known type. */
  received: { CLIREQ: number; QUERY: number; RESPONSE: number; other: number };
  /** Datagrams that had an effect, by which. */
  handled: { answered: number; forwarded: number; both: number };
  /** Datagrams that had none, by reason. */
  dropped: Record<DropReason, number>;
  /** RESPONSEs sent. */
  answers: number;
  /** QUERYs sent, one a neighbour. */
  queries: number;
  /** Datagrams the system refused to send, by its name for why; bounded by the system's error names. */
  sendErrors: Record<string, number>;
}

export function newCounters(): Counters {
  return {
    received: { CLIREQ: 0, QUERY: 0, RESPONSE: 0, other: 0 },
    handled: { answered: 0, forwarded: 0, both: 0 },
    dropped: Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<DropReason, number>,
    answers: 0,
    queries: 0,
    sendErrors: {},
  };
}

/** Counts one datagram as received. */
export function countReceived({ received }: Counters, datagram: Uint8Array): void {
  const type = datagram.length < 2 ? 0 : datagram[0]! * 256 + datagram[1]!;
  if (type === QUERY) received.QUERY++;
  else if (type === CLIREQ) received.CLIREQ++;
  else if (type === RESPONSE) received.RESPONSE++;
  else received.other++;
}

/** The sum of a group of counters. */
export function total(group: Readonly<Record<string, number>>): number {
  return Object.values(group).reduce((sum, count) => sum + count, 0);
}
