/** What a servent says of itself: its counters at one moment, and beside them who it is and whom it knows. Types alone. */

import type { Counted } from './counters';

/** The counters at one moment. */
export interface ServentStats extends Counted {
  /** Milliseconds since the start. */
  upMs: number;
  /** Keys held. */
  keys: number;
  /** Datagrams the kernel threw away because the receive buffer was full; null where the system does not show it. */
  kernelDrops: number | null;
}

/** What the latest successful load gave. */
export interface FileStatus {
  keys: number;
  /** Lines that are no pair, or one that nobody can ask for. */
  problems: number;
  /** When that was, milliseconds of Unix time. */
  loadedAtMs: number;
  /** A later reload failed: the pairs are those of before. */
  stale: boolean;
}

/** All of it. Addresses are `ip:port`. */
export interface ServentStatus extends ServentStats {
  /** Where it can be asked from its own machine. */
  address: string;
  /** Where it is bound; 0.0.0.0 stands for every interface. */
  bound: string;
  /** All under which others may name it: those on loopback last, which mean it on its own machine only. */
  addresses: readonly string[];
  /** The address that it was told to name in the place of a loopback client's; null: found out for each neighbour. */
  advertised: string | null;
  neighbours: readonly string[];
  io: 'dgram' | 'batch';
  /** Threads that serve. */
  workers: number;
  /** Does it leave out the rule of the higher ttl? */
  literal: boolean;
  file: FileStatus;
  /** Most queries remembered as seen. */
  seenMax: number;
}
