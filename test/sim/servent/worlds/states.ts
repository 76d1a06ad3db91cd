/** The interesting states: what a large run must have met at least once, or it proved less than it seems to. */

import { DROP_REASONS, type DropReason } from '../../../../servent/outbox';

export const STATES = [
  'a higher-ttl copy came late',
  'a copy that came a way around was dropped as seen',
  'an own query came back',
  'a copy came to the worker that knew it, of several',
  'a limit bit that another worker had used up',
  'the seen memory turned over',
  'a query came again when it was too old to be remembered',
  'a sequence went from 2^32 - 1 on to 0',
  'a buffer overflowed',
  'a paused servent resumed to a backlog',
  'a servent died with datagrams in its buffer',
  'a revived servent heard a query again that it had heard before its death',
  'a partition healed mid-flood',
  'pairs were reloaded while a question was open',
  'a datagram was lost on its way',
  'a retransmission happened',
  'an answer came when its question had ended',
  'an answer was shown once though it came twice',
  'a client heard an answer to another key',
  'a client heard what is no RESPONSE',
  'a client heard what is no message',
  'a ttl above 3 was taken for 3',
  'a ttl of 0 was answered',
  'a question with a NUL was answered with one',
  'a stranger was served',
  'a dry run would have dropped',
  'a hostile peer passed a query on',
  'a replayed query was answered',
  'an answer was longer than 512 bytes',
  'an answer was of the longest datagram there is',
] as const;

export type State = (typeof STATES)[number] | `dropped: ${DropReason}`;

export const ALL_STATES: readonly State[] = [...STATES, ...DROP_REASONS.map((reason): State => `dropped: ${reason}`)];

/** How often each state was met. */
export class Tally {
  readonly counts = new Map<State, number>();

  met(state: State, times = 1): void {
    this.counts.set(state, (this.counts.get(state) ?? 0) + times);
  }

  add(other: Tally): void {
    for (const [state, times] of other.counts) this.met(state, times);
  }

  get unmet(): State[] {
    return ALL_STATES.filter((state) => !this.counts.has(state));
  }
}

/** Something happened that must never happen. */
export class Violation extends Error {
  override name = 'Violation';
}

export function demand(holds: boolean, rule: string): void {
  if (!holds) throw new Violation(rule);
}
