/** The prompt's history, kept in the user's state folder from one session to the next. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import { dirname, join } from 'node:path';

/** Keys remembered. */
export const HISTORY_MAX = 1000;

/** Where the history stands: the state folder of the XDG base directory specification, or what the system has instead. */
export function historyFile(environment: NodeJS.ProcessEnv): string {
  if (environment['XDG_STATE_HOME']) return join(environment['XDG_STATE_HOME'], 'servent', 'history');
  if (platform() === 'win32') {
    return join(environment['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'servent', 'history');
  }
  if (platform() === 'darwin') return join(homedir(), 'Library', 'Application Support', 'servent', 'history');
  return join(homedir(), '.local', 'state', 'servent', 'history');
}

/** The keys of earlier sessions, newest first, as readline wants them; none when there is no file that can be read. */
export function loadHistory(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean).reverse().slice(0, HISTORY_MAX);
  } catch {
    return [];
  }
}

/** Writes the keys, newest first, for the user alone to read. A history that cannot be kept is no reason to trouble anybody. */
export function saveHistory(path: string, keys: readonly string[]): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, `${[...keys].reverse().join('\n')}\n`, { mode: 0o600 });
  } catch {
    // A read-only home folder, for one.
  }
}
