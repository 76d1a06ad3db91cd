/** A sample of the crash cycles that `npm run crash:store` does by the thousand. */

import { CrashingStore, type Fault } from '../crash/store/cycles';
import { endAllCommands } from '../support/commands';
import { drawsOf } from '../support/seeded';

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 0x7fff_ffff));
const FAULTS: readonly Fault[] = ['kill the leader', 'kill one', 'kill all', 'stop the leader', 'kill the leader'];

describe('a store whose replicas are killed and stopped while eight writers write', function () {
  this.timeout(240_000);
  afterEach(endAllCommands);

  it(`loses nothing that was confirmed, does nothing twice, and keeps one log (SEED=${SEED})`, async () => {
    const store = new CrashingStore(drawsOf(SEED));
    try {
      await store.start();
      for (const fault of [...FAULTS, ...FAULTS]) await store.cycle(fault);
      await store.compareLogs();
    } catch (error) {
      console.error(store.notes());
      throw error;
    } finally {
      await store.end();
    }
  });
});
