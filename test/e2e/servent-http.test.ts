/** `servent --http` as a person meets it, and the library's setting of the same name. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { lookup, startServent } from '../../index';
import type { ServentStatus } from '../../servent/status';
import { OperatorError } from '../../shared/errors';
import { endAllCommands, runToEnd, startServentCommand } from '../support/commands';

const SERVICES = 'fixtures/services-debian.txt';

describe('servent --http', () => {
  afterEach(endAllCommands);

  it('is on loopback where no host is named, says where in its first line, and counts what is asked', async () => {
    const servent = await startServentCommand(SERVICES, ['--http', '0']);
    const [, http] = await servent.until(/, http at (127\.0\.0\.1:\d+)\n/);
    await runToEnd('client', [servent.address, 'ssh', '--first']);
    const reply = await fetch(`http://${http}/metrics`);
    const metrics = await reply.text();
    expect(metrics).to.match(/^servent_datagrams_received_total\{type="CLIREQ"\} [1-9]/m);
    expect(metrics).to.match(/^servent_datagrams_handled_total\{effect="answered"\} [1-9]/m);
    expect(metrics).to.match(/^servent_keys 269$/m);
    servent.child.kill('SIGTERM');
    expect(await servent.end()).to.include({ status: 0, err: '' });
  });

  it('is told in the ready event, too', async () => {
    const servent = await startServentCommand(SERVICES, ['--http', '127.0.0.1:0', '--json', '--literal']);
    const { http, port } = JSON.parse(servent.out()) as { http: string; port: number };
    const status = (await (await fetch(`http://${http}/status`)).json()) as object;
    expect(status).to.include({ bound: `127.0.0.1:${port}`, literal: true, keys: 269 });
  });

  it('ends with one sentence and status 1 where the port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const { status, out, err } = await runToEnd('servent', ['0', SERVICES, '--http', `${port}`]);
    taken.close();
    expect([status, out]).to.deep.equal([1, '']);
    expect(err).to.match(
      new RegExp(
        `^servent: expected a TCP port that can be bound, got 127\\.0\\.0\\.1:${port}: the port is in use\\n$`,
      ),
    );
  });

  it('is no command line with what is no address', async () => {
    const { status, err } = await runToEnd('servent', ['0', SERVICES, '--http', 'localhost']);
    expect([status, err]).to.deep.equal([
      2,
      'servent: expected ip:port for --http, got "localhost": the port is not from 0 to 65535\n',
    ]);
  });
});

describe("the library's setting http", () => {
  const SETTINGS = { port: 0, pairs: new Map([['a', '1']]), bind: '127.0.0.1' } as const;

  it('serves until the servent is closed', async () => {
    const servent = await startServent({ ...SETTINGS, http: '0' });
    for await (const { from } of lookup(servent.address, 'a', { count: 1 })) expect(from).to.equal(servent.address);
    const status = (await (await fetch(`http://${servent.http}/status`)).json()) as object;
    expect(status).to.include({ address: servent.address, answers: 1 });
    await servent.close();
    const refusal = await fetch(`http://${servent.http}/status`).catch(({ cause }: Error) => cause);
    expect(refusal).to.have.property('code', 'ECONNREFUSED');
  });

  it('tells that the pairs could not be read again, until they could', async () => {
    const source = new (class extends Map<string, string> {
      isBroken = false;
      override [Symbol.iterator](): MapIterator<[string, string]> {
        if (this.isBroken) throw new OperatorError('file', 'expected pairs, got none');
        return super[Symbol.iterator]();
      }
    })([['a', '1']]);
    await using servent = await startServent({ ...SETTINGS, pairs: source, http: '0' });
    const told = async (): Promise<{ keys: number; stale: boolean }> =>
      ((await (await fetch(`http://${servent.http}/status`)).json()) as ServentStatus).file;
    expect(await told()).to.include({ keys: 1, stale: false });
    source.set('b', '2').isBroken = true;
    expect(await servent.reload().catch((error: unknown) => error)).to.be.instanceOf(OperatorError);
    expect(await told()).to.include({ keys: 1, stale: true });
    source.isBroken = false;
    await servent.reload();
    expect(await told()).to.include({ keys: 2, stale: false });
  });

  it('frees the UDP port when its own port cannot be bound', async () => {
    const first = await startServent(SETTINGS);
    await first.close();
    const { port } = first;
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const http = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
    const refused = await startServent({ ...SETTINGS, port, http }).catch((error: unknown) => error);
    taken.close();
    expect(refused).to.be.instanceOf(OperatorError).with.property('code', 'port');
    expect((refused as OperatorError).message).to.contain(http);
    await (await startServent({ ...SETTINGS, port })).close();
  });
});
