/** Replicas of the store as real processes: they replicate, come back, take over, and lose nothing. */

import { expect } from 'chai';
import { connectClient, type StoreClient } from '../../store-client/client';
import { endAllCommands } from '../support/commands';
import { Replicas } from '../support/store/replicas';

describe('the store as processes', function () {
  this.timeout(60_000);
  let replicas: Replicas;
  const clients: StoreClient[] = [];
  beforeEach(() => {
    replicas = new Replicas();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
    await endAllCommands();
    replicas.remove();
  });
  const connect = async (address: string): Promise<StoreClient> => {
    const client = await connectClient(address);
    clients.push(client);
    return client;
  };

  it('replicates, and goes on with another leader when the first is killed', async () => {
    const [leader, second, third] = await replicas.startAll(3);
    const client = await connect(second!.address);
    await client.create('users', { '*name': 'str' });
    const id = await client.insert('users', { name: 'a' });
    await replicas.kill(leader!);
    await client.insert('users', { name: 'b' });
    expect(await client.search('users', { name: 'a' })).to.deep.equal([{ _id: id, name: 'a' }]);
    const back = await replicas.start(leader!.address);
    await back.until(/store follows/);
    const other = await connect(back.address);
    await other.insert('users', { name: 'c' });
    expect(await other.search('users', {})).to.have.length(3);
    // A newcomer is in sync once the leader has written so down, which its own first words do not wait for.
    let { inSync } = await other.status();
    while (inSync.length < 3) ({ inSync } = await other.status());
    expect(inSync).to.have.members([leader, second, third].map((one) => one!.address));
  });
});
