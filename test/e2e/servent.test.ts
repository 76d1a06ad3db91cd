/** The servent command as a person meets it: real processes on loopback, ports the system chose. */

import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Command, endAllCommands, ROOT, runToEnd, start, startServentCommand } from '../support/commands';

const SERVICES = 'fixtures/services-debian.txt';

describe('the servent command', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'servent-test-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  afterEach(endAllCommands);

  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  it('says in one line where it listens, what it holds and whom it knows', async () => {
    const servent = await startServentCommand(SERVICES, ['127.0.0.1:5001', '127.0.0.1:5002', '127.0.0.1:5001']);
    expect(servent.out()).to.match(
      /^servent listening on 127\.0\.0\.1:\d+, 269 keys from fixtures\/services-debian\.txt, 2 neighbours\b.*\n$/,
    );
    expect(servent.err()).to.equal('');
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends with a goodbye line and status 0 at ${signal}`, async () => {
      const servent = await startServentCommand(SERVICES);
      servent.child.kill(signal);
      const { status, out, err } = await servent.end();
      expect(out.split('\n')[1]).to.match(/^servent bye: up [\d.]+ s, received 0, .*keys 269$/);
      expect([status, err]).to.deep.equal([0, '']);
    });
  }

  it('prints JSON, one object a line, with --json', async () => {
    const servent = await startServentCommand(SERVICES, ['--json', '127.0.0.1:5001']);
    servent.child.kill('SIGUSR2');
    await servent.until(/"stats"/);
    servent.child.kill('SIGHUP');
    await servent.until(/"reload"/);
    servent.child.kill('SIGTERM');
    const { out } = await servent.end();
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map(({ event }) => event)).to.deep.equal(['ready', 'stats', 'reload', 'bye']);
    expect(events[0]).to.include({ address: '127.0.0.1', keys: 269, file: SERVICES });
    expect(events[2]).to.include({ ok: true, keys: 269 });
    expect(events[3])
      .to.have.property('kernelDrops')
      .that.equals(process.platform === 'linux' ? 0 : null);
  });

  it('prints the counters every --stats seconds', async () => {
    const servent = await startServentCommand(SERVICES, ['--stats', '0.05']);
    await servent.until(/stats: .*\n.*stats: /);
  });

  it('prints nothing but problems with --quiet', async () => {
    const command = start('servent', ['0', write('half.txt', 'a 1\nb\n'), '--quiet']);
    const [problem] = await command.until(/.*\n/);
    expect(problem).to.match(/half\.txt:2: expected a value after the key "b"/);
    command.child.kill('SIGTERM');
    expect(await command.end()).to.include({ status: 0, out: '' });
  });

  it('reports at most ten problems of a file, then how many more', async () => {
    const servent = await startServentCommand(write('bad.txt', `good 1\n${'lonely\n'.repeat(13)}`));
    servent.child.kill('SIGTERM');
    const lines = (await servent.end()).err.trimEnd().split('\n');
    expect(lines).to.have.length(11);
    expect(lines[0]).to.match(/bad\.txt:2: /);
    expect(lines[10]).to.match(/3 more lines/);
  });

  it('reads its file again at SIGHUP: all or nothing', async () => {
    const path = write('reload.txt', 'a 1\n');
    const servent = await startServentCommand(path);
    writeFileSync(path, 'a 2\nb 3\n');
    servent.child.kill('SIGHUP');
    await servent.until(/reloaded 2 keys/);
    rmSync(path);
    servent.child.kill('SIGHUP');
    const [line] = await servent.until(/.*the old 2 keys stay\n/);
    expect(line).to.contain('ENOENT').and.contain(path);
    const { out } = await runToEnd('client', [servent.address, 'a', 'b', '--first', '--value']);
    expect(out.split('\n').sort()).to.deep.equal(['', '2', '3']);
  });

  const refused: [what: string, words: string[], status: number, message: RegExp][] = [
    ['no words', [], 2, /expected servent <port> <file>/],
    ['no file', ['5000'], 2, /5000/],
    ['a port that is no number', ['http', SERVICES], 2, /"http"/],
    ['a port above 65535', ['65536', SERVICES], 2, /"65536"/],
    ['a negative port', ['-1', SERVICES], 2, /-1/],
    ['a neighbour without a port', ['0', SERVICES, '127.0.0.1'], 2, /"127\.0\.0\.1": there is no colon/],
    ['a neighbour at port 0', ['0', SERVICES, '127.0.0.1:0'], 2, /"127\.0\.0\.1:0"/],
    ['a neighbour with port 65536', ['0', SERVICES, '127.0.0.1:65536'], 2, /"127\.0\.0\.1:65536"/],
    ['dotted numbers that are no address', ['0', SERVICES, '127.0.0.256:1'], 2, /"127\.0\.0\.256:1"/],
    [
      'an 11th neighbour',
      ['0', SERVICES, ...Array.from({ length: 11 }, (_, i) => `127.0.0.1:${i + 1}`)],
      2,
      /"127\.0\.0\.1:11"/,
    ],
    ['itself as a neighbour', ['65535', SERVICES, '127.0.0.1:65535'], 2, /"127\.0\.0\.1:65535"/],
    ['a way of input and output that is none', ['0', SERVICES, '--io', 'fast'], 2, /io.*"fast"/],
    ['an unknown option', ['0', SERVICES, '--colour'], 2, /colour/],
    ['a memory of no entries', ['0', SERVICES, '--seen-max', '0'], 2, /--seen-max, got "0"/],
    ['an age that is no number', ['0', SERVICES, '--seen-age', 'long'], 2, /--seen-age, got "long"/],
    ['an address to bind that is none', ['0', SERVICES, '--bind', 'here'], 2, /--bind, got "here"/],
    ['a file that is not there', ['0', 'no/such.txt'], 1, /"no\/such\.txt": ENOENT/],
    ['a file whose name breaks the line', ['0', 'no\nsuch.txt'], 1, /"no\\nsuch\.txt": ENOENT/],
    [
      'a loopback address to name to others',
      ['0', SERVICES, '--advertise', '127.0.0.1'],
      2,
      /--advertise, got "127.0.0.1"/,
    ],
    ['words behind a -- that are no neighbours', ['0', SERVICES, '--', '--json'], 2, /"--json"/],
    ['a folder as file', ['0', 'fixtures'], 1, /"fixtures": EISDIR/],
    ['a host that does not exist', ['0', SERVICES, 'no-such-host.invalid:5000'], 1, /"no-such-host\.invalid"/],
    [
      'an address of another machine',
      ['0', SERVICES, '--bind', '192.0.2.1'],
      1,
      /192\.0\.2\.1:0: the address is not one of this machine/,
    ],
  ];
  for (const [what, words, status, message] of refused) {
    it(`refuses ${what} in one line, with status ${status}`, async () => {
      const ended = await runToEnd('servent', words);
      expect(ended.status).to.equal(status);
      expect(ended.out).to.equal('');
      expect(ended.err)
        .to.match(/^servent: [^\n]+\n$/)
        .and.match(message);
    });
  }

  it('takes a neighbour that is written twice as one, and then has room for ten', async () => {
    const ten = Array.from({ length: 10 }, (_, i) => `127.0.0.1:${i + 1}`);
    const servent = await startServentCommand(SERVICES, [...ten, '127.0.0.1:00010', ...ten]);
    expect(servent.out()).to.match(/, 10 neighbours/);
  });

  it('says in one line that what it prints finds no room, with status 1', function () {
    if (!existsSync('/dev/full')) this.skip();
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'dist/servent/main.js'), '--help'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    expect([status, stderr]).to.deep.equal([
      1,
      'servent: expected room for the results, got ENOSPC: no space left on device, write\n',
    ]);
  });

  it('refuses a port in use in one line, with status 1', async () => {
    const servent = await startServentCommand(SERVICES);
    const port = servent.address.split(':')[1]!;
    const ended = await runToEnd('servent', [port, SERVICES, '--bind', '127.0.0.1']);
    expect(ended.err)
      .to.match(/^servent: [^\n]+\n$/)
      .and.contain(`127.0.0.1:${port}: the port is in use`);
    expect(ended.status).to.equal(1);
  });

  describe('where koffi is not installed', () => {
    const environment = { NODE_OPTIONS: `--require ${JSON.stringify(join(ROOT, 'test/support/without-koffi.cjs'))}` };

    it('serves through dgram', async () => {
      const servent = await startServentCommand(write('one.txt', 'a 1\n'), [], environment);
      expect(servent.out()).to.match(/\(dgram\)\n$/);
      const other = await startServentCommand(write('one.txt', 'a 1\n'), ['--json'], environment);
      expect(JSON.parse(other.out()).ioFallback).to.match(/koffi|Linux/);
      const { out } = await runToEnd('client', [servent.address, 'a', '--first', '--value']);
      expect(out).to.equal('1\n');
    });

    it('refuses --io batch in one line, with status 1', async () => {
      const ended = await runToEnd('servent', ['0', SERVICES, '--io', 'batch'], '', environment);
      expect(ended.err).to.match(
        /^servent: expected batched system calls, which cannot be had here: [^\n]*(koffi|Linux)[^\n]*\n$/,
      );
      expect(ended).to.include({ status: 1, out: '' });
    });
  });

  it('has a socket of its own for each neighbour where it has batches, and serves them all', async function () {
    const neighbours = [createSocket('udp4'), createSocket('udp4')];
    for (const neighbour of neighbours) {
      neighbour.bind(0, '127.0.0.1');
      await once(neighbour, 'listening');
    }
    const ports = neighbours.map((neighbour) => neighbour.address().port);
    const servent = await startServentCommand(
      write('one.txt', 'a 1\n'),
      ports.map((port) => `127.0.0.1:${port}`),
    );
    if (!servent.out().includes('(batch)')) return this.skip();
    // Besides, one or two that are connected to nobody.
    const connected = remotePorts(Number(servent.address.split(':')[1])).filter((peer) => peer !== 0);
    expect(connected.sort()).to.deep.equal(ports.sort());
    const [host, port] = servent.address.split(':');
    const client = createSocket('udp4');
    client.bind(0, '127.0.0.1');
    await once(client, 'listening');
    const query = Buffer.from('000200037f000001000000000000' + '61', 'hex');
    query.writeUInt16BE(client.address().port, 8);
    const answered = once(client, 'message');
    const forwarded = once(neighbours[1]!, 'message');
    neighbours[0]!.send(query, Number(port), host);
    expect(String((await answered)[0])).to.equal('\0\x03a\t1');
    query[3] = 2;
    expect((await forwarded)[0]).to.deep.equal(query);
    for (const socket of [client, ...neighbours]) socket.close();
  });

  for (const word of ['--help', '--version', 'completion']) {
    it(`prints a text and ends with status 0 for ${word}`, async () => {
      const { status, out, err } = await runToEnd('servent', [word]);
      expect([status, err]).to.deep.equal([0, '']);
      expect(out).to.match(word === '--version' ? /^\d+\.\d+\.\d+\n$/ : /servent/);
    });
  }

  it('traces each datagram with DEBUG=servent:*, nothing that a peer sent left raw', async () => {
    const servent = await startServentCommand(write('one.txt', 'a 1\n'), [], { DEBUG: 'servent:*' });
    await ask(servent.address, Buffer.from('0001611b5b324a', 'hex'));
    await servent.until(/servent:drop no-neighbour/);
    await ask(servent.address, Buffer.from('000161', 'hex'));
    await servent.until(/servent:send RESPONSE key "a" value "1" to 127\.0\.0\.1:\d+/);
    expect(servent.err()).to.contain('CLIREQ key "a\\u{1b}[2J" from 127.0.0.1:').and.not.contain('\u001b[2J');
  });

  it('survives datagrams of every kind, and counts each of them', async () => {
    const servent = await startServentCommand(write('survive.txt', 'a 1\n'), ['--json']);
    const sent = [
      '',
      '00',
      '0001',
      '000100',
      '0003610931',
      '0009616161',
      '000200037f000001',
      '0002000300000000000100000000aa',
      'ff'.repeat(3000),
    ];
    await ask(servent.address, ...sent.map((hex) => Buffer.from(hex, 'hex')));
    const { out } = await runToEnd('client', [servent.address, 'a', '--first', '--value']);
    expect(out).to.equal('1\n');
    servent.child.kill('SIGTERM');
    const bye = (await servent.end()).out.trimEnd().split('\n').at(-1)!;
    const { received, handled, dropped } = JSON.parse(bye) as Record<string, Record<string, number>>;
    const sum = (group: Record<string, number> = {}): number => Object.values(group).reduce((a, b) => a + b, 0);
    expect(sum(received)).to.equal(sent.length + 1);
    expect(sum(handled) + sum(dropped)).to.equal(sent.length + 1);
    expect(dropped).to.include({ short: 3, 'empty-key': 2, response: 1, 'unknown-type': 2, 'client-address': 1 });
  });

  it('goes on serving when a neighbour is dead and when nobody reads what it prints', async () => {
    const closed = createSocket('udp4');
    closed.bind(0, '127.0.0.1');
    await once(closed, 'listening');
    const dead = `127.0.0.1:${closed.address().port}`;
    closed.close();
    const servent: Command & { address: string } = await startServentCommand(SERVICES, [dead, '--stats', '0.02']);
    servent.child.stdout.destroy();
    for (let i = 0; i < 3; i++) {
      const { status } = await runToEnd('client', [servent.address, 'tcpmux', '--first']);
      expect(status).to.equal(0);
    }
  });
});

/** Sends datagrams to an `ip:port` on loopback, and waits until the system has them all. */
async function ask(address: string, ...datagrams: Buffer[]): Promise<void> {
  const [ip, port] = address.split(':');
  const socket = createSocket('udp4');
  for (const datagram of datagrams) {
    await new Promise<void>((done, fail) =>
      socket.send(datagram, Number(port), ip, (error) => (error ? fail(error) : done())),
    );
  }
  socket.close();
}

/** The ports of the peers of all sockets bound to a port, 0 for one that is connected to none (Linux). */
function remotePorts(port: number): number[] {
  return readFileSync('/proc/net/udp', 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/[\s:]+/))
    .filter((words) => Number.parseInt(words[2] ?? '', 16) === port)
    .map((words) => Number.parseInt(words[4]!, 16));
}
