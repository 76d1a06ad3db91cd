/** Files that are there whole or not at all, also after a crash: written to a temporary name, flushed, renamed. */

import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { flushFolder } from '../../shared/flush-folder';

/** What a file is called until it is whole. A server that starts removes what still is. */
export const TEMPORARY = '.part';

/** Makes a file of these bytes, in the place of any that is there. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path + TEMPORARY, 'w');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } catch (error) {
    // What a full disk left of it takes room from others.
    await rm(path + TEMPORARY);
    throw error;
  } finally {
    await handle.close();
  }
  await putInPlace(path + TEMPORARY, path);
}

/** Gives a flushed file its name, and flushes that too. */
export async function putInPlace(from: string, to: string): Promise<void> {
  await rename(from, to);
  await flushFolder(dirname(to));
}

/** Names in a folder; none where there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Reads `length` bytes at a place; fewer only at the file's end. */
export async function readAt(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let got = 0;
  while (got < length) {
    const { bytesRead } = await handle.read(bytes, got, length - got, at + got);
    if (bytesRead === 0) break;
    got += bytesRead;
  }
  return bytes.subarray(0, got);
}

/** Removes what a crash left half written. */
export async function removeTemporary(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) if (name.endsWith(TEMPORARY)) await rm(`${folder}/${name}`);
}
