/** Groups mixed with servers of somebody else's: our leader replicates to them, our follower follows one of them. */

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { type Exchange, exchange } from '../../../../shared/tcp/key-value-exchange';
import type { KeyValueMessage } from '../../../../shared/wire/key-value';
import { ForeignFollowers } from '../../../../store/dialects/key-value/foreign-followers';
import { ForeignFollower } from '../../../../store/dialects/key-value/foreign-leader';
import { putOperation } from '../../../../store/dialects/key-value/pairs';
import { MemoryReplica } from '../../../support/store/memory-replica';

const NOTHING = { value: null, key: null, timestamp: null };
const CLIENT = '10.0.0.7:4711';

describe('a leader with foreign followers', () => {
  let replica: MemoryReplica;
  let sent: { server: string; message: KeyValueMessage; end: (outcome: Exchange) => void }[];
  let leader: ForeignFollowers;
  beforeEach(() => {
    replica = new MemoryReplica();
    sent = [];
    const ask = (server: string, message: KeyValueMessage): Promise<Exchange> =>
      new Promise((end) => sent.push({ server, message, end }));
    leader = new ForeignFollowers(replica, ['a:1', 'b:2'], ask);
  });
  const settled = (): Promise<void> => new Promise((done) => setImmediate(done));
  const ok: Exchange = { kind: 'reply', reply: { ...NOTHING, method: 'REPLICATION_OK' } };

  it('confirms a PUT once each has said REPLICATION_OK', async () => {
    let answer: unknown;
    void leader.write(putOperation('k', 'v'), 'one').then((given) => (answer = given));
    await settled();
    expect(sent.map(({ server, message }) => [server, message])).to.deep.equal(
      ['a:1', 'b:2'].map((server) => [
        server,
        { method: 'REPLICATION', value: ['v', 0.000001], key: 'k', timestamp: 0.000001 },
      ]),
    );
    sent[0]!.end(ok);
    await settled();
    expect(answer).to.equal(undefined);
    sent[1]!.end(ok);
    await settled();
    expect(answer).to.have.property('kind', 'reply');
  });

  it('confirms none that one of them has not taken, whatever it says instead', async () => {
    const others: Exchange[] = [
      { kind: 'lost', reason: 'silence' },
      { kind: 'refused', reason: 'nobody' },
      { kind: 'reply', reply: { ...NOTHING, method: 'PUT_OK' } },
    ];
    for (const [i, other] of others.entries()) {
      const answer = leader.write(putOperation('k', 'v'), `request ${i}`);
      await settled();
      const [first, second] = sent.splice(0);
      first!.end(ok);
      second!.end(other);
      expect(await answer, JSON.stringify(other)).to.include({ kind: 'unknown' });
    }
  });

  it('sends the PUTs of one key one after the other, those of others beside', async () => {
    void leader.write(putOperation('k', '1'), 'one');
    void leader.write(putOperation('k', '2'), 'two');
    void leader.write(putOperation('other', '3'), 'three');
    await settled();
    expect(sent.map(({ message }) => message.key)).to.deep.equal(['k', 'k', 'other', 'other']);
    for (const { end } of sent.splice(0)) end(ok);
    await settled();
    expect(sent.map(({ message }) => (message.value as string[])[0])).to.deep.equal(['2', '2']);
  });

  it('sends nothing of what was not written, nor of what is no PUT of this dialect', async () => {
    replica.answers.push({ kind: 'not-leader', leader: undefined });
    await leader.write(putOperation('k', 'v'), 'one');
    await leader.write(['create', 'c', {}], 'two');
    await leader.write(['put', 'c', { _id: 'k' }, {}], 'three');
    expect(sent).to.have.length(0);
  });
});

