/** Runs the tests of the mininet scripts, which are Python's own, where there is a Python to run them. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { assert } from 'chai';

describe('topologies/emulation (Python)', () => {
  it('reads overlays, foretells who answers, and tells every difference', function () {
    const { status, stderr, error } = spawnSync('python3', ['-B', join(__dirname, 'emulation_test.py')], {
      encoding: 'utf8',
    });
    // The scripts are for mininet, so for Linux: elsewhere a Python may be missing or lack what they import.
    if (process.platform !== 'linux' || (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') this.skip();
    assert.strictEqual(status, 0, stderr);
  });

  it('says what is wrong with its words in one line, with status 2', function () {
    const script = join(__dirname, '../../../topologies/line.py');
    const { status, stderr, error } = spawnSync('python3', ['-B', script, '--port', '99999'], { encoding: 'utf8' });
    if (process.platform !== 'linux' || (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') this.skip();
    assert.match(stderr, /^line\.py: [^\n]*--port[^\n]*"99999"[^\n]*\n$/);
    assert.strictEqual(status, 2);
  });
});
