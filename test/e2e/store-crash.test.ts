/** A sample of the crash cycles that `npm run crash:store` does by the thousand. */

import { expect } from 'chai';
import { CrashingStore, type Fault, type Tally } from '../crash/store/cycles';
import { endAllCommands } from '../support/commands';
import { drawsOf } from '../support/seeded';
import { isZookeeperInstalled, Zookeeper } from '../support/store/zookeeper';

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 0x7fff_ffff));
const FAULTS: readonly Fault[] = ['kill the leader', 'kill one', 'kill all', 'stop the leader', 'replace the leader'];

describe('a store whose replicas are killed and stopped while writers write in all dialects', function () {
  this.timeout(240_000);
  afterEach(endAllCommands);

  it(`loses nothing that was confirmed, does nothing twice, and keeps one log (SEED=${SEED})`, async () => {
    await survives(FAULTS);
  });

  it(`nor when ZooKeeper says who leads (SEED=${SEED})`, async function () {
    if (!isZookeeperInstalled()) this.skip();
    const zookeeper = await Zookeeper.start();
    try {
      const { takeovers } = await survives(['replace the leader', 'stop the leader'], zookeeper.servers);
      expect(takeovers).to.be.at.least(1);
    } finally {
      await zookeeper.close();
    }
  });
});

async function survives(faults: readonly Fault[], zookeeper?: string): Promise<Tally> {
  const store = new CrashingStore(drawsOf(SEED), zookeeper);
  try {
    await store.start();
    for (const fault of faults) await store.cycle(fault);
    await store.compareLogs();
    return store.tally;
  } catch (error) {
    console.error(store.notes());
    throw error;
  } finally {
    await store.end();
    store.remove();
  }
}
