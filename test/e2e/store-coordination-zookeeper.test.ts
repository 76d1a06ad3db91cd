/** Coordination through real ZooKeeper servers. Skipped where they are not installed. */

import { testCoordination } from '../support/store/coordination-suite';
import { isZookeeperInstalled, Zookeeper } from '../support/store/zookeeper';

describe('the coordination by ZooKeeper', function () {
  this.timeout(60_000);
  let zookeeper: Zookeeper | undefined;
  let places = 0;

  before(async function () {
    if (!isZookeeperInstalled()) this.skip();
    zookeeper = await Zookeeper.start();
  });
  after(() => zookeeper?.close());

  testCoordination('zookeeper', () => `${zookeeper!.servers}/test/${places++}`);
});
