/** `servent --workers`: threads that serve one port together, which nobody outside can tell from one but by their speed. */

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startServent } from '../../index';
import { total } from '../../servent/counters';
import type { ServentStatus } from '../../servent/status';
import { workerOf } from '../../servent/workers/distribution';
import { endpointOf, portOf } from '../../shared/endpoint';
import { OperatorError } from '../../shared/errors';
import { openBatchTransport } from '../../shared/udp/batch-transport';
import { encodeQuery } from '../../shared/wire/overlay/query';
import { at, latin1 } from '../support/bytes';
import { type Command, endAllCommands, ROOT, runToEnd, startServentCommand } from '../support/commands';
import { canBatch, LOOPBACK, Peer } from '../support/transport-peer';

/** A socket of its own for each question. */
const CLIENTS = 60;

/** What a servent with --http and --json says of itself now. */
async function statusOf(servent: Command): Promise<ServentStatus> {
  const { http } = JSON.parse(servent.out().split('\n')[0]!) as { http: string };
  return (await (await fetch(`http://${http}/status`)).json()) as ServentStatus;
}

/** Datagrams dealt with. */
function done({ handled, dropped }: ServentStatus): number {
  return total(handled) + total(dropped);
}

describe('servent --workers', () => {
  let folder: string;
  const clients: Socket[] = [];
  before(function () {
    if (!canBatch()) this.skip();
    folder = mkdtempSync(join(tmpdir(), 'servent-test-'));
  });
  after(() => folder && rmSync(folder, { recursive: true }));
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await Peer.closeAll();
    await endAllCommands();
  });

  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  /** Asks from so many ports at once; gives all answers, in the order of the clients, once each has so many. */
  const askAll = async (address: string, key: string, answersEach: number): Promise<string[][]> => {
    const [host, port] = address.split(':');
    return Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        const client = createSocket('udp4');
        clients.push(client);
        const answers: string[] = [];
        const answered = new Promise<void>((done) => {
          client.on('message', (answer) => {
            answers.push(answer.toString('latin1', 2));
            if (answers.length === answersEach) done();
          });
        });
        await once(client.bind(0, '127.0.0.1'), 'listening');
        client.send(Buffer.from(`\0\x01${key}`, 'latin1'), Number(port), host);
        await answered;
        return answers;
      }),
    );
  };

  it('says how many there are in its one ready line, and ends with one sum of all', async () => {
    const servent = await startServentCommand(write('one.txt', 'a 1\n'), ['--workers', '2']);
    await askAll(servent.address, 'a', 1);
    servent.child.kill('SIGINT');
    const { status, out, err } = await servent.end();
    const [ready, bye, ...more] = out.trimEnd().split('\n');
    expect(ready).to.match(
      /^servent listening on 127\.0\.0\.1:\d+, 1 key from \S+, 0 neighbours \(batch, 2 workers\)$/,
    );
    expect(bye).to.match(
      new RegExp(`^servent bye: up [\\d.]+ s, received ${CLIENTS} \\(CLIREQ ${CLIENTS}\\), handled ${CLIENTS}, `),
    );
    expect([status, err, more]).to.deep.equal([0, '', []]);
  });

  it('answers each question of an overlay once, whichever worker hears it', async () => {
    const file = write('held.txt', 'held yes\n');
    const servents: Awaited<ReturnType<typeof startServentCommand>>[] = [];
    // Each knows all before it: what the third asks reaches the first twice.
    for (const workers of [2, 3, 2]) {
      const known = servents.map(({ address }) => address);
      const words = [...known, '--workers', `${workers}`, '--http', '0', '--json'];
      servents.push(await startServentCommand(file, words));
    }
    const status = (): Promise<ServentStatus[]> => Promise.all(servents.map(statusOf));
    for (const [before, { address }] of servents.entries()) await askAll(address, 'held', before + 1);
    let all = await status();
    const sum = (count: (one: ServentStatus) => number): number => all.reduce((before, one) => before + count(one), 0);
    // Once all that was sent is dealt with, whatever was to be answered twice is.
    while (sum(done) < 3 * CLIENTS + sum(({ queries }) => queries)) all = await status();
    for (const one of all) expect(one).to.include({ kernelDrops: 0 });
    expect(sum(({ received }) => total(received))).to.equal(sum(done));
    expect(all.map(({ received }) => received.CLIREQ)).to.deep.equal([CLIENTS, CLIENTS, CLIENTS]);
    expect(all.map(({ answers }) => answers)).to.deep.equal([3 * CLIENTS, 2 * CLIENTS, CLIENTS]);
    expect(all.map(({ dropped }) => dropped.seen)).to.deep.equal([CLIENTS, 0, 0]);
    expect(all.map(({ workers }) => workers)).to.deep.equal([2, 3, 2]);
  });

  it('takes a group of queries apart that the kernel gives to one worker whole', async () => {
    const WORKERS = 3;
    const sender = await Peer.open(openBatchTransport);
    const other = await Peer.open(openBatchTransport);
    const neighbours = [sender, other].map(({ endpoint }) => `127.0.0.1:${portOf(endpoint)}`);
    const words = [...neighbours, '--workers', `${WORKERS}`, '--http', '0', '--json'];
    const servent = await startServentCommand(write('held.txt', 'held yes\n'), words);
    // Of many clients, each copy of the same length.
    const queries = Array.from({ length: 60 }, (_, i) =>
      encodeQuery({ ttl: 2, client: endpointOf(LOOPBACK, 1 + i), sequence: 7, text: latin1('nowhere') }),
    );
    const owners = queries.map((query) => workerOf(query, sender.endpoint, WORKERS));
    expect(new Set(owners).size).to.equal(WORKERS);
    const to = at(servent.address);
    for (const query of queries) sender.transport.send(query, to);
    await other.until(() => other.received.length === queries.length);
    // Once more, and another worker's first: the group is given to whom its first datagram belongs.
    const others = queries.filter((_, i) => owners[i] !== owners[0]);
    for (const query of new Set([...others, ...queries])) sender.transport.send(query, to);
    let status = await statusOf(servent);
    while (done(status) < 2 * queries.length) status = await statusOf(servent);
    expect([status.handled.forwarded, status.dropped.seen]).to.deep.equal([60, 60]);
  });

  it('reads its file again in all of them before it says so', async () => {
    const path = write('reload.txt', 'a old\n');
    const servent = await startServentCommand(path, ['--workers', '3']);
    expect(new Set((await askAll(servent.address, 'a', 1)).flat())).to.deep.equal(new Set(['a\told']));
    writeFileSync(path, 'a new\nb 2\n');
    servent.child.kill('SIGHUP');
    await servent.until(/reloaded 2 keys/);
    expect(new Set((await askAll(servent.address, 'a', 1)).flat())).to.deep.equal(new Set(['a\tnew']));
  });

  it('counts in all of them what limits would drop', async () => {
    const words = ['--workers', '2', '--allow', '10.0.0.0/8', '--dry-run', '--json'];
    const servent = await startServentCommand(write('one.txt', 'a 1\n'), words);
    await askAll(servent.address, 'a', 1);
    servent.child.kill('SIGTERM');
    const bye = JSON.parse((await servent.end()).out.trimEnd().split('\n').at(-1)!) as ServentStatus;
    expect(bye.wouldDrop).to.include({ 'not-allowed': CLIENTS, 'question-rate': 0 });
  });

  it('has its port for itself: a second servent is refused, with workers or without', async () => {
    const servent = await startServentCommand(write('one.txt', 'a 1\n'), ['--workers', '2']);
    const port = servent.address.split(':')[1]!;
    for (const workers of ['1', '2']) {
      const ended = await runToEnd('servent', [
        port,
        join(folder, 'one.txt'),
        '--bind',
        '127.0.0.1',
        '--workers',
        workers,
      ]);
      expect(ended.err).to.equal(
        `servent: expected a UDP port that can be bound, got 127.0.0.1:${port}: the port is in use\n`,
      );
      expect(ended).to.include({ status: 1, out: '' });
    }
  });

  it('ends with the error of a worker that dies of it', async () => {
    const bug = join(ROOT, 'test/support/servent/worker-with-a-bug.cjs');
    const servent = await startServentCommand(write('one.txt', 'a 1\n'), ['--workers', '2'], {
      NODE_OPTIONS: `--require ${JSON.stringify(bug)}`,
    });
    servent.child.kill('SIGHUP');
    const { status, err } = await servent.ended();
    expect(err).to.contain('Error: a bug of ours');
    expect(status).to.equal(1);
  });

  const refused: [what: string, words: string[], status: number, message: string][] = [
    ['no workers', ['--workers', '0'], 2, 'expected a whole number of workers from 1 to 64 for --workers, got "0"'],
    [
      'too many workers',
      ['--workers', '65'],
      2,
      'expected a whole number of workers from 1 to 64 for --workers, got "65"',
    ],
    [
      'workers without batches',
      ['--workers', '2', '--io', 'dgram'],
      2,
      'expected batches of system calls with 2 workers, got dgram for io',
    ],
  ];
  for (const [what, words, status, message] of refused) {
    it(`refuses ${what} in one line`, async () => {
      const ended = await runToEnd('servent', ['0', write('one.txt', 'a 1\n'), ...words]);
      expect(ended).to.deep.include({ status, out: '', err: `servent: ${message}\n` });
    });
  }

  it('refuses several where koffi is not installed, in one line, with status 1', async () => {
    const ended = await runToEnd('servent', ['0', write('one.txt', 'a 1\n'), '--workers', '2'], '', {
      NODE_OPTIONS: `--require ${JSON.stringify(join(ROOT, 'test/support/without-koffi.cjs'))}`,
    });
    expect(ended.err).to.match(
      /^servent: expected sockets that share a port, for several workers, which cannot be had here: [^\n]*koffi[^\n]*\n$/,
    );
    expect(ended).to.include({ status: 1, out: '' });
  });

  it('are no setting beside an observer, who cannot look into other threads', async () => {
    const error = await startServent({ port: 0, pairs: new Map(), workers: 2, observer: {} }).then(
      () => undefined,
      (refusal: OperatorError) => refusal,
    );
    expect(error).to.be.instanceOf(OperatorError).and.include({ code: 'usage' });
  });
});
