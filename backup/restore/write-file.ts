/** Writes a file's contents, holes as holes. */

import { constants, ftruncateSync, openSync, writeSync } from 'node:fs';
import type { FileRecord } from '../record';
import { DamageError } from '../repository/damage-error';

/** Gives a chunk's contents, checked against its sum; lent until the next one is asked for. @throws DamageError */
export type ReadChunk = (sum: string) => Promise<Buffer>;

const CREATE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
/** File systems keep holes of no less, bytes. */
const PAGE = 4096;
const ZEROS = Buffer.alloc(PAGE);

/** Makes an empty file where nothing is, for its owner alone yet; gives its descriptor. @throws the system's error */
export function createFile(path: Buffer): number {
  return openSync(path, CREATE, 0o600);
}

/** Writes the contents of a new file. @throws DamageError, or the system's error */
export async function writeContents(
  descriptor: number,
  { size, sparse, chunks }: FileRecord,
  readChunk: ReadChunk,
  onProgress: (bytes: number) => void,
): Promise<void> {
  let at = 0;
  for (const [sum, length] of chunks!) {
    const bytes = await readChunk(sum);
    if (bytes.length !== length) throw new DamageError('the copy', `chunk ${sum} has ${bytes.length} bytes`);
    if (sparse) writeAroundHoles(descriptor, bytes, at);
    else writeAll(descriptor, bytes, at);
    at += length;
    onProgress(length);
  }
  if (sparse) ftruncateSync(descriptor, size);
}

function writeAll(descriptor: number, bytes: Buffer, at: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(descriptor, bytes, done, bytes.length - done, at + done);
  }
}

function writeAroundHoles(descriptor: number, bytes: Buffer, at: number): void {
  let from = 0;
  for (let page = 0; page < bytes.length; page += PAGE) {
    const end = Math.min(page + PAGE, bytes.length);
    if (ZEROS.compare(bytes, page, end, 0, end - page) !== 0) continue;
    writeAll(descriptor, bytes.subarray(from, page), at + from);
    from = end;
  }
  writeAll(descriptor, bytes.subarray(from), at + from);
}
