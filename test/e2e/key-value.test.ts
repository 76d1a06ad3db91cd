/** The key-value dialect through real servers and the real client: one log, any server, nothing older than what was seen. */

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect } from 'chai';
import { type Command, endAllCommands, runToEnd, start } from '../support/commands';
import { freePorts } from '../support/free-ports';
import { doorOf, type ReplicaProcess, Replicas } from '../support/store/replicas';

/** Where a server speaks the dialect. */
function kvOf(server: ReplicaProcess): string {
  return doorOf(server, 'kv');
}

describe('the key-value dialect as processes', function () {
  this.timeout(60_000);
  let replicas: Replicas;
  beforeEach(() => {
    replicas = new Replicas();
  });
  afterEach(async () => {
    await endAllCommands();
    replicas.remove();
  });

  it('takes a PUT at any server, gives it at every one, and goes on when the leader is killed', async () => {
    const servers = await replicas.startAll(3, ['--kv', '127.0.0.1:0', '--kv-log']);
    const [leader, second, third] = servers.map(kvOf) as [string, string, string];
    const put = await runToEnd('kv-client', [second, 'put', 'city', 'São Paulo']);
    const [, timestamp] = /^PUT_OK key: city value São Paulo timestamp (\d+\.?\d*) realizada no servidor (\S+)\n$/.exec(
      put.out,
    )!;
    expect(put.out).to.match(new RegExp(`servidor ${second}\n$`));
    const got = await runToEnd('kv-client', [leader, 'GET', 'city']);
    expect(got).to.include({
      status: 0,
      out: `GET key: city value: São Paulo obtido do servidor ${leader}, meu timestamp None e do servidor ${timestamp}\n`,
    });
    const printed = (server: ReplicaProcess, line: string) => server.until(new RegExp(`^${line}$`, 'm'));
    const client = 'Cliente 127\\.0\\.0\\.1:\\d+';
    await printed(servers[1]!, 'Encaminhando PUT key:city value:São Paulo');
    await printed(servers[0]!, `${client} PUT key:city value:São Paulo\\.`);
    await printed(servers[0]!, `Enviando PUT_OK ao ${client} da key:city ts:${timestamp}\\.`);
    const given = `Meu ts é ${timestamp}, portanto devolvendo São Paulo`;
    await printed(servers[0]!, `${client} GET key:city ts:None\\. ${given}\\.`);
    for (const follower of servers.slice(1)) {
      await printed(follower, `REPLICATION key:city value:São Paulo ts:${timestamp}\\.`);
    }
    await replicas.kill(servers[0]!);
    // The server tries until somebody leads; the client gets one answer.
    const again = await runToEnd('kv-client', [third], 'put city Santos\nget city\nget none\n');
    const lines = again.out.split('\n');
    expect(lines[0]).to.match(/^PUT_OK key: city value Santos timestamp /);
    const [, later] = /timestamp (\S+)/.exec(lines[0]!)!;
    expect(Number(later)).to.be.greaterThan(Number(timestamp));
    expect(again).to.have.property('status', 1);
    expect(lines[2]).to.equal('KEY NOT FOUND');
  });

  it('shows TRY_OTHER_SERVER_OR_LATER where followers learn late, and with --retry the value from another', async () => {
    const servers = await replicas.startAll(2, ['--kv', '127.0.0.1:0', '--kv-delay', '600']);
    const [leader, follower] = servers.map(kvOf) as [string, string];
    const input = 'put k v\nget k\n';
    const late = await runToEnd('kv-client', ['--json', follower], input);
    const events = late.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ event }) => event)).to.deep.equal(['put', 'stale']);
    expect(late.status).to.equal(1);
    // The same, as its transcript says it.
    expect((await runToEnd('kv-client', [follower], input)).out).to.match(
      /^PUT_OK [^\n]*\nTRY_OTHER_SERVER_OR_LATER\n$/,
    );
    const retried = await runToEnd('kv-client', ['--retry', follower, leader], input);
    expect(retried.out).to.match(
      new RegExp(`\\nGET key: k value: v obtido do servidor ${leader}, meu timestamp (\\S+) e do servidor \\1\\n$`),
    );
    expect(retried.status).to.equal(0);
  });

  it('says which server does not answer, and ends with status 3 when none does', async () => {
    const [server] = await replicas.startAll(1, ['--kv', '127.0.0.1:0']);
    const kv = kvOf(server!);
    await replicas.kill(server!);
    const { status, err } = await runToEnd('kv-client', [kv, 'get', 'k']);
    expect({ status, err }).to.deep.equal({ status: 3, err: `kv-client: ${kv}: nothing listens there\n` });
    expect((await runToEnd('kv-client', ['get', 'k'])).status).to.equal(2);
  });

  it('asks for ports at the keyboard, takes none that is used, and follows whoever leads', async () => {
    const ports = await freePorts(3);
    const words = ['--ask', '--ports', ports.join(',')];
    const begin = async (...typed: (number | undefined)[]): Promise<Command> => {
      const server = start('store/kv-servers', words, { TMPDIR: replicas.path });
      for (const line of typed) server.say(String(line));
      await server.until(/^.*Servidor escutando 127\.0\.0\.1:\d+$/m);
      return server;
    };
    const [first, second] = ports;
    const leader = await begin(first, first);
    const [own, ofLeader] = ['Digite a porta do servidor: ', 'Digite o número da porta do servidor Líder: '];
    expect(leader.out()).to.equal(`${own}${ofLeader}Servidor escutando 127.0.0.1:${first}\n`);
    const follower = await begin(first, second, second, first);
    const refused = 'Porta inválida ou já utilizada\n';
    const asked = `${own}${refused}${own}${ofLeader}${refused}${ofLeader}`;
    expect(follower.out()).to.equal(`${asked}Servidor escutando 127.0.0.1:${second}\n`);
    expect((await runToEnd('kv-client', [`127.0.0.1:${second}`, 'put', 'k', 'v'])).status).to.equal(0);
    await leader.until(/^Enviando PUT_OK ao Cliente 127\.0\.0\.1:\d+ da key:k ts:[\d.]+\.$/m);
    const silent = await runToEnd('store/kv-servers', words, '', { TMPDIR: replicas.path });
    expect(silent).to.include({ status: 2, err: 'kv-servers: expected a port, got the end of the input\n' });
  });

  it('takes either role in a group with servers of somebody else', async () => {
    const heard: string[] = [];
    // As existing implementations: one read, one object without an end mark, and close.
    const other = createServer((socket) => {
      socket.once('data', (bytes) => {
        const { method, value, key, timestamp } = JSON.parse(bytes.toString());
        heard.push(method);
        const isWrite = method === 'REPLICATION';
        socket.end(
          JSON.stringify({
            method: isWrite ? 'REPLICATION_OK' : 'PUT_OK',
            value: isWrite ? value[0] : value,
            key,
            timestamp: isWrite ? timestamp : 7.5,
          }),
        );
      });
    });
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      const foreign = `127.0.0.1:${(other.address() as AddressInfo).port}`;
      const servers = await replicas.startAll(2, ['--kv', '127.0.0.1:0', '--kv-replicate', foreign]);
      const put = await runToEnd('kv-client', [kvOf(servers[1]!), 'put', 'k', 'v']);
      expect(put.out).to.match(/^PUT_OK /);
      expect(heard.splice(0)).to.deep.equal(['REPLICATION']);
      const words = [replicas.path, '127.0.0.1:0', '--kv', '127.0.0.1:0', '--kv-follow', foreign, '--kv-log'];
      const follower = start('store', words);
      const [, kv] = await follower.until(/kv at (\S+),/);
      expect((await runToEnd('kv-client', [kv!, 'put', 'k', 'v'])).out).to.match(/ timestamp 7\.5 /);
      expect(heard).to.deep.equal(['PUT']);
      await follower.until(/^Encaminhando PUT key:k value:v$/m);
    } finally {
      other.close();
    }
  });
});
