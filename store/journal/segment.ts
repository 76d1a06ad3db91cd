/** One file of the log, named by the index of its first entry, and where in it entries stand. */

import { basename } from 'node:path';
import type { Position } from '../entry';

/** A segment ends before an entry with an index of this and one more: so replicas have the same files, whenever they began. */
const ENTRIES_MAX = 8192;
/** And earlier when it has grown to this. */
const BYTES_MAX = 16 * 1024 * 1024;
/** Between two places that are remembered: what a reader may have to pass over. */
const PLACE_BYTES = 64 * 1024;

/** Where the entry behind a position begins. */
export interface Place {
  behind: Position;
  at: number;
}

export class Segment {
  readonly path: string;
  readonly base: Position;
  last: Position;
  bytes = 0;
  /** In order, the first at byte 0. Bounded by the segment's size. */
  readonly #places: Place[];

  constructor(path: string, base: Position) {
    this.path = path;
    this.base = positionOf(base);
    this.last = this.base;
    this.#places = [{ behind: this.base, at: 0 }];
  }

  /** Does the next entry belong into another segment? */
  get isFull(): boolean {
    return this.bytes >= BYTES_MAX || (this.last.index > this.base.index && this.last.index % ENTRIES_MAX === 0);
  }

  /** An entry stands behind all others, with its newline. */
  added(entry: Position, bytes: number): void {
    if (this.bytes - this.#places.at(-1)!.at >= PLACE_BYTES) this.#places.push({ behind: this.last, at: this.bytes });
    this.bytes += bytes;
    this.last = positionOf(entry);
  }

  /** The last remembered place at or before the entry `index`; the first where all are behind it. */
  placeBefore(index: number): Place {
    return this.#places.findLast(({ behind }) => behind.index < index) ?? this.#places[0]!;
  }

  /** Everything behind a place is gone. */
  cut({ behind, at }: Place): void {
    while (this.#places.at(-1)!.at > at) this.#places.pop();
    this.bytes = at;
    this.last = positionOf(behind);
  }
}

/** The name of the segment that begins with this entry: names sort as their entries do. */
export function segmentName(firstIndex: number): string {
  return `${String(firstIndex).padStart(16, '0')}.jsonl`;
}

/** Undefined: it is no segment's path. */
export function firstIndexOf(path: string): number | undefined {
  const digits = /^(\d{16})\.jsonl$/.exec(basename(path))?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Without the entry that a position may come with: positions are kept for long. */
function positionOf({ index, epoch, timeUs, sum }: Position): Position {
  return { index, epoch, timeUs, sum };
}
