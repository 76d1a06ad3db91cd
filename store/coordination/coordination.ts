/**
 * Where the configuration lies, outside the replicas, and who is alive (store specification, section 6): one contract, several
 * services behind it. It only says when to try something; what is safe rests on compare-and-set and on epochs.
 */

import type { Clock } from './clock';

/** Who takes part, by the random identity kept in its folder. */
export interface Member {
  id: string;
  /** `host:port`, where it serves. */
  address: string;
}

/** The one record (section 4, rule 1). */
export interface Configuration {
  /** 1 is the first; grows by one with every change. */
  version: number;
  epoch: number;
  /** Identity of the leader of this epoch. */
  leader: string;
  /** Who must have a write on disk before it is committed, the leader among them. */
  inSync: readonly Member[];
  /** The epoch was forced by an operator: committed writes may have been lost when it began. */
  forced?: true;
}

/** What a service tells. All calls come from the event loop, never from within a call of the contract, and none after `close`. */
export interface CoordinationEvents {
  /** A later record was seen than any before; undefined: there is none yet. */
  record(configuration: Configuration | undefined): void;
  /** Who has a session now. The one that asks is among them while its own is held. */
  alive(members: readonly Member[]): void;
  /**
   * Our own session was gained or lost; it is not held before the first such call. While lost, nobody else need see us alive, and
   * `change` is refused.
   */
  session(held: boolean): void;
  /** One sentence for the person who runs this: the service cannot be reached, a file is damaged. Said once, or once a while. */
  notice(sentence: string): void;
}

/** `done`: the record is what was asked for. `refused`: it is not, and will not become it. `unknown`: ask with `read`. */
export type ChangeOutcome = 'done' | 'refused' | 'unknown';

/** What every service is opened with. */
export interface CoordinationOptions {
  /** Who we are. Shown to people with our role, which follows from the record. */
  member: Member;
  /** Where it speaks other dialects, each by its name, `host:port`. Shown to people. */
  doors?: Readonly<Record<string, string>>;
  /** How long others wait for a holder that is silent, killed or paused, in ms. */
  sessionMs: number;
  events: CoordinationEvents;
  clock?: Clock;
}

export interface Coordination {
  /**
   * The record as it is now, later than everything that was answered before. After it, an earlier `change` whose outcome was
   * unknown has either been done or will never be. Rejects when the service cannot tell.
   */
  read(): Promise<Configuration | undefined>;
  /** Compare-and-set: takes the place of the record with version `next.version - 1`, or of none when that is 0. Never rejects. */
  change(next: Configuration): Promise<ChangeOutcome>;
  /** Ends the session, so that others need not wait for it to lapse. The record stays. */
  close(): Promise<void>;
}

/** What the record makes of a member, for people to see. */
export function roleOf(id: string, configuration: Configuration | undefined): 'leader' | 'follower' | 'joining' {
  if (configuration?.leader === id) return 'leader';
  return configuration?.inSync.some((member) => member.id === id) ? 'follower' : 'joining';
}
