/** A dialect that is spoken on a port of its own, beside the port of the document protocol. */

import type { Comparison } from '../replication/outbox';
import type { Replica } from './replica';

/** What a dialect speaks about while it serves. */
export interface Served {
  readonly replica: Replica;
  /** The folder with the replica's files. */
  readonly folder: string;
}

export interface Dialect {
  /** As it stands in the ready line. */
  readonly name: string;
  /** `host:port` bound to. */
  readonly address: string;
  /** Serves from this replica on; undefined: there is none for a while. */
  serve(served: Served | undefined): void;
  /** A leader has compared a follower's copy of its log with its own; `segments` are the log's files it is about. */
  compared?(comparison: Comparison, segments: readonly string[]): void;
  /** Ends what it serves, and frees the port. */
  close(): Promise<void>;
}
