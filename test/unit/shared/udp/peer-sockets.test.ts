/** Peers with a receive buffer of their own, on the real kernel: what reaches which, and that the port stays ours. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { expect } from 'chai';
import { endpointOf, ipOf, portOf } from '../../../../shared/endpoint';
import { openBatchTransport } from '../../../../shared/udp/batch-transport';
import { openDgramTransport } from '../../../../shared/udp/dgram-transport';
import type { TransportOptions } from '../../../../shared/udp/transport';
import { canBatch, errorOf, LOOPBACK, Peer } from '../../../support/transport-peer';

/** Nobody may connect to it who has not asked for permission to broadcast. */
const BROADCAST = 0xffffffff;

describe('peers of the batch transport', () => {
  before(function () {
    if (!canBatch()) this.skip();
  });
  afterEach(() => Peer.closeAll());

  const openPeer = () => Peer.open(openDgramTransport);
  const openServent = (options: Partial<TransportOptions>) => Peer.open(openBatchTransport, options);

  for (const [bound, ip] of [
    ['one address', LOOPBACK],
    ['every interface', 0],
  ] as const) {
    describe(`bound to ${bound}`, () => {
      it('hears peers and others, each datagram once and with its sender', async () => {
        const peers = [await openPeer(), await openPeer()];
        const others = [await openPeer(), await openPeer()];
        const servent = await openServent({ ip, peers: peers.map(({ endpoint }) => endpoint) });
        const to = endpointOf(LOOPBACK, portOf(servent.endpoint));
        const sent: string[] = [];
        for (let i = 0; i < 100; i++) {
          for (const sender of [...peers, ...others]) {
            sender.transport.send(Buffer.from(`${sent.length}`), to);
            sent.push(`${sent.length} ${sender.endpoint}`);
          }
        }
        await servent.until(() => servent.received.length === sent.length);
        await turnOfLoop();
        const heard = servent.received.map(({ bytes, from }) => `${bytes} ${from}`);
        expect(heard.sort()).to.deep.equal(sent.sort());
      });

      it('sends to peers and others from its one port', async () => {
        const peer = await openPeer();
        const other = await openPeer();
        const servent = await openServent({ ip, peers: [peer.endpoint] });
        for (const to of [peer, other]) {
          servent.transport.send(Buffer.from('from me'), to.endpoint);
          await to.until(() => to.received.length === 1);
          expect(to.received[0]!.from).to.equal(endpointOf(LOOPBACK, portOf(servent.endpoint)));
        }
      });

      it('loses nothing of a peer while clients overflow their buffer', async () => {
        const peer = await openPeer();
        const client = await openPeer();
        const servent = await openServent({ ip, peers: [peer.endpoint], receiveBufferBytes: 65_536 });
        const to = endpointOf(LOOPBACK, portOf(servent.endpoint));
        // Nothing is read before this function waits.
        for (let i = 0; i < 100_000 && servent.transport.kernelDrops() === 0; i++) {
          client.transport.send(Buffer.from('question'), to);
        }
        expect(servent.transport.kernelDrops()).to.be.greaterThan(0);
        const queries = Array.from({ length: 20 }, (_, i) => `query ${i}`);
        for (const query of queries) peer.transport.send(Buffer.from(query), to);
        const fromPeer = () => servent.received.filter(({ from }) => from === peer.endpoint);
        await servent.until(() => fromPeer().length === queries.length);
        expect(fromPeer().map(({ bytes }) => bytes)).to.deep.equal(queries);
      });

      it('shares its port with nobody, not even with who would share', async () => {
        const servent = await openServent({ ip, peers: [(await openPeer()).endpoint, (await openPeer()).endpoint] });
        const port = portOf(servent.endpoint);
        for (const address of ['127.0.0.1', '0.0.0.0']) {
          for (const reuseAddr of [false, true]) {
            const stranger = createSocket({ type: 'udp4', reuseAddr });
            const listening = once(stranger, 'listening');
            stranger.bind(port, address);
            expect((await errorOf(listening)).code).to.equal('EADDRINUSE');
          }
        }
      });
    });
  }

  it('hears a peer that writes to another of its addresses', async () => {
    const peer = await openPeer();
    const servent = await openServent({ ip: 0, peers: [peer.endpoint] });
    for (const ip of [LOOPBACK, LOOPBACK + 1]) {
      peer.transport.send(Buffer.from('query'), endpointOf(ip, portOf(servent.endpoint)));
    }
    await servent.until(() => servent.received.length === 2);
    for (const { from } of servent.received) expect(from).to.equal(peer.endpoint);
  });

  it('finds a port in use, though it shares one with itself', async () => {
    const peer = await openPeer();
    const first = await openServent({ peers: [peer.endpoint] });
    const second = openServent({ port: portOf(first.endpoint), peers: [peer.endpoint] });
    expect(await errorOf(second)).to.include({ code: 'EADDRINUSE', syscall: 'bind' });
  });

  it('frees its port when closed', async () => {
    const servent = await openServent({ peers: [(await openPeer()).endpoint] });
    await servent.transport.close();
    expect(servent.transport.kernelDrops()).to.equal(undefined);
    await Peer.open(openDgramTransport, { port: portOf(servent.endpoint) });
  });

  it('outlives a peer that is gone, tells of it, and hears it when it is back', async () => {
    const gone = await openPeer();
    const other = await openPeer();
    const servent = await openServent({ peers: [gone.endpoint] });
    await gone.transport.close();
    for (let round = 0; round < 200; round++) {
      servent.transport.send(Buffer.from('anybody?'), gone.endpoint);
      servent.transport.send(Buffer.from('here'), other.endpoint);
      await other.until(() => other.received.length === round + 1);
      other.transport.send(Buffer.from('there'), servent.endpoint);
      await servent.until(() => servent.received.length === round + 1);
    }
    await servent.until(() => servent.failures.length > 0);
    for (const failure of servent.failures) expect(failure).to.deep.equal({ code: 'ECONNREFUSED', to: gone.endpoint });
    const back = await Peer.open(openDgramTransport, { port: portOf(gone.endpoint) });
    back.transport.send(Buffer.from('back'), servent.endpoint);
    await servent.until(() => servent.received.length === 201);
    expect(servent.received[200]).to.include({ bytes: 'back', from: back.endpoint });
  });

  it('starts although a peer cannot be connected to, and hears those that can', async () => {
    const peer = await openPeer();
    const servent = await openServent({ peers: [endpointOf(BROADCAST, 5000), peer.endpoint] });
    peer.transport.send(Buffer.from('query'), servent.endpoint);
    await servent.until(() => servent.received.length === 1);
    expect(ipOf(servent.received[0]!.from)).to.equal(LOOPBACK);
  });
});
