/** What every transport must do, held against both: loopback only, ports the system chooses, no sleeps. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect } from 'chai';
import { endpointOf, ipOf, portOf } from '../../../../shared/endpoint';
import { openBatchTransport } from '../../../../shared/udp/batch-transport';
import { openDgramTransport } from '../../../../shared/udp/dgram-transport';
import { openTransport } from '../../../../shared/udp/open-transport';
import type { OpenTransport } from '../../../../shared/udp/transport';
import { canBatch, errorOf, LOOPBACK, Peer } from '../../../support/transport-peer';

const LARGEST = 65_507;

function conformance(kind: 'dgram' | 'batch', open: OpenTransport): void {
  describe(`transport ${kind}`, () => {
    before(function () {
      if (kind === 'batch' && !canBatch()) this.skip();
    });
    afterEach(() => Peer.closeAll());

    it('tells its kind and where it is bound', async () => {
      const peer = await Peer.open(open);
      expect(peer.transport.kind).to.equal(kind);
      expect(ipOf(peer.endpoint)).to.equal(LOOPBACK);
      expect(portOf(peer.endpoint)).to.be.within(1, 65_535);
    });

    it('carries datagrams of 0 to 65,507 bytes unchanged, with the address of their sender', async () => {
      const a = await Peer.open(open);
      const b = await Peer.open(open);
      const sizes = [0, 1, 2, 3, 64, 511, 512, 513, 1472, 1473, 65_506, LARGEST];
      for (const [i, size] of sizes.entries()) {
        const bytes = Buffer.from(Array.from({ length: size }, (_, at) => (at * 31 + i) & 255));
        a.transport.send(bytes, b.endpoint);
        await b.until(() => b.received.length === i + 1);
        expect(b.received[i]!.bytes === bytes.toString('latin1'), `${size} bytes`).to.equal(true);
        expect(b.received[i]!.from).to.equal(a.endpoint);
      }
    });

    it('carries a burst of every size in order', async () => {
      const a = await Peer.open(open);
      const b = await Peer.open(open);
      const burst = Array.from({ length: 200 }, (_, i) => String.fromCharCode(32 + (i % 90)).repeat(i));
      for (const text of burst) a.transport.send(Buffer.from(text), b.endpoint);
      await b.until(() => b.received.length === burst.length);
      expect(b.received.map(({ bytes }) => bytes)).to.deep.equal(burst);
    });

    it('carries many of few lengths to many, each length in order, as datagrams of their own', async () => {
      const a = await Peer.open(open);
      const others = await Promise.all([0, 1, 2].map(() => Peer.open(open)));
      const words = Array.from({ length: 400 }, (_, i) => `${1000 + i}${'.'.repeat(400 * (i % 5))}`);
      for (const word of words) {
        for (const { endpoint } of others) a.transport.send(Buffer.from(word), endpoint);
      }
      for (const b of others) {
        await b.until(() => b.received.length === words.length);
        for (let length = 0; length < 5; length++) {
          const heard = b.received.map(({ bytes }) => bytes).filter((bytes) => bytes.length === 4 + 400 * length);
          expect(heard).to.deep.equal(words.filter((_, i) => i % 5 === length));
        }
      }
    });

    it('carries empty datagrams one by one', async () => {
      const a = await Peer.open(open);
      const b = await Peer.open(open);
      for (let i = 0; i < 10; i++) a.transport.send(Buffer.alloc(0), b.endpoint);
      await b.until(() => b.received.length === 10);
      expect(b.received.map(({ bytes }) => bytes)).to.deep.equal(Array(10).fill(''));
    });

    it('sends the same to each destination but one', async () => {
      const a = await Peer.open(open);
      const others = await Promise.all([0, 1, 2].map(() => Peer.open(open)));
      const [b, c, d] = others as [Peer, Peer, Peer];
      const destinations = others.map(({ endpoint }) => endpoint);
      const lent = Buffer.alloc(4);
      for (let i = 0; i < 100; i++) {
        lent.writeUInt32BE(i);
        a.transport.sendEach(lent, destinations, c.endpoint);
      }
      lent.fill(255);
      a.transport.sendEach(Buffer.from('end'), destinations, undefined);
      for (const peer of others) await peer.until(() => peer.received.some(({ bytes }) => bytes === 'end'));
      await b.until(() => b.received.length === 101);
      await d.until(() => d.received.length === 101);
      expect(c.received).to.have.length(1);
      const numbers = (peer: Peer) =>
        peer.received
          .filter(({ bytes }) => bytes !== 'end')
          .map(({ bytes }) => Buffer.from(bytes, 'latin1').readUInt32BE());
      for (const peer of [b, d]) expect(numbers(peer)).to.deep.equal(Array.from({ length: 100 }, (_, i) => i));
    });

    it('says when each datagram was read, by a clock that never goes back', async () => {
      const a = await Peer.open(open);
      const b = await Peer.open(open);
      const times = [performance.now()];
      for (let i = 0; i < 200; i++) a.transport.send(Buffer.from('now'), b.endpoint);
      await b.until(() => b.received.length === 200);
      times.push(...b.received.map(({ nowMs }) => nowMs), performance.now());
      expect(times).to.deep.equal([...times].sort((one, other) => one - other));
    });

    it('lends its datagrams to be changed in place and sent on', async () => {
      const a = await Peer.open(open);
      const b = await Peer.open(open);
      b.answer = (datagram, from) => {
        for (let i = 0; i < 3; i++) {
          datagram[0] = 65 + i;
          b.transport.send(datagram, from);
        }
      };
      a.transport.send(Buffer.from('xy'), b.endpoint);
      a.transport.send(Buffer.from('zz'), b.endpoint);
      await a.until(() => a.received.length === 6);
      expect(a.received.map(({ bytes }) => bytes)).to.deep.equal(['Ay', 'By', 'Cy', 'Az', 'Bz', 'Cz']);
    });

    it('sends bytes as they are at the time of sending', async () => {
      const a = await Peer.open(open);
      const b = await Peer.open(open);
      const lent = Buffer.alloc(8);
      for (let i = 0; i < 300; i++) {
        lent.writeUInt32BE(i);
        a.transport.send(lent, b.endpoint);
      }
      lent.fill(255);
      await b.until(() => b.received.length === 300);
      expect(b.received.map(({ bytes }) => Buffer.from(bytes, 'latin1').readUInt32BE())).to.deep.equal(
        Array.from({ length: 300 }, (_, i) => i),
      );
    });

    it('answers every one of thousands', async () => {
      const asker = await Peer.open(open);
      const answerer = await Peer.open(open);
      answerer.answer = (datagram, from) => answerer.transport.send(datagram, from);
      const total = 6000;
      let asked = 0;
      const ask = () => asker.transport.send(Buffer.from(`question ${asked++}`), answerer.endpoint);
      asker.answer = () => {
        if (asked < total) ask();
      };
      while (asked < 500) ask();
      await asker.until(() => asker.received.length === total);
      expect(new Set(asker.received.map(({ bytes }) => bytes)).size).to.equal(total);
    });

    it('reports a port in use as the system does', async () => {
      const first = await Peer.open(open);
      const error = await errorOf(Peer.open(open, { port: portOf(first.endpoint) }));
      expect(error).to.include({ code: 'EADDRINUSE', syscall: 'bind', port: portOf(first.endpoint) });
      expect(error.message).to.equal(`bind EADDRINUSE 127.0.0.1:${portOf(first.endpoint)}`);
    });

    it('reports an address that is not its own as the system does', async () => {
      // 192.0.2.0/24 is for documentation, on no machine.
      const error = await errorOf(Peer.open(open, { ip: 0xc0000201 }));
      expect(error).to.include({ code: 'EADDRNOTAVAIL', syscall: 'bind' });
    });

    it('refuses its port to others while it is open, and frees it when closed', async () => {
      const first = await Peer.open(open);
      const port = portOf(first.endpoint);
      for (const other of [openDgramTransport, open]) {
        expect((await errorOf(Peer.open(other, { port }))).code).to.equal('EADDRINUSE');
      }
      await first.transport.close();
      expect(portOf((await Peer.open(open, { port })).endpoint)).to.equal(port);
    });

    it('shares its port with nobody, not even with who would share', async () => {
      // Adopting a descriptor, as batches do, quietly allows others on the port.
      const peer = await Peer.open(open);
      const sharing = createSocket({ type: 'udp4', reuseAddr: true });
      const listening = once(sharing, 'listening');
      sharing.bind(portOf(peer.endpoint), '127.0.0.1');
      expect((await errorOf(listening)).code).to.equal('EADDRINUSE');
    });

    it('reports a datagram to port 0, and never throws', async () => {
      const peer = await Peer.open(open);
      const nowhere = endpointOf(LOOPBACK, 0);
      peer.transport.send(Buffer.from('x'), nowhere);
      await peer.until(() => peer.failures.length === 1);
      expect(peer.failures[0]!.to).to.equal(nowhere);
    });

    it('reports a datagram that is too long, and sends those around it', async () => {
      const a = await Peer.open(open);
      const b = await Peer.open(open);
      a.transport.send(Buffer.from('before'), b.endpoint);
      a.transport.send(Buffer.alloc(LARGEST + 1), b.endpoint);
      a.transport.send(Buffer.alloc(200_000), b.endpoint);
      a.transport.send(Buffer.from('after'), b.endpoint);
      await a.until(() => a.failures.length === 2);
      await b.until(() => b.received.length === 2);
      expect(a.failures).to.deep.equal(Array(2).fill({ code: 'EMSGSIZE', to: b.endpoint }));
      expect(b.received.map(({ bytes }) => bytes)).to.deep.equal(['before', 'after']);
    });

    it('outlives a peer that is gone', async () => {
      const a = await Peer.open(open);
      const gone = await Peer.open(open);
      const b = await Peer.open(open);
      await gone.transport.close();
      for (let i = 0; i < 100; i++) a.transport.send(Buffer.from('anybody?'), gone.endpoint);
      a.transport.send(Buffer.from('here'), b.endpoint);
      await b.until(() => b.received.length === 1);
      b.transport.send(Buffer.from('there'), a.endpoint);
      await a.until(() => a.received.length === 1);
      expect(a.received[0]!.bytes).to.equal('there');
    });

    it('hands over what was sent before it was closed, and nothing after', async () => {
      const a = await Peer.open(open);
      const b = await Peer.open(open);
      a.transport.send(Buffer.from('last'), b.endpoint);
      const closed = a.transport.close();
      a.transport.send(Buffer.from('too late'), b.endpoint);
      await closed;
      a.transport.send(Buffer.from('far too late'), b.endpoint);
      await a.transport.close();
      const c = await Peer.open(open);
      c.transport.send(Buffer.from('end'), b.endpoint);
      await b.until(() => b.received.length === 2);
      expect(b.received.map(({ bytes }) => bytes)).to.deep.equal(['last', 'end']);
    });

    it('receives nothing more once closed from within', async () => {
      const a = await Peer.open(open);
      const b = await Peer.open(open);
      let closing: Promise<void> | undefined;
      b.answer = () => {
        closing = b.transport.close();
      };
      for (let i = 0; i < 100; i++) a.transport.send(Buffer.from(String(i)), b.endpoint);
      await b.until(() => b.received.length === 1);
      await closing;
      expect(b.received).to.have.length(1);
    });

    it('shows what the kernel dropped, where the kernel shows it', async function () {
      const peer = await Peer.open(open);
      if (process.platform !== 'linux') return this.skip();
      expect(peer.transport.kernelDrops()).to.equal(0);
    });
  });
}

conformance('dgram', openDgramTransport);
conformance('batch', openBatchTransport);

describe('openTransport', () => {
  afterEach(() => Peer.closeAll());

  it('takes batches where they can be had', async () => {
    const peer = await Peer.open((options, events) => openTransport('auto', options, events));
    expect(peer.transport.kind).to.equal(canBatch() ? 'batch' : 'dgram');
  });

  it('takes dgram when asked to', async () => {
    const peer = await Peer.open((options, events) => openTransport('dgram', options, events));
    expect(peer.transport.kind).to.equal('dgram');
  });

  it('reports a port in use whatever the choice', async () => {
    const first = await Peer.open(openDgramTransport);
    for (const io of ['auto', 'dgram'] as const) {
      const open: OpenTransport = (options, events) => openTransport(io, options, events);
      expect((await errorOf(Peer.open(open, { port: portOf(first.endpoint) }))).code).to.equal('EADDRINUSE');
    }
  });
});
