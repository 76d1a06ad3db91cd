/** Coordination through real ZooKeeper servers. Skipped where they are not installed. */

import { expect } from 'chai';
import { monotonicClock } from '../../store/coordination/clock';
import { ZookeeperClient } from '../../store/coordination/zookeeper/client';
import { CoordinationMember, killAllMembers } from '../support/store/coordination-member';
import { changed, SESSION_MS, testCoordination } from '../support/store/coordination-suite';
import { configuration } from '../support/store/local-member';
import { canMakeNamespaces, NetworkNamespace } from '../support/store/network-namespace';
import { TcpProxy } from '../support/store/tcp-proxy';
import { isZookeeperInstalled, Zookeeper } from '../support/store/zookeeper';

/** Long enough not to be lost while this machine is busy. */
const LONG_SESSION_MS = 8000;

describe('the coordination by ZooKeeper', function () {
  this.timeout(60_000);
  const ending: (() => unknown)[] = [];

  before(function () {
    if (!isZookeeperInstalled()) this.skip();
  });
  afterEach(async () => {
    await killAllMembers();
    for (const end of ending.splice(0).reverse()) await end();
  });

  async function started(servers = 1): Promise<Zookeeper> {
    const zookeeper = await Zookeeper.start({ servers });
    ending.push(() => zookeeper.close());
    return zookeeper;
  }

  const member = (place: string, id: string, sessionMs = SESSION_MS): CoordinationMember =>
    new CoordinationMember('zookeeper', place, id, sessionMs);

  describe('as a service', () => {
    let zookeeper: Zookeeper | undefined;
    let places = 0;

    before(async () => {
      zookeeper = await Zookeeper.start();
    });
    after(() => zookeeper?.close());

    testCoordination('zookeeper', () => `${zookeeper!.servers}/test/${places++}`);
  });

  it('waits for a server that is not there and says so; one who is closed meanwhile ends', async () => {
    const zookeeper = await Zookeeper.prepare();
    ending.push(() => zookeeper.close());
    const [a, b] = [member(`${zookeeper.servers}/store`, 'a'), member(zookeeper.servers, 'b')];
    await a.until(() => a.notices.length > 0, 'it said that it waits');
    expect(a.notices[0]).to.match(/^ZooKeeper at 127\.0\.0\.1:\d+ has not answered for 2 s; trying on$/);
    expect(await a.change(configuration(1))).to.equal('refused');
    expect(await a.read()).to.match(/^ZooKeeper at 127\.0\.0\.1:\d+ does not answer as expected: not connected$/);
    expect(await b.close()).to.equal(0);
    await zookeeper.startServer();
    await a.joined();
    await changed(a, 1);
  });

  it('survives a restart of the server: the record stays, and sessions come back', async () => {
    const zookeeper = await started();
    const [a, b] = await Promise.all(['a', 'b'].map((id) => member(zookeeper.servers, id).joined()));
    await changed(a!, 1);
    await zookeeper.stopServer();
    await a!.until(() => a!.sessions.at(-1) === false, 'its session was lost');
    await zookeeper.startServer();
    await Promise.all([a!.joined(), b!.joined()]);
    expect(await b!.read()).to.deep.equal(configuration(1, 'a'));
    await changed(b!, 2);
    await a!.toldVersion(2);
  });

  it('of three servers goes on without any one, killed or frozen', async () => {
    const zookeeper = await started(3);
    const a = await member(`${zookeeper.servers}/store`, 'a', LONG_SESSION_MS).joined();
    for (let server = 0; server < 3; server++) {
      zookeeper.freeze(server);
      await changed(a, server + 1);
      zookeeper.thaw(server);
    }
    await zookeeper.stopServer(await zookeeper.leader());
    await changed(a, 4);
  });

  describe('over wires that are cut', () => {
    let wires: [TcpProxy, TcpProxy];
    let a: CoordinationMember;

    beforeEach(async () => {
      const zookeeper = await started();
      const port = Number(zookeeper.servers.split(':')[1]);
      wires = [await TcpProxy.to(port), await TcpProxy.to(port)];
      for (const wire of wires) ending.push(() => wire.close());
      a = await member(wires.map(({ address }) => address).join(','), 'a', LONG_SESSION_MS).joined();
      await changed(a, 1);
    });

    const used = (): TcpProxy => wires.find(({ isUsed }) => isUsed)!;

    it('leaves a silent server for another before its session is lost', async () => {
      for (let version = 2; version <= 4; version++) {
        const wire = used();
        wire.hold('up', 'down');
        await changed(a, version);
        expect(wire.isUsed).to.equal(false);
        await wire.release();
      }
      expect(a.sessions).to.deep.equal([true]);
    });

    it('does not know what became of a change that was not answered, until it reads: it was done', async () => {
      used().holdFrom('"version":2', 'down');
      expect(await a.change(configuration(2, 'a'))).to.equal('unknown');
      await a.joined();
      expect(await readOnce(a)).to.deep.equal(configuration(2, 'a'));
    });

    it('or it was not, and never will be, however late it arrives, even after its holder died and came back', async () => {
      const wire = used();
      wire.holdFrom('"version":2', 'up');
      void a.change(configuration(2, 'a'));
      await wire.waits();
      await a.kill();
      const other = wires.find((each) => each !== wire)!;
      const again = await member(other.address, 'a', LONG_SESSION_MS).joined();
      expect(await again.read()).to.deep.equal(configuration(1, 'a'));
      await wire.release();
      expect(await again.read()).to.deep.equal(configuration(1, 'a'));
      await changed(again, 2);
    });
  });

  it('shows people who is who, and takes a node that is there no more as it was', async () => {
    const zookeeper = await started();
    const a = await member(`${zookeeper.servers}/store/1`, 'a').joined();
    const b = await member(`${zookeeper.servers}/store/1`, 'b').joined();
    await changed(a, 1);
    const person = await connected(zookeeper.servers);
    ending.push(() => person.close());
    expect((await person.children('/store/1/members')).sort()).to.deep.equal(['a@127.0.0.1:8097', 'b@127.0.0.1:8098']);
    await untilNode(
      person,
      '/store/1/members/a@127.0.0.1:8097',
      '{"id":"a","address":"127.0.0.1:8097","role":"leader"}',
    );
    await untilNode(
      person,
      '/store/1/members/b@127.0.0.1:8098',
      '{"id":"b","address":"127.0.0.1:8098","role":"joining"}',
    );
    await person.remove('/store/1/members/b@127.0.0.1:8098');
    await a.sees('a');
    await a.sees('a', 'b');
    await person.set('/store/1/record', Buffer.from('{"version":2}'), -1);
    await b.until(() => b.notices.length > 0, 'it named the damaged record');
    expect(b.notices).to.deep.equal(["expected a whole record in ZooKeeper's /store/1/record, got a damaged one"]);
    expect(await a.read()).to.equal(b.notices[0]);
    expect(await a.change(configuration(2))).to.equal('refused');
  });

  it('knows that it is cut off before the others may go on without it, and comes back', async function () {
    if (!canMakeNamespaces()) this.skip();
    const namespace = new NetworkNamespace();
    ending.push(() => namespace.close());
    const zookeeper = await Zookeeper.start({ address: namespace.hostAddress });
    ending.push(() => zookeeper.close());
    const far = new CoordinationMember('zookeeper', zookeeper.servers, 'f', SESSION_MS, [...namespace.before]);
    const near = member(zookeeper.servers, 'n');
    await Promise.all([far.joined(), near.joined()]);
    await near.sees('f', 'n');
    namespace.cut();
    await near.sees('n');
    expect(await far.change(configuration(1, 'f'))).to.equal('refused');
    await far.until(() => far.sessions.at(-1) === false, 'its session was lost');
    await changed(near, 1);
    namespace.mend();
    await far.joined();
    await near.sees('f', 'n');
    await changed(far, 2);
  });
});

/** The record, read as often as it takes to be connected again. */
async function readOnce(member: CoordinationMember): ReturnType<CoordinationMember['read']> {
  for (;;) {
    const record = await member.read();
    if (typeof record !== 'string') return record;
  }
}

function connected(servers: string): Promise<ZookeeperClient> {
  return new Promise((resolve) => {
    const ignore = (): void => {};
    const client: ZookeeperClient = new ZookeeperClient(servers, LONG_SESSION_MS, monotonicClock, {
      connected: () => resolve(client),
      expired: ignore,
      changed: ignore,
      answered: ignore,
    });
  });
}

/** Looks until the node holds that text. */
async function untilNode(client: ZookeeperClient, path: string, text: string): Promise<void> {
  while (String((await client.get(path))?.data) !== text);
}
