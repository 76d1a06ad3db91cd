/** A sample of the failing disks that `npm run disk:store` does for every call up to the 200th. Skipped where there is no strace. */

import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { FAULTS, type FaultName, failAt } from '../crash/store/failing-disk';
import { endAllCommands } from '../support/commands';

const SAMPLE: Record<FaultName, readonly number[]> = {
  write: [1, 2, 17],
  'write of the facts': [1],
  'flush of the facts': [2],
  rename: [1],
};

describe('a replica whose disk fails', function () {
  this.timeout(60_000);
  before(function () {
    const { status } = spawnSync('strace', ['-o', '/dev/null', '-e', 'inject=getpid:error=EPERM', 'true']);
    if (status !== 0) this.skip();
  });
  afterEach(endAllCommands);

  for (const name of Object.keys(FAULTS) as FaultName[]) {
    for (const n of SAMPLE[name]) {
      it(`ends with one sentence at ${name} ${n}, confirms nothing more, and has all that it confirmed`, async () => {
        expect((await failAt(name, n)).met).to.equal(true);
      });
    }
  }
});
