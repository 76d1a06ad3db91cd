/** What the ZooKeeper library leaves open and the client closes, shown with servers that behave badly. */

import { expect } from 'chai';
import { Exception } from 'node-zookeeper-client';
import { monotonicClock } from '../../../../store/coordination/clock';
import { ZookeeperClient, ZookeeperError } from '../../../../store/coordination/zookeeper/client';
import { FakeZookeeper, GRANTED_MS, type Manner } from '../../../support/store/fake-zookeeper';

const SESSION_MOVED = -118;

describe("the ZooKeeper library's client", () => {
  const ending: (() => Promise<void>)[] = [];
  let server: FakeZookeeper;
  let client: ZookeeperClient;
  let told: string[];
  let watching: () => void;

  afterEach(async () => {
    for (const end of ending.splice(0).reverse()) await end();
  });

  async function connect(...manners: Manner[]): Promise<void> {
    server = await FakeZookeeper.start(...manners);
    ending.push(() => server.close());
    told = [];
    watching = () => {};
    const tell = (what: string): void => {
      told.push(what);
      watching();
    };
    client = new ZookeeperClient(server.address, 400, monotonicClock, {
      connected: () => tell('connected'),
      expired: () => tell('expired'),
      changed: () => tell('changed'),
      answered: () => tell('answered'),
    });
    ending.push(() => client.close());
  }

  const until = (count: number, what: string): Promise<void> =>
    new Promise((resolve) => {
      watching = () => {
        if (told.filter((each) => each === what).length >= count) resolve();
      };
      watching();
    });

  const set = (): Promise<unknown> => client.set('/x', Buffer.of(), 0).catch((error: unknown) => error);

  it('is granted a session, and calls', async () => {
    await connect();
    await until(1, 'connected');
    expect(client.sessionMs).to.equal(GRANTED_MS);
    expect(await set()).to.equal(true);
    expect(told).to.deep.equal(['connected', 'answered']);
  });

  it('gives the code of what the server refuses', async () => {
    await connect(Exception.BAD_VERSION);
    await until(1, 'connected');
    expect(await set()).to.equal(false);
  });

  for (const [manner, what] of [
    [SESSION_MOVED, 'an answer with a code that the library does not know'],
    ['half', 'half an answer'],
  ] as const) {
    it(`survives ${what}, does not know what became of the call, and goes on with the next connection`, async () => {
      await connect(manner);
      await until(1, 'connected');
      const error = await set();
      expect(error).to.be.instanceOf(ZookeeperError).and.to.have.property('code', undefined);
      await until(2, 'connected');
      expect(await set()).to.equal(true);
    });
  }

  it('leaves a server that accepts and is silent, and calls nothing meanwhile', async () => {
    await connect('silent', 'silent');
    expect(await set()).to.have.property('code', Exception.CONNECTION_LOSS);
    await until(1, 'connected');
    expect(server.connections).to.equal(3);
  });

  it('says when its session is over, and connects no more', async () => {
    await connect('expired');
    await until(1, 'expired');
    expect(await set()).to.have.property('code', Exception.CONNECTION_LOSS);
    expect(told).to.deep.equal(['expired']);
  });
});
