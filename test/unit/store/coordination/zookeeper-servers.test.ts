import { expect } from 'chai';
import { parseZookeeperPlace } from '../../../../store/coordination/zookeeper/servers';

describe('the place of ZooKeeper', () => {
  for (const [text, servers, chroot] of [
    ['127.0.0.1:2181', '127.0.0.1:2181', ''],
    ['127.0.0.1:2181/', '127.0.0.1:2181', ''],
    ['zk1:2181,zk2:2182,10.0.0.3:1/stores/one', 'zk1:2181,zk2:2182,10.0.0.3:1', '/stores/one'],
    ['zk:1/.../a.b', 'zk:1', '/.../a.b'],
  ] as const) {
    it(`is read from ${text}`, () => {
      expect(parseZookeeperPlace(text)).to.deep.equal({ servers, chroot });
    });
  }

  for (const text of [
    '',
    '/a',
    'zk',
    'zk:0',
    'zk:1,',
    'zk:1,zk:65536',
    'zk:1//a',
    'zk:1/a/../b',
    'zk:1/.',
    'zk:1/a b',
    'zk:1/a//',
  ]) {
    it(`is refused from "${text}", in one sentence`, () => {
      expect(() => parseZookeeperPlace(text))
        .to.throw(/^expected .*, got ".*": .*$/)
        .with.property('code', 'usage');
    });
  }
});
