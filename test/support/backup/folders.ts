/** Temporary folders of tests, removed when the test's group ends. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Gives a function that makes empty folders; all of them go after the group it is called in. */
export function temporaryFolders(): () => string {
  const made: string[] = [];
  const remove = (): void => {
    for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
  };
  after(remove);
  // A test that ran out of time may go on behind its group's end.
  process.once('exit', remove);
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'backup-test-'));
    made.push(folder);
    return folder;
  };
}
