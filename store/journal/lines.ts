/** The lines of a log file, read in pieces of bounded size. */

import { LINE_BYTES_MAX } from '../entry';
import type { ReadableFile } from './files';

/** For who reads all, and does nothing else. */
const PIECE_BYTES = 256 * 1024;
const NEWLINE = 10;

export interface Line {
  /** Without its newline. */
  content: Uint8Array;
  /** Where it begins. */
  at: number;
  /** In the file, with its newline. */
  bytes: number;
  /** Ends with a newline. Only a file's last line may not. */
  whole: boolean;
}

/**
 * The lines from byte `from` on. A line longer than a log may have is given cut, as not whole, and is the last.
 * @param pieceBytes read at once: nobody else has a turn before its lines are given
 */
export async function* linesOf(file: ReadableFile, from: number, pieceBytes = PIECE_BYTES): AsyncGenerator<Line> {
  let at = from;
  let rest: Uint8Array = new Uint8Array();
  for (;;) {
    const piece = await file.read(at + rest.length, pieceBytes);
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let begin = 0;
    // What was left over had no newline.
    for (let end = bytes.indexOf(NEWLINE, rest.length); end !== -1; end = bytes.indexOf(NEWLINE, begin)) {
      yield { content: bytes.subarray(begin, end), at: at + begin, bytes: end + 1 - begin, whole: true };
      begin = end + 1;
    }
    rest = bytes.subarray(begin);
    at += begin;
    if (piece.length < pieceBytes || rest.length > LINE_BYTES_MAX) break;
  }
  if (rest.length > 0) yield { content: rest, at, bytes: rest.length, whole: false };
}
