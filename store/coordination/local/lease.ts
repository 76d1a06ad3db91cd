/**
 * A session on one machine: a lease that its holder writes anew before it lapses, on the machine's monotonic clock. It only says
 * when to try something.
 */

import { type Configuration, type Member, roleOf } from '../coordination';
import { isMember } from '../record-text';

export interface Lease extends Member {
  /** Of the boot whose clock `atMs` is read from. */
  boot: string;
  /** When it was written. */
  atMs: number;
  /** From then on. */
  sessionMs: number;
}

/** A day: no setting allows a longer session, so what says so is damaged. */
const SESSION_MAX_MS = 86_400_000;

/** A line of JSON; the role is for people. */
export function formatLease(lease: Lease, configuration: Configuration | undefined): string {
  const { id, address, boot, atMs, sessionMs } = lease;
  return `${JSON.stringify({ id, address, role: roleOf(id, configuration), boot, atMs, sessionMs })}\n`;
}

/** The lease that the text holds; undefined: it is damaged. */
export function parseLease(text: string): Lease | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isLease(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * How long it still holds, in ms; 0: it has lapsed. One from another boot never holds. Where the system tells no boot's identity,
 * one from before a restart seems to come from the future, since the clock began anew: it does not hold either.
 */
export function holdsMs({ boot, atMs, sessionMs }: Lease, bootNow: string, nowMs: number): number {
  return boot === bootNow && atMs <= nowMs ? Math.max(0, atMs + sessionMs - nowMs) : 0;
}

function isLease(value: unknown): value is Lease {
  const { boot, atMs, sessionMs } = (value ?? {}) as Partial<Lease>;
  return (
    isMember(value) &&
    typeof boot === 'string' &&
    typeof atMs === 'number' &&
    typeof sessionMs === 'number' &&
    sessionMs > 0 &&
    sessionMs <= SESSION_MAX_MS
  );
}
