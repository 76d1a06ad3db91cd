/** Names given and taken in a folder, made to survive a power cut. */

import { open } from 'node:fs/promises';

/** Resolves once the names in the folder are on disk. Rejects with the system's error. */
export async function flushFolder(folder: string): Promise<void> {
  // Windows opens no folder, and keeps names by itself.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
