/** A port's two sockets, on a kernel that exists only in memory: who hears, who speaks, and where one has to do both. */

import { expect } from 'chai';
import { endpointOf } from '../../../../shared/endpoint';
import { openBatchTransport } from '../../../../shared/udp/batch-transport';
import { openPortSockets } from '../../../../shared/udp/port-sockets';
import { FakeKernel, FD } from '../../../support/fake-kernel';

const OPTIONS = { ip: 0x7f000001, port: 5000, receiveBufferBytes: 1 << 20 };
const PEER = endpointOf(0x7f000001, 7);
const ONE = { receiver: FD, sender: FD };

describe('the sockets of a port', () => {
  let kernel: FakeKernel;
  beforeEach(() => {
    kernel = new FakeKernel();
  });

  const shares = () => [...kernel.sockets.values()].map((socket) => socket.shares);

  it('are one that hears and one that speaks, and let nobody else on the port', async () => {
    expect(await openPortSockets(kernel, OPTIONS)).to.deep.equal({ receiver: FD + 1, sender: FD });
    expect(shares()).to.deep.equal([false, false]);
    expect(kernel.waiting).to.deep.equal([]);
  });

  it('are two on every interface as well', async () => {
    expect(await openPortSockets(kernel, { ...OPTIONS, ip: 0 })).to.deep.equal({ receiver: FD + 1, sender: FD });
  });

  it('hear what others say before it is found out who hears', async () => {
    const sendto = kernel.sendto.bind(kernel);
    kernel.sendto = (...told) => {
      kernel.waiting.push({ text: 'a question', peer: PEER }, { text: 'sixteen letters.', peer: PEER });
      return sendto(...told);
    };
    expect(await openPortSockets(kernel, OPTIONS)).to.deep.equal({ receiver: FD + 1, sender: FD });
    expect(kernel.waiting.map(({ text }) => text)).to.deep.equal(['a question', 'sixteen letters.']);
  });

  it('are found out also where others speak to the port that it is tried on', async () => {
    const sendto = kernel.sendto.bind(kernel);
    kernel.sendto = (fd, ...told) => {
      kernel.sockets.get(fd + 1)!.waiting.push({ text: 'sixteen letters.', peer: PEER });
      return sendto(fd, ...told);
    };
    expect(await openPortSockets(kernel, OPTIONS)).to.deep.equal({ receiver: FD + 1, sender: FD });
  });

  for (const hears of ['first', 'nobody'] as const) {
    it(`are one where ${hears === 'first' ? 'the socket bound first' : 'neither'} hears`, async () => {
      kernel.hears = hears;
      expect(await openPortSockets(kernel, OPTIONS)).to.deep.equal(ONE);
      expect([[...kernel.sockets.keys()], shares()]).to.deep.equal([[FD], [false]]);
    });
  }

  for (const [call, code] of [
    ['socket', 'EMFILE'],
    ['bind', 'EADDRINUSE'],
  ] as const) {
    it(`are one where ${call} fails for the second`, async () => {
      kernel.failing = { call, code, fd: FD + 1 };
      expect(await openPortSockets(kernel, OPTIONS)).to.deep.equal(ONE);
      expect([[...kernel.sockets.keys()], shares()]).to.deep.equal([[FD], [false]]);
    });
  }

  it('are one where it cannot be tried who hears', async () => {
    kernel.failing = { call: 'sendto', code: 'EPERM' };
    expect(await openPortSockets(kernel, OPTIONS)).to.deep.equal(ONE);
  });

  describe('of a transport', () => {
    const failures: string[] = [];
    const heard: string[] = [];
    const open = () =>
      openBatchTransport(
        OPTIONS,
        {
          received: (datagram) => void heard.push(Buffer.from(datagram).toString('latin1')),
          sendFailed: (code) => void failures.push(code),
        },
        kernel,
      );
    beforeEach(() => {
      failures.length = heard.length = 0;
    });

    it('hear all that comes, and send from the other one', async () => {
      const transport = await open();
      kernel.waiting.push({ text: 'question', peer: PEER });
      kernel.turn();
      transport.send(Buffer.from('answer'), PEER);
      await transport.close();
      expect([heard, kernel.sentFrom]).to.deep.equal([['question'], [FD]]);
      expect(kernel.sockets.size).to.equal(0);
    });

    it('hear what came while only the first was bound, once both are', async () => {
      const bind = kernel.bind.bind(kernel);
      const early = Array.from({ length: 3000 }, (_, i) => ({ text: `early ${i}`, peer: PEER }));
      kernel.bind = (fd, address) => {
        const result = bind(fd, address);
        if (fd === FD) kernel.sockets.get(FD)!.waiting.push(...early);
        return result;
      };
      const transport = await open();
      expect(heard).to.deep.equal([]);
      kernel.waiting.push({ text: 'later', peer: PEER });
      for (let turn = 0; turn < 3; turn++) kernel.turn();
      expect(heard.toSorted()).to.deep.equal([...early.map(({ text }) => text), 'later'].toSorted());
      await transport.close();
    });

    it('do both in one where the system wants it so', async () => {
      kernel.hears = 'first';
      const transport = await open();
      kernel.waiting.push({ text: 'question', peer: PEER });
      kernel.turn();
      transport.send(Buffer.from('answer'), PEER);
      await transport.close();
      expect([heard, kernel.sentFrom]).to.deep.equal([['question'], [FD]]);
      expect(kernel.sockets.size).to.equal(0);
    });

    it('send in fragments, from the one that hears, what is too long for a frame', async () => {
      const transport = await open();
      kernel.sendFaults = [1, 'EMSGSIZE'];
      for (let i = 1; i <= 3; i++) transport.send(Buffer.alloc(2000 + i), PEER);
      await transport.close();
      expect(kernel.sent.map(({ text }) => text.length)).to.deep.equal([2001, 2002, 2003]);
      expect(kernel.sentFrom).to.deep.equal([FD, FD + 1, FD]);
      expect(failures).to.deep.equal([]);
    });

    it('report what is too long for both, and send the rest', async () => {
      const transport = await open();
      kernel.sendFaults = [1, 'EMSGSIZE', 'EMSGSIZE'];
      for (let i = 1; i <= 3; i++) transport.send(Buffer.alloc(2000 + i), PEER);
      await transport.close();
      expect(kernel.sent.map(({ text }) => text.length)).to.deep.equal([2001, 2003]);
      expect(failures).to.deep.equal(['EMSGSIZE']);
    });

    it('send one by one, and in fragments, a group whose datagrams are too long for a frame on the way', async () => {
      const transport = await open();
      kernel.groupFault = { code: 'EINVAL', from: 1300 };
      kernel.sendFaults = [1, 'EMSGSIZE', 1, 'EMSGSIZE', 1, 'EMSGSIZE', 'EINTR'];
      for (let i = 0; i < 3; i++) transport.send(Buffer.alloc(1300, i), PEER);
      await transport.close();
      expect(kernel.sent.map(({ text }) => text.charCodeAt(1299)).sort()).to.deep.equal([0, 1, 2]);
      expect(failures).to.deep.equal([]);
    });
  });
});
