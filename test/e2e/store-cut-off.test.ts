/**
 * A leader in a network of its own whose cable is cut, while ZooKeeper and its followers are on the other side: they go on, it
 * confirms nothing, and it follows once the cable is mended. Skipped where namespaces or ZooKeeper are not to be had.
 */

import { join } from 'node:path';
import { expect } from 'chai';
import { type Program, startProgram } from '../../shared/program/start-program';
import { connectClient, type StoreClient } from '../../store-client/client';
import { endAllCommands, ROOT, scriptOf } from '../support/commands';
import { canMakeNamespaces, NetworkNamespace } from '../support/store/network-namespace';
import { Replicas } from '../support/store/replicas';
import { isZookeeperInstalled, Zookeeper } from '../support/store/zookeeper';

describe('a store whose leader is cut off from ZooKeeper and its followers', function () {
  this.timeout(120_000);
  const ending: (() => unknown)[] = [];
  before(function () {
    if (!isZookeeperInstalled() || !canMakeNamespaces()) this.skip();
  });
  afterEach(async () => {
    await endAllCommands();
    for (const end of ending.splice(0).reverse()) await end();
  });

  it('goes on without it, and keeps what either side has confirmed', async () => {
    const replicas = new Replicas();
    ending.push(() => replicas.remove());
    const namespace = new NetworkNamespace();
    ending.push(() => namespace.close());
    const zookeeper = await Zookeeper.start({ address: namespace.hostAddress });
    ending.push(() => zookeeper.close());
    const settings = ['--session', '1', '--ack', '0.5', '--zookeeper', `${zookeeper.servers}/store`];
    const inNamespace = (program: string, ...words: string[]): Program => {
      const [file, ...before] = namespace.before as [string, ...string[]];
      const command = [...before, process.execPath, scriptOf(program), ...words];
      return startProgram(file, command, { cwd: ROOT, tied: true });
    };
    const far = inNamespace('store', join(replicas.path, 'far'), `${namespace.address}:0`, ...settings);
    const [, farAddress] = await far.until(/serving at (\S+),/);
    await far.until(/leads epoch/);
    const near = [];
    for (let n = 0; n < 2; n++)
      near.push(await replicas.start(`${namespace.hostAddress}:0`, [farAddress!, ...settings]));
    const client = await connectClient(near.map(({ address }) => address));
    ending.push(() => client.close());
    await inSync(client, 3);
    await client.create('kept', { side: 'str' });
    const confirmed = [await client.insert('kept', { side: 'both' })];

    namespace.cut();
    const cutOff = inNamespace('store-client', farAddress!, 'add', 'kept', 'side=far');
    confirmed.push(await client.insert('kept', { side: 'near' }));
    expect(cutOff.out()).to.equal('');
    namespace.mend();

    await far.until(/store follows \S+ in epoch [2-9]/);
    await inSync(client, 3);
    const { out } = await cutOff.ended();
    const [, added] = /^Doc added with _id (\S+)\.$/m.exec(out) ?? [];
    if (added !== undefined) confirmed.push(added);
    const there = (await client.search('kept', {})).map(({ _id }) => _id);
    // Whoever was not told may have been heard all the same.
    expect(there).to.include.members(confirmed);
    await using returned = await connectClient(farAddress!);
    while ((await returned.search('kept', {})).length < there.length);
  });
});

/** Asks until so many are. */
async function inSync(client: StoreClient, count: number): Promise<void> {
  while ((await client.status()).inSync.length < count) await new Promise((resolve) => setTimeout(resolve, 50));
}
