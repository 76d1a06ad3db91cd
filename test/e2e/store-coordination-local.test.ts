/** Coordination through a folder that processes of one machine share. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testCoordination } from '../support/store/coordination-suite';

describe('the local coordination of real processes', function () {
  this.timeout(60_000);
  const folders: string[] = [];

  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  testCoordination('local', () => {
    const folder = mkdtempSync(join(tmpdir(), 'store-coordination-'));
    folders.push(folder);
    return folder;
  });
});
