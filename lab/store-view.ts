/** What the page of a store is told: types alone, of the server and the page alike. All text is safe to show as it is. */

/** What became of a replica's process. */
export type ProcessState = 'starting' | 'running' | 'paused' | 'ended';

export interface ReplicaView {
  /** `r1`, `r2`, ... */
  name: string;
  /** `host:port` that others know it by. */
  address: string;
  pid: number;
  process: ProcessState;
  /** What it said last; null while it says nothing. */
  status: { role: 'leader' | 'follower' | 'joining'; epoch: number; position: number; lag: number } | null;
  /** Nothing is committed without it, as the leader says. */
  inSync: boolean;
  /** The last lines of its log file, as they stand there. */
  log: readonly string[];
}

/** Is all there that was acknowledged? */
export interface CheckView {
  /** Documents whose insertion was acknowledged. */
  acknowledged: number;
  /** Identities of those that were not found when it was looked last. */
  missing: readonly string[];
  /** How often it was looked. */
  looked: number;
}

export interface StoreView {
  replicas: readonly ReplicaView[];
  /** Pairs of replicas between which nothing comes through. */
  cuts: readonly (readonly [one: string, other: string])[];
  check: CheckView;
}

/** What one replica tells another, as far as it says something new. */
export interface MessageView {
  /** From 1. */
  id: number;
  from: string;
  to: string;
  what: /** Entries, for its disk. */
    | 'append'
    /** All up to this index is on disk here. */
    | 'ack'
    /** All up to this index is committed. */
    | 'commit'
    /** I lead; who follows, and from where on. */
    | 'lead'
    /** The configuration has changed. */
    | 'changed'
    /** I would follow. */
    | 'join'
    /** A state in the place of a log. */
    | 'snapshot';
  /** Of the last entry it is about; 0 where it is about none. */
  index: number;
  /** Of the first. */
  first: number;
  /** Milliseconds since the lab began. */
  atMs: number;
}

export type StoreEvent =
  | { kind: 'store'; store: StoreView }
  | { kind: 'message'; message: MessageView }
  | { kind: 'note'; text: string };

/** What an insertion or a search gives. */
export type DoneView = { inserted: string } | { found: readonly string[] };
