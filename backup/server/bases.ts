/** What a changed file had where a new chunk stands now: the chunks of before that are gone, found by their places in the file. */

import type { FileRecord } from '../record';

type Chunks = NonNullable<FileRecord['chunks']>;

interface Gone {
  at: number;
  end: number;
  chunk: Chunks[number];
}

/**
 * For chunks that a file did not have before: the chunks of before in whose place they stand, in order. What was put in or taken out
 * moves all behind it, up to the next chunk that both have: from there on places are counted from that.
 */
export function basesOf(was: Chunks, now: Chunks): Map<string, Chunks> {
  const isThere = new Set(now.map(([sum]) => sum));
  const places = new Map<string, number>();
  const gone: Gone[] = [];
  let at = 0;
  for (const chunk of was) {
    const [sum, length] = chunk;
    if (isThere.has(sum)) places.set(sum, at);
    else gone.push({ at, end: at + length, chunk });
    at += length;
  }
  const bases = new Map<string, Chunks>();
  let moved = 0;
  let first = 0;
  at = 0;
  for (const [sum, length] of now) {
    const place = places.get(sum);
    if (place !== undefined) moved = at - place;
    else {
      const from = at - moved;
      // Usually the next: what has moved to and fro is looked for in both directions.
      while (first > 0 && gone[first - 1]!.end > from) first--;
      while (first < gone.length && gone[first]!.end <= from) first++;
      const base: Chunks = [];
      for (let i = first; i < gone.length && gone[i]!.at < from + length; i++) base.push(gone[i]!.chunk);
      if (base.length > 0) bases.set(sum, base);
    }
    at += length;
  }
  return bases;
}
