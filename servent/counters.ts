/** What a servent counts: every datagram received ends in exactly one of answered, forwarded, both, or a drop. */

import { CLIREQ } from '../shared/wire/overlay/clireq';
import { typeOf } from '../shared/wire/overlay/header';
import { QUERY } from '../shared/wire/overlay/query';
import { RESPONSE } from '../shared/wire/overlay/response';
import type { DefenceReason } from './defences';
import type { ServentObserver } from './observed-servent';
import { DROP_REASONS, type DropReason } from './outbox';

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

/** The counters, and what a servent knows beside them at that moment. */
export interface Counted extends Counters {
  /** Queries remembered as seen. */
  seen: number;
  /** With a dry run of the limits: what they would have dropped, by reason. */
  wouldDrop: Readonly<Partial<Record<DefenceReason, number>>>;
}

/** Counters of a servent that has heard nothing. */
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

/** An observer that counts what it sees. */
export function countingIn(counters: Counters): ServentObserver {
  const { received, handled, dropped, sendErrors } = counters;
  return {
    received: (datagram) => void received[nameOfType(datagram)]++,
    answered: () => void counters.answers++,
    forwarded: () => void counters.queries++,
    dropped: (reason) => void dropped[reason]++,
    handled: (how) => void handled[how]++,
    sendFailed: (code) => void (sendErrors[code] = (sendErrors[code] ?? 0) + 1),
  };
}

/** The sum of a group of counters. */
export function total(group: Readonly<Record<string, number>>): number {
  return Object.values(group).reduce((sum, count) => sum + count, 0);
}

function nameOfType(datagram: Uint8Array): keyof Counters['received'] {
  const type = typeOf(datagram);
  if (type === QUERY) return 'QUERY';
  if (type === CLIREQ) return 'CLIREQ';
  return type === RESPONSE ? 'RESPONSE' : 'other';
}
