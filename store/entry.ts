/**
 * One line of the replicated log (store specification, section 5): JSON that people can read, chained by sums, byte for byte the
 * same on every replica. Made once, by the leader; everybody else keeps and sends on the very line.
 */

import { createHash } from 'node:crypto';

/** Anything that JSON holds. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/**
 * What an entry does, its name first: `["insert", "users", {"_id": "...", ...}]`. The core and the log do not look inside; a
 * client's request identity stands in `request`, beside it.
 */
export type Operation = readonly [name: string, ...rest: Json[]];

export interface Entry {
  /** 1 is the first of the log. */
  readonly index: number;
  /** In which it was made, for ever: a later leader sends it on unchanged. */
  readonly epoch: number;
  /** The leader's clock, always later than the entry's before: microseconds since 1970, a safe integer. */
  readonly timeUs: number;
  readonly op: Operation;
  /** Identity of the client's request, a UUID; undefined where it has none. */
  readonly request: string | undefined;
  /** SHA-256 (hex) of the previous line's sum and this line without its `sum`. */
  readonly sum: string;
  /** The line as it stands in the log, without its newline. */
  readonly line: string;
}

/** What the first line's sum starts from. */
export const FIRST_SUM = '0'.repeat(64);
