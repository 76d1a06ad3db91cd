/** A limit on what all runs together take from the network. */

import { setTimeout as sleep } from 'node:timers/promises';

/** Lets bytes pass no faster than a limit. */
export type Throttle = (bytes: number) => Promise<void>;

/** May pass at once, as a part of a second: less would stop at every piece. */
const BURST_S = 0.1;

/**
 * A throttle for any number of streams, which wait in the order in which they come.
 * @param bytesPerSecond Infinity for no limit
 */
export function throttleOf(
  bytesPerSecond: number,
  nowMs: () => number = () => performance.now(),
  wait: (ms: number) => Promise<unknown> = sleep,
): Throttle {
  /** When all that passed so far would have passed at the limit. */
  let freeMs = Number.NEGATIVE_INFINITY;
  return async (bytes) => {
    if (bytesPerSecond === Number.POSITIVE_INFINITY) return;
    const now = nowMs();
    freeMs = Math.max(freeMs, now - BURST_S * 1000) + (bytes / bytesPerSecond) * 1000;
    if (freeMs > now) await wait(freeMs - now);
  };
}
