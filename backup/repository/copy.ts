/** What a copy is: its lines, and where it lies. */

import type { TreeRecord } from '../record';

/** What is fetched from where. */
export interface Source {
  /** `host:port` of the agent. */
  node: string;
  /** Below the agent's root. */
  path: string;
}

/** A copy that is kept. */
export interface Copy {
  /** Grows with each copy of a source; never used again. */
  number: number;
  /** From the repository's folder. */
  file: string;
}

/** What a copy's first line says. */
export interface CopyHead extends Source {
  type: 'copy';
  format: 1;
  number: number;
  /** When it was begun, milliseconds since 1970. */
  atMs: number;
}

/** What a copy's last line says. */
export interface CopyTail {
  type: 'end';
  /** Files, folders, links. */
  entries: number;
  /** Of all files, whether they were new or not. */
  bytes: number;
  /** Things that could not be read: their paths stand in the history. */
  problems: number;
  /** Sum of the agent's list that this was made from; '' where it is to be looked at again. */
  list: string;
  /** SHA-256 (hex) of all that makes a change: names, modes, owners, targets and contents, not times. */
  contents: string;
}

export type CopyLine = CopyHead | TreeRecord | CopyTail;
