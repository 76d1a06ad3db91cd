/**
 * Where the configuration lies, outside the replicas, and who is alive (store specification, section 6): one contract, several
 * services behind it. It only says when to try something; what is safe rests on compare-and-set and on epochs.
 */

/** Who takes part, by the random identity kept in its folder. */
export interface Member {
  id: string;
  /** `host:port`, where it serves. */
  address: string;
}

/** The one record (section 4, rule 1). */
export interface Configuration {
  /** Grows by one with every change. */
  version: number;
  epoch: number;
  /** Identity of the leader of this epoch. */
  leader: string;
  /** Who must have a write on disk before it is committed, the leader among them. */
  inSync: readonly Member[];
  /** The epoch was forced by an operator: committed writes may have been lost when it began. */
  forced?: true;
}

/** What a service tells. All calls come from the event loop, never from within a call of the contract. */
export interface CoordinationEvents {
  /** A later record was seen than any before; undefined: there is none yet. */
  record(configuration: Configuration | undefined): void;
  /** Who has a session now. The one that asks is among them while its own is held. */
  alive(members: readonly Member[]): void;
  /** Our own session was gained or lost. While lost, nobody else sees us alive, and `change` is refused. */
  session(held: boolean): void;
}

/** `done`: the record is what was asked for. `refused`: it is not, and will not become it. `unknown`: ask with `read`. */
export type ChangeOutcome = 'done' | 'refused' | 'unknown';

export interface Coordination {
  /** The record as it is now, later than everything that was answered before. Rejects when the service cannot tell. */
  read(): Promise<Configuration | undefined>;
  /** Compare-and-set: takes the place of the record with version `next.version - 1`, or of none when that is 0. */
  change(next: Configuration): Promise<ChangeOutcome>;
  /** Ends the session, so that others need not wait for it to lapse. */
  close(): Promise<void>;
}
