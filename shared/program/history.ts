/** A prompt's history, kept in the user's state folder from one session to the next. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import { dirname, join } from 'node:path';

/** Lines remembered. */
export const HISTORY_MAX = 1000;

/**
 * Where a prompt's history stands: the state folder of the XDG base directory specification, or what the system has instead.
 * @param name of the file; `history` is the client's
 */
export function historyFile(environment: NodeJS.ProcessEnv, name: string): string {
  if (environment['XDG_STATE_HOME']) return join(environment['XDG_STATE_HOME'], 'servent', name);
  if (platform() === 'win32') {
    return join(environment['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'servent', name);
  }
  if (platform() === 'darwin') return join(homedir(), 'Library', 'Application Support', 'servent', name);
  return join(homedir(), '.local', 'state', 'servent', name);
}

/** The lines of earlier sessions, newest first, as readline wants them; none when there is no file that can be read. */
export function loadHistory(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean).reverse().slice(0, HISTORY_MAX);
  } catch {
    return [];
  }
}

/** Writes the lines, newest first, for the user alone to read. A history that cannot be kept is no reason to trouble anybody. */
export function saveHistory(path: string, lines: readonly string[]): void {
  try {
    makeFolder(dirname(path));
    writeFileSync(path, `${[...lines].reverse().join('\n')}\n`, { mode: 0o600 });
  } catch {
    // A read-only home folder, for one.
  }
}

/** Node's own way to make the folders above, `recursive`, never ends where the system refuses with ENOENT, as /proc does. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}
