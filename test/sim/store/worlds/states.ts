/** The interesting states: what a large run must have met at least once, or it proved less than it seems to. */

export const ALL_STATES = [
  'a store was founded',
  'a follower took over',
  'a takeover failed',
  'a leader that was started again led again',
  'a follower was taken out',
  'a follower was added while writes went on',
  'a follower caught up by entries',
  'a follower caught up from the journal',
  'a follower was built from a snapshot',
  'entries that were never committed were cut off',
  'an old leader heard that it leads no longer',
  'the outcome of a change was not heard',
  'a change was made whose outcome was not heard',
  'a session ended while its holder lived',
  'a coordination service was away',
  'a coordination service was started again',
  'a replica died with writes that were not flushed',
  'the last write was torn',
  'a disk failed',
  'a damaged log was set aside',
  'a replica was paused for longer than its session',
  'a way was cut in one direction',
  'the cluster was parted',
  'a hostile peer was hung up on',
  'a request was done once though it was asked twice',
  'a write waited for its first request to be done',
  'a write was answered when its leader no longer led',
  'a read waited for a round',
  'a follower waited for a position',
  'a follower answered an old state',
  'a write was refused for want of replicas in sync',
  'an outcome was not known to a client',
  'states were compared',
  'what was committed waited for the state to have room',
  'the log was trimmed',
  'a state that differed was noticed',
  'one that alone was in sync was damaged, and ended',
  'replicas waited for those in sync, all gone',
  'a takeover was forced',
  'a forced takeover lost what was confirmed',
  'a leader that was forced out went on confirming',
  'a server was behind its client',
  'several forms had one id',
] as const;

export type State = (typeof ALL_STATES)[number];

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

export function demand(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new Violation(rule);
}
