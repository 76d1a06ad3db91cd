/** The store's commands as processes: one sentence for what cannot be, and a look at replicas and their files. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { lockFolder } from '../../shared/folder-lock';
import { endAllCommands, runToEnd } from '../support/commands';
import { type ReplicaProcess, Replicas } from '../support/store/replicas';

describe("the store's commands", function () {
  this.timeout(60_000);
  let replicas: Replicas;
  beforeEach(() => {
    replicas = new Replicas();
  });
  afterEach(async () => {
    await endAllCommands();
    replicas.remove();
  });
  const folderOf = ({ address }: ReplicaProcess): string => join(replicas.path, address.replace(':', '-'));
  const alone = async (): Promise<ReplicaProcess> => {
    const replica = await replicas.start();
    await replica.until(/leads epoch/);
    return replica;
  };

  describe('say in one sentence', () => {
    it('which words are wrong, with status 2', async () => {
      const wrong: [words: string[], sentence: RegExp][] = [
        [[], /^store: expected store <path> <address> \[leader\], got nothing; store --help says more\n$/],
        [
          ['data', 'nowhere'],
          /^store: expected ip:port for the address to serve at, got "nowhere": there is no colon\n$/,
        ],
        [['data', '127.0.0.1:0', '127.0.0.1:0'], /^store: expected ip:port for the leader, got "127.0.0.1:0"/],
        [
          ['data', '127.0.0.1:0', '--session', '0'],
          /^store: expected a number of seconds from 0.1 to 86400 for --session/,
        ],
        [['data', '127.0.0.1:0', '--zookeeper', 'x'], /^store: expected ip:port for a ZooKeeper server, got "x"/],
      ];
      for (const [words, sentence] of wrong) {
        const { status, err } = await runToEnd('store', words);
        expect(err).to.match(sentence);
        expect(status).to.equal(2);
      }
    });

    it('that the port is in use, the folder is in use, another version wrote it, or it is no folder, with status 1', async () => {
      const first = await alone();
      const again = await runToEnd('store', [replicas.path, first.address]);
      expect(again.err).to.equal(
        `store: expected a TCP port that can be bound, got ${first.address}: the port is in use\n`,
      );
      expect(again.status).to.equal(1);

      const facts = join(folderOf(first), 'replica.json');
      await replicas.kill(first);
      writeFileSync(facts, readFileSync(facts, 'utf8').replace('"format": 1', '"format": 2'));
      const other = await runToEnd('store', [replicas.path, first.address]);
      expect(other.err).to.match(/^store: expected a replica's folder of format 1, got format 2 in "[^\n]*"\n$/);
      expect(other.status).to.equal(1);

      const unlock = lockFolder(folderOf(first));
      const held = await runToEnd('store', [replicas.path, first.address]);
      unlock();
      expect(held.err).to.match(
        /^store: expected a folder that nobody uses, got "[^\n]*": another process has it open\n$/,
      );
      expect(held.status).to.equal(1);

      const file = await runToEnd('store', [facts, '127.0.0.1:0']);
      expect(file.err).to.match(/^store: expected [^\n]*\n$/);
      expect(file.status).to.equal(1);
    });

    it('that nothing answers', async () => {
      const first = await alone();
      await replicas.kill(first);
      for (const command of ['status', 'takeover', 'import']) {
        const { status, err } = await runToEnd('store', [command, first.address]);
        expect(err).to.equal(`store: expected a replica of a store, got ${first.address}: nothing listens there\n`);
        expect(status).to.equal(1);
      }
    });
  });

  it('name damage, set it aside, and do not lead alone', async () => {
    const first = await alone();
    // What is confirmed is on disk.
    await runToEnd('store-client', [first.address, 'addcol', 'c', 'a=int']);
    await replicas.kill(first);
    const log = join(folderOf(first), 'log-1', '0000000000000001.jsonl');
    writeFileSync(log, readFileSync(log, 'utf8').replace('"epoch":1', '"epoch":7'));
    const verified = await runToEnd('store', ['verify', folderOf(first)]);
    expect(verified.err).to.match(/^store: the log is damaged in "[^"]*", line 1: [^\n]*\n$/);
    expect(verified.status).to.equal(1);
    const again = await runToEnd('store', [replicas.path, first.address]);
    expect(again.err).to.match(
      /line 1: .*set aside in .*damaged-1.*\n.*no other replica was in sync.*takeover --force/s,
    );
    expect(again.status).to.equal(1);
  });

  it('show, check, move and print what replicas hold', async () => {
    const [leader, follower] = await replicas.startAll(2);
    const client = (words: string[], input = ''): ReturnType<typeof runToEnd> =>
      runToEnd('store-client', [leader!.address, ...words], input);
    expect((await client([], 'addcol c *a=int\nadd c _id=x a=1\nadd c _id=y a=2\n')).out).to.equal(
      'Col added.\nDoc added with _id x.\nDoc added with _id y.\n',
    );
    const status = await runToEnd('store', ['status', follower!.address, '--json']);
    const said = status.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).status.role);
    expect(said).to.have.members(['leader', 'follower']);
    // In this order, so that nobody takes over.
    await follower!.stop();
    await leader!.stop();

    const logs = await Promise.all([leader, follower].map((one) => runToEnd('store', ['log', folderOf(one!)])));
    expect(logs[0]!.out).to.equal(logs[1]!.out);
    expect(logs[0]!.out.split('\n').map((line) => line && JSON.parse(line).op[0])).to.deep.equal([
      'lead',
      'create',
      'insert',
      'insert',
      '',
    ]);
    expect((await runToEnd('store', ['verify', folderOf(leader!)])).out).to.match(
      /entries 1 to 4 are one chain, 2 documents at entry 4/,
    );
    const exported = await runToEnd('store', ['export', folderOf(leader!)]);
    expect(exported.out).to.equal(
      '["collection","c",{"*a":"int"}]\n["document",{"_id":"x","a":1}]\n["document",{"_id":"y","a":2}]\n',
    );

    const other = new Replicas();
    try {
      const replica = await other.start();
      await replica.until(/leads epoch/);
      for (const made of [1, 0]) {
        const imported = await runToEnd('store', ['import', replica.address], exported.out);
        expect(imported.out).to.equal(`imported 2 documents, and made ${made} collections\n`);
      }
      const found = await runToEnd('store-client', [replica.address, 'search', 'c', 'a>1', '--json']);
      expect(found.out).to.equal('{"_id":"y","a":2}\n');
    } finally {
      await endAllCommands();
      other.remove();
    }
  });

  it('force a leader where those in sync are gone, told what that loses', async () => {
    const [leader, follower] = await replicas.startAll(2, ['--session', '0.5', '--ack', '0.4']);
    await replicas.kill(follower!);
    const { out } = await runToEnd('store-client', [leader!.address, 'addcol', 'lost', 'a=int']);
    expect(out).to.equal('Col added.\n');
    await replicas.kill(leader!);
    const back = await replicas.start(follower!.address, ['--session', '0.5']);
    await back.until(/waits for one of/);
    const asked = await runToEnd('store', ['takeover', back.address]);
    expect(asked.err).to.match(/^store: expected --force, got none: .* is lost for good\n$/);
    expect(asked.status).to.equal(1);
    const forced = await runToEnd('store', ['takeover', back.address, '--force']);
    expect(forced.out).to.match(/It leads now\n$/);
    await back.until(/leads epoch 2/);
    expect((await runToEnd('store-client', [back.address, 'desc'])).out).to.equal('');
  });
});
