/** Makes a folder and those above it, or says why not. */

import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isSystemError } from './errors';

/**
 * Makes a folder, and those above it, where there are none. Node's own `recursive` never comes back where nothing can be made in a
 * folder that is there: below /proc, or in one that was removed.
 * @param mode of those that are made
 * @throws the system's error
 */
export function makeFolder(path: string, mode = 0o777): void {
  if (isMade(path, mode)) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above, mode);
  // The second time there is something above: what fails now is told.
  if (!isMade(path, mode)) mkdirSync(path, { mode });
}

/** Is it there now? False where what it would be in is not. */
function isMade(path: string, mode: number): boolean {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return false;
    if (!isSystemError(error) || error.code !== 'EEXIST' || !statSync(path).isDirectory()) throw error;
  }
  return true;
}
