import { strict as assert } from 'node:assert';
import { expect } from 'chai';
import { OperatorError } from '../../../shared/errors';
import { connectClient, type StoreClient } from '../../../store-client/client';
import { MemoryReplica } from '../../support/store/memory-replica';
import { endServing, serve } from '../../support/store/serve';

async function errorOf(work: Promise<unknown>): Promise<OperatorError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert(error instanceof OperatorError, `expected an OperatorError, got ${error}`);
  return error;
}

describe("the store client's library face", () => {
  let replica: MemoryReplica;
  const clients: StoreClient[] = [];
  beforeEach(() => {
    replica = new MemoryReplica();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
    await endServing();
  });

  const connect = async (...contacts: string[]): Promise<StoreClient> => {
    const client = await connectClient(contacts, { timeoutMs: 10_000 });
    clients.push(client);
    return client;
  };

  it('puts documents in, finds, changes and removes them', async () => {
    const client = await connect((await serve(replica)).address);
    await client.create('users', { name: 'str' });
    const id = await client.insert('users', { name: 'a' });
    expect(await client.search('users', { _id: id })).to.deep.equal([{ _id: id, name: 'a' }]);
    expect(await client.update('users', {}, { name: 'b' })).to.equal(1);
    expect(await client.describe('users')).to.deep.equal({ users: { schema: { name: 'str' }, documents: 1 } });
    expect(await client.delete('users', { name: 'b' })).to.equal(1);
    await client.destroy('users');
    expect(await client.describe()).to.deep.equal({});
    expect((await client.status()).role).to.equal('leader');
  });

  it('pages by itself', async () => {
    const client = await connect((await serve(replica)).address);
    const put = (id: string, length: number): unknown =>
      replica.applied(['put', 'c', { _id: id, text: 'x'.repeat(length) }, {}]);
    await client.create('c', { text: 'str' });
    for (let i = 0; i < 300; i++) put(`${1000 + i}`, i === 7 ? 60_000 : 1000);
    const found = await client.search('c', {});
    expect(found.map(({ _id }) => _id)).to.deep.equal(Array.from({ length: 300 }, (_, i) => `${1000 + i}`));
    put('1005', 70_000);
    expect((await errorOf(client.search('c', {}))).message).to.match(/the document "1005" alone has 70\d+ bytes/);
  });

  it('throws what the store says, as refused', async () => {
    replica.answers.push({ kind: 'refused', reason: 'too few replicas are in sync' });
    const client = await connect((await serve(replica)).address);
    const error = await errorOf(client.insert('c', {}));
    expect([error.code, error.message]).to.deep.equal(['refused', 'too few replicas are in sync']);
  });

  it('follows the leader, and stays with it', async () => {
    const leader = await serve(replica);
    const follower = new MemoryReplica();
    follower.answers.push({ kind: 'not-leader', leader: leader.address });
    const client = await connect((await serve(follower)).address);
    await client.create('c', {});
    await client.insert('c', {});
    expect(follower.asked.map(({ operation }) => operation[0])).to.deep.equal(['create']);
    expect(await client.search('c', {})).to.have.length(1);
  });

  it('tries again under one identity while nobody leads, so that nothing is done twice', async () => {
    const client = await connect((await serve(replica)).address);
    await client.create('c', {});
    replica.answers.push(
      { kind: 'not-leader', leader: undefined },
      { kind: 'unknown', reason: 'it ends', leader: undefined },
    );
    await client.insert('c', {});
    const identities = replica.asked.slice(1).map(({ request }) => request);
    expect(identities).to.have.length(3);
    expect(new Set(identities)).to.have.property('size', 1);
    await client.insert('c', {});
    expect(replica.asked.at(-1)?.request).to.not.equal(identities[0]);
  });

  it('goes on with another replica when its contact is gone', async () => {
    const first = await serve(replica);
    const second = await serve(replica);
    replica.members = [first.address, second.address];
    const client = await connect(first.address);
    await client.create('c', {});
    await first.close();
    await client.insert('c', {});
    expect(await client.search('c', {})).to.have.length(1);
  });

  it('asks a kept connection that was closed over there anew', async () => {
    const first = await serve(replica);
    const client = await connect(first.address);
    await first.close();
    await serve(replica, Number(first.address.split(':')[1]));
    await client.create('c', {});
    expect(replica.asked).to.have.length(1);
  });

  it('lets requests at once each have a connection, and many wait their turn', async () => {
    const client = await connect((await serve(replica)).address);
    await client.create('c', {});
    await Promise.all(Array.from({ length: 200 }, () => client.insert('c', {})));
    expect((await client.describe('c'))['c']?.documents).to.equal(200);
  });

  it('ends with the signal, and at its close', async () => {
    const client = await connect((await serve(replica)).address);
    replica.gate = new Promise(() => {});
    const controller = new AbortController();
    const given = client.insert('c', {}, { signal: controller.signal });
    controller.abort(new OperatorError('closed', 'enough'));
    expect((await errorOf(given)).code).to.equal('closed');
    const closed = client.insert('c', {});
    await client.close();
    expect((await errorOf(closed)).code).to.equal('closed');
  });

  it('says where nothing answers, and which words are none', async () => {
    const gone = await serve(replica);
    await gone.close();
    const error = await errorOf(connectClient(gone.address));
    expect([error.code, error.message]).to.deep.equal([
      'unreachable',
      `expected a replica of a store, got ${gone.address}: nothing listens there`,
    ]);
    expect((await errorOf(connectClient('nowhere'))).code).to.equal('usage');
    expect((await errorOf(connectClient([]))).code).to.equal('usage');
    expect((await errorOf(connectClient(gone.address, { timeoutMs: 0 }))).code).to.equal('usage');
  });

  it('refuses a request that fits no frame', async () => {
    const client = await connect((await serve(replica)).address);
    expect((await errorOf(client.insert('c', { text: 'x'.repeat(65_535) }))).code).to.equal('usage');
  });

  it('gives up at its deadline, and says that a write may have been done', async () => {
    const { address } = await serve(replica);
    const client = await connectClient(address, { timeoutMs: 60 });
    clients.push(client);
    replica.gate = new Promise(() => {});
    const error = await errorOf(client.insert('c', {}));
    expect(error.code).to.equal('unreachable');
    expect(error.message).to.match(/within 0.06 s, got none: .* no reply .*; the write may have been done$/);
  });
});