describe('a follower of a foreign leader', () => {
  let server: Server;
  let lines: string[];
  let asked: string[];
  let follower: ForeignFollower;
  beforeEach(async () => {
    asked = [];
    lines = [];
    // As existing implementations: one read, one object without an end mark, and close.
    server = createServer((socket) => {
      socket.once('data', (bytes) => {
        asked.push(bytes.toString());
        socket.end('{"method": "PUT_OK", "value": "v", "key": "k", "timestamp": 7.5}');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const leader = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    follower = new ForeignFollower({ leader, print: (line) => lines.push(line) });
  });
  afterEach(() => void server.close());
  const ask = (method: string, fields: Partial<KeyValueMessage> = {}): Promise<KeyValueMessage> =>
    follower.answer({ ...NOTHING, method, ...fields }, CLIENT);
  const replicate = (value: string, timestamp: number): Promise<KeyValueMessage> =>
    ask('REPLICATION', { key: 'k', value: [value, timestamp], timestamp });

  it('answers isLider with false', async () => {
    expect(await ask('isLider')).to.deep.equal({ ...NOTHING, method: 'isLiderResponse', value: false });
  });

  it('stores what REPLICATION brings, unless it is older than what it has', async () => {
    expect(await replicate('v', 5)).to.deep.equal({ method: 'REPLICATION_OK', value: 'v', key: 'k', timestamp: 5 });
    expect(await replicate('old', 4)).to.have.property('method', 'REPLICATION_OK');
    expect(await ask('GET', { key: 'k' })).to.have.deep.property('value', ['v', 5]);
    await replicate('new', 6);
    expect(await ask('GET', { key: 'k', value: 6 })).to.have.deep.property('value', ['new', 6]);
    expect(await ask('GET', { key: 'k', value: 7 })).to.have.property('method', 'TRY_OTHER_SERVER_OR_LATER');
    expect(await ask('GET', { key: 'none' })).to.have.property('method', 'NULL');
    expect(lines.slice(0, 3)).to.deep.equal([
      'REPLICATION key:k value:v ts:5.',
      'REPLICATION key:k value:old ts:4.',
      'Cliente 10.0.0.7:4711 GET key:k ts:None. Meu ts é 5, portanto devolvendo v.',
    ]);
  });

  it('forwards a PUT, and hands the answer on', async () => {
    expect(await ask('PUT', { key: 'k', value: 'v' })).to.deep.equal({
      method: 'PUT_OK',
      value: 'v',
      key: 'k',
      timestamp: 7.5,
    });
    expect(asked).to.deep.equal(['{"method":"PUT","value":"v","key":"k","timestamp":null}']);
    expect(lines).to.deep.equal(['Encaminhando PUT key:k value:v']);
  });

  it('says that a PUT was not done where nobody leads', async () => {
    server.close();
    await once(server, 'close');
    const { method, value } = await ask('PUT', { key: 'k', value: 'v' });
    expect(method).to.equal('ERROR');
    expect(value).to.match(/^it was not done: the leader .*: nothing listens there$/);
  });

  it('answers what is no request with ERROR', async () => {
    for (const [method, fields] of [
      ['PUT', { key: 'k', value: 1 }],
      ['GET', {}],
      ['GET', { key: 'k', value: [] }],
      ['REPLICATION', { key: 'k', value: 'v', timestamp: 1 }],
      ['NONE', { key: 'k' }],
    ] as const) {
      expect(await ask(method, fields), method).to.have.property('method', 'ERROR');
    }
  });

  it('is asked over a connection of its own, whose reply may be any', async () => {
    const { port } = server.address() as AddressInfo;
    const message = { ...NOTHING, method: 'isLider' };
    expect(await exchange(`127.0.0.1:${port}`, message, 1000)).to.have.nested.property('reply.method', 'PUT_OK');
    server.removeAllListeners('connection').on('connection', (socket) => socket.end('nonsense'));
    expect(await exchange(`127.0.0.1:${port}`, message, 1000)).to.have.property('kind', 'lost');
    server.removeAllListeners('connection').on('connection', (socket) => socket.end());
    expect(await exchange(`127.0.0.1:${port}`, message, 1000)).to.deep.equal({
      kind: 'lost',
      reason: 'it closed the connection without a reply',
    });
  });
});
