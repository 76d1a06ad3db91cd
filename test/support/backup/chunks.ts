/** What contents are cut into, by the chunker alone. */

import { type ChunkLengths, firstCut } from '../../../backup/repository/chunker';
import { sumOf } from '../../../backup/sum';

/** The names of the chunks, as records and copies have them. */
export function chunksOf(contents: Buffer, lengths: ChunkLengths): [sum: string, length: number][] {
  const chunks: [string, number][] = [];
  for (let at = 0; at < contents.length; ) {
    const length = firstCut(contents, at, contents.length, lengths);
    chunks.push([sumOf(contents.subarray(at, at + length)), length]);
    at += length;
  }
  return chunks;
}
