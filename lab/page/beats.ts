/**
 * A flood by beats, so that an eye can follow: each datagram takes one from its sender to its receiver, or as many as it takes to
 * arrive behind those that came there before it. What was first in time stays first; how long it really took is another matter.
 */

import type { Copy } from '../view';

/** A datagram, with the beats at which it leaves and comes. */
export interface TimedCopy {
  copy: Copy;
  leaves: number;
  comes: number;
}

/** The beats of a question's datagrams, in the order in which they come. */
export function beatsOf(copies: readonly Copy[]): TimedCopy[] {
  const comesOf = new Map<number, number>();
  /** The last beat at which each receiver heard something. */
  const heardAt = new Map<string, number>();
  let last = 0;
  return [...copies].sort(byArrival).map((copy) => {
    const leaves = copy.cause === null ? last : (comesOf.get(copy.cause) ?? last);
    const before = copy.message === 'RESPONSE' || copy.fate === 'lost' ? 0 : (heardAt.get(copy.to) ?? 0);
    const comes = Math.max(leaves + 1, before);
    if (copy.message !== 'RESPONSE' && copy.fate !== 'lost') heardAt.set(copy.to, comes);
    comesOf.set(copy.id, comes);
    last = Math.max(last, comes);
    return { copy, leaves, comes };
  });
}

/** The beat at which all has come. */
export function lastBeat(timed: readonly TimedCopy[]): number {
  return timed.reduce((last, { comes }) => Math.max(last, comes), 0);
}

/** What was never seen to come is reckoned from when it left. A cause has a lower number than what it causes. */
function byArrival(a: Copy, b: Copy): number {
  return (a.arrivedMs ?? a.sentMs) - (b.arrivedMs ?? b.sentMs) || a.id - b.id;
}
