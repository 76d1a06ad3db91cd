/** The batched transport when the system does not do as it is asked: every fault on a kernel that exists only in memory. */

import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { type Endpoint, endpointOf } from '../../../../shared/endpoint';
import { openBatchTransport, WORK_PER_TURN } from '../../../../shared/udp/batch-transport';
import { NoBatchesError } from '../../../../shared/udp/libc';
import { GATHERED_MAX } from '../../../../shared/udp/send-batch';
import { BACKLOG_MAX } from '../../../../shared/udp/send-queue';
import type { Transport, TransportOptions } from '../../../../shared/udp/transport';
import { FakeKernel, FD } from '../../../support/fake-kernel';

const peer = (port: number): Endpoint => endpointOf(0x7f000001, port);
const OPTIONS = { ip: 0x7f000001, port: 5000, receiveBufferBytes: 1 << 20 };

describe('batch transport on a failing system', () => {
  let kernel: FakeKernel;
  let transport: Transport;
  let received: { text: string; from: Endpoint }[];
  let failures: { code: string; to: Endpoint }[];
  let onReceived: (datagram: Uint8Array, from: Endpoint) => void;
  let onFailed: () => void;

  const open = async (failing?: FakeKernel['failing'], options: TransportOptions = OPTIONS): Promise<void> => {
    kernel = new FakeKernel();
    kernel.failing = failing;
    transport = await openBatchTransport(
      options,
      {
        received: (datagram, from) => {
          received.push({ text: Buffer.from(datagram).toString('latin1'), from });
          onReceived(datagram, from);
        },
        sendFailed: (code, to) => {
          failures.push({ code, to });
          onFailed();
        },
      },
      kernel,
    );
    kernel.turn(); // In which it looks for what came while it was opened.
  };

  beforeEach(() => {
    received = [];
    failures = [];
    onReceived = () => {};
    onFailed = () => {};
    return open();
  });

  const send = (text: string, port = 1) => transport.send(Buffer.from(text), peer(port));
  const sentTexts = () => kernel.sent.map(({ text }) => text);
  const texts = (count: number) => Array.from({ length: count }, (_, i) => `m${i}`);
  const until = async (done: () => boolean) => {
    while (!done()) await turnOfLoop();
  };

  it('receives batch after batch, each datagram with its sender, in order', () => {
    const datagrams = texts(150).map((text, i) => ({ text: text.repeat(i), peer: endpointOf(0xfffffff0, 65_535 - i) }));
    kernel.waiting.push(...datagrams);
    kernel.turn();
    expect(received).to.deep.equal(datagrams.map(({ text, peer }) => ({ text, from: peer })));
  });

  it('sends what a batch of datagrams called for in few calls, in order', () => {
    onReceived = (datagram, from) => transport.send(datagram, from);
    kernel.waiting.push(...texts(65).map((text) => ({ text, peer: peer(7) })));
    kernel.turn();
    expect(sentTexts()).to.deep.equal(texts(65));
    expect(kernel.sendCalls).to.deep.equal([2]);
  });

  it('sends what nobody asked for at the end of the task', async () => {
    for (const [i, text] of texts(100).entries()) send(text, 100 + i);
    await Promise.resolve();
    expect(sentTexts()).to.deep.equal(texts(100));
    expect(kernel.sendCalls).to.deep.equal([100]);
  });

  it('flushes when large datagrams fill the room for copies', async () => {
    for (let i = 0; i < 20; i++) transport.send(Buffer.alloc(65_507, i), peer(1));
    await Promise.resolve();
    expect(kernel.sent.map(({ text }) => [text.length, text.charCodeAt(65_506)])).to.deep.equal(
      Array.from({ length: 20 }, (_, i) => [65_507, i]),
    );
  });

  it('goes on after a short send where it stopped', async () => {
    kernel.sendFaults = [3, 1];
    for (const [i, text] of texts(10).entries()) send(text, 100 + i);
    await Promise.resolve();
    expect(sentTexts()).to.deep.equal(texts(10));
    expect(kernel.sendCalls).to.deep.equal([10, 7, 6]);
    expect(failures).to.deep.equal([]);
  });

  for (const code of [
    'ECONNREFUSED',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'EINVAL',
    'EPERM',
    'EACCES',
    'ENOBUFS',
    'ENOMEM',
    'EBADF',
    'EFAULT',
  ]) {
    it(`reports the one message that meets ${code}, and sends the rest`, async () => {
      kernel.sendFaults = [2, code];
      for (let i = 0; i < 5; i++) send(`m${i}`, 100 + i);
      await Promise.resolve();
      expect(failures).to.deep.equal([{ code, to: peer(102) }]);
      expect(sentTexts()).to.deep.equal(['m0', 'm1', 'm3', 'm4']);
    });
  }

  it('tries again when a send is interrupted', async () => {
    kernel.sendFaults = ['EINTR', 'EINTR', 1, 'EINTR'];
    send('a');
    send('b');
    await Promise.resolve();
    expect(sentTexts()).to.deep.equal(['a', 'b']);
    expect(failures).to.deep.equal([]);
  });

  it('ends even if every send is interrupted', async () => {
    kernel.failing = { call: 'sendmmsg', code: 'EINTR' };
    send('a');
    send('b');
    await Promise.resolve();
    expect(failures.map(({ code }) => code)).to.deep.equal(['EINTR', 'EINTR']);
  });

  it('keeps what finds no room in the system, and sends it in order when there is room', async () => {
    kernel.sendFaults = [2, 'EAGAIN', 'EAGAIN', 1, 'EAGAIN'];
    for (const text of texts(5)) send(text);
    await Promise.resolve();
    send('m5');
    send('m6');
    await until(() => kernel.sent.length === 7);
    expect(sentTexts()).to.deep.equal(texts(7));
    expect(failures).to.deep.equal([]);
  });

  it('keeps a bounded number of them, and reports the rest', async () => {
    kernel.failing = { call: 'sendmmsg', code: 'EAGAIN' };
    const surplus = 100;
    for (const text of texts(BACKLOG_MAX + surplus)) send(text);
    await Promise.resolve();
    expect(failures).to.deep.equal(Array(surplus).fill({ code: 'EAGAIN', to: peer(1) }));
    kernel.failing = undefined;
    await until(() => kernel.sent.length === BACKLOG_MAX);
    expect(sentTexts()).to.deep.equal(texts(BACKLOG_MAX));
  });

  it('keeps a bounded number of bytes', async () => {
    kernel.failing = { call: 'sendmmsg', code: 'EAGAIN' };
    for (let i = 0; i < 100; i++) transport.send(Buffer.alloc(65_507), peer(1));
    await Promise.resolve();
    expect(failures.length).to.be.within(30, 40);
    await transport.close();
  });

  it('keeps copies: what was lent may change meanwhile', async () => {
    kernel.sendFaults = ['EAGAIN'];
    const lent = Buffer.from('as sent');
    transport.send(lent, peer(1));
    lent.fill('x');
    await Promise.resolve();
    transport.send(lent, peer(1));
    lent.fill('y');
    await until(() => kernel.sent.length === 2);
    expect(sentTexts()).to.deep.equal(['as sent', 'xxxxxxx']);
  });

  it('reports what still found no room when it is closed', async () => {
    kernel.failing = { call: 'sendmmsg', code: 'EAGAIN' };
    send('a');
    send('b');
    await transport.close();
    expect(failures.map(({ code }) => code)).to.deep.equal(['EAGAIN', 'EAGAIN']);
  });

  it('lets the one who hears of a failure send', async () => {
    kernel.sendFaults = ['EPERM', 'EPERM'];
    onFailed = () => {
      if (failures.length < 3) send(`after ${failures.length}`);
    };
    send('a');
    send('b', 2);
    await until(() => kernel.sent.length === 2);
    expect(sentTexts()).to.deep.equal(['after 1', 'after 2']);
  });

  for (const code of ['ECONNREFUSED', 'EHOSTUNREACH', 'ENOMEM', 'EFAULT']) {
    it(`outlives ${code} when receiving`, () => {
      kernel.receiveFaults = [code];
      kernel.waiting.push(...texts(40).map((text) => ({ text, peer: peer(1) })));
      kernel.turns();
      expect(received.map(({ text }) => text)).to.deep.equal(texts(40));
      expect(failures).to.deep.equal([{ code, to: 0 }]);
    });
  }

  it('takes no notice of EINTR and EAGAIN when receiving', () => {
    kernel.receiveFaults = ['EINTR', 'EAGAIN'];
    kernel.waiting.push(...texts(3).map((text) => ({ text, peer: peer(1) })));
    kernel.turns();
    expect(received).to.have.length(3);
    expect(failures).to.deep.equal([]);
  });

  it('does bounded work in one turn of the event loop, and the rest in the next ones', async () => {
    onReceived = (datagram, from) => {
      for (let i = 0; i < 10; i++) transport.send(datagram, from);
    };
    const total = 3000;
    kernel.waiting.push(...texts(total).map((text) => ({ text, peer: peer(1) })));
    const perTurn: number[] = [];
    while (received.length < total) {
      const before = received.length + kernel.sent.length;
      kernel.turn();
      perTurn.push(received.length + kernel.sent.length - before);
      await turnOfLoop();
    }
    // One batch may come on top, each datagram with its ten copies.
    expect(Math.max(...perTurn)).to.be.within(WORK_PER_TURN, WORK_PER_TURN + 64 * 11);
    expect(perTurn.length).to.be.greaterThan(8);
    expect(kernel.sent).to.have.length(10 * total);
  });

  it('sends what was called for even if its owner throws', () => {
    onReceived = (datagram, from) => {
      transport.send(datagram, from);
      if (received.length === 2) throw new Error('a bug');
    };
    kernel.waiting.push(...texts(5).map((text) => ({ text, peer: peer(1) })));
    expect(() => kernel.turn()).to.throw('a bug');
    expect(sentTexts()).to.deep.equal(['m0', 'm1']);
  });

  it('throws rather than hand on a length the kernel cannot have meant', () => {
    kernel.waiting.push({ text: 'a', peer: peer(1) }, { text: 'b', peer: peer(1) });
    const honest = kernel.recvmmsg.bind(kernel);
    kernel.recvmmsg = (...call) => {
      honest(...call);
      return 65;
    };
    expect(() => kernel.turn()).to.throw('no more messages are received than were asked for');
  });

  describe('grouping', () => {
    /** What came to a port, in order. */
    const sentTo = (port: number) => kernel.sent.filter((each) => each.peer === peer(port)).map(({ text }) => text);
    const flushed = () => Promise.resolve();

    it('sends what has a length and a destination in common as one message', async () => {
      for (let i = 10; i < 30; i++) {
        send(`${i}`, 1);
        send(`${i}`, 2);
        send(`${i} longer`, 1);
      }
      await flushed();
      expect(kernel.sendCalls).to.deep.equal([3]);
      expect(kernel.groups).to.deep.equal([20, 20, 20]);
      const numbers = Array.from({ length: 20 }, (_, i) => `${i + 10}`);
      expect(sentTo(1)).to.deep.equal([...numbers, ...numbers.map((number) => `${number} longer`)]);
      expect(sentTo(2)).to.deep.equal(numbers);
    });

    it('gathers across all that a turn received', () => {
      onReceived = (datagram) => transport.send(datagram.subarray(0, 1), peer(7));
      kernel.waiting.push(...texts(120).map((text) => ({ text, peer: peer(1) })));
      kernel.turn();
      // Sixty-four are the most that older kernels take in one.
      expect([kernel.sendCalls, kernel.groups]).to.deep.equal([[2], [64, 56]]);
    });

    it('sends the same to each destination but one, from one copy', async () => {
      const lent = Buffer.from('query');
      for (let i = 0; i < 3; i++) transport.sendEach(lent, [peer(1), peer(2), peer(3)], peer(2));
      lent.fill('x');
      await flushed();
      expect(kernel.groups).to.deep.equal([3, 3]);
      expect([sentTo(1), sentTo(2), sentTo(3)]).to.deep.equal([Array(3).fill('query'), [], Array(3).fill('query')]);
    });

    it('copies anew what is sent to so many that the batch is full in between', async () => {
      const ports = Array.from({ length: GATHERED_MAX + 100 }, (_, i) => peer(1 + i));
      transport.sendEach(Buffer.from('first'), ports, undefined);
      transport.sendEach(Buffer.from('second'), ports, undefined);
      await flushed();
      for (const port of [1, GATHERED_MAX, GATHERED_MAX + 1, GATHERED_MAX + 100]) {
        expect(sentTo(port)).to.deep.equal(['first', 'second']);
      }
      expect(kernel.sent).to.have.length(2 * ports.length);
    });

    it('groups nothing of no bytes, and nothing too long for a frame', async () => {
      for (const length of [0, 1, 1400, 1401]) {
        transport.send(Buffer.alloc(length), peer(1));
        transport.send(Buffer.alloc(length), peer(1));
      }
      await flushed();
      expect(kernel.groups).to.deep.equal([1, 1, 2, 2, 1, 1]);
      expect(kernel.sent.map(({ text }) => text.length)).to.deep.equal([0, 0, 1, 1, 1400, 1400, 1401, 1401]);
    });

    it('makes no message longer than a datagram may be', async () => {
      for (let i = 0; i < 100; i++) transport.send(Buffer.alloc(1400, i), peer(1));
      await flushed();
      expect(kernel.groups).to.deep.equal([46, 46, 8]);
      expect(kernel.sent.map(({ text }) => text.charCodeAt(1399))).to.deep.equal(
        Array.from({ length: 100 }, (_, i) => i),
      );
    });

    it('keeps destinations apart whose lower halves are the same', async () => {
      const twins = [endpointOf(0x7f010001, 9), endpointOf(0x7f020001, 9)];
      for (let i = 0; i < 6; i++) transport.send(Buffer.from(`${i}`), twins[i % 2]!);
      await flushed();
      expect(kernel.sent.map(({ text, peer: to }) => `${text} ${twins.indexOf(to)}`).sort()).to.deep.equal(
        Array.from({ length: 6 }, (_, i) => `${i} ${i % 2}`),
      );
    });

    it('groups nothing where the system cannot', async () => {
      await open({ call: 'setsockopt', code: 'ENOPROTOOPT' });
      for (const text of texts(10)) send(text);
      await flushed();
      expect(kernel.groups).to.deep.equal(Array(10).fill(1));
    });

    for (const code of ['EPERM', 'ENOBUFS', 'ENOMEM', 'ECONNREFUSED']) {
      it(`sends a group that meets ${code} one by one, and goes on grouping`, async () => {
        kernel.sendFaults = [1, code];
        for (const port of [1, 2, 3]) for (const text of texts(5)) send(text, port);
        await flushed();
        for (const port of [1, 2, 3]) expect(sentTo(port).sort()).to.deep.equal(texts(5));
        for (const text of texts(5)) send(text);
        await flushed();
        expect(kernel.groups).to.deep.equal([5, 1, 5, 1, 1, 1, 1, 5]);
        expect(failures).to.deep.equal([]);
      });
    }

    for (const code of ['EINVAL', 'EIO', 'ENOPROTOOPT']) {
      it(`groups only what is shorter once ${code} was said of a group and not of its datagrams`, async () => {
        kernel.groupFault = { code, from: 4 };
        for (let i = 0; i < 3; i++) for (const text of ['abc', 'abcd', 'abcde']) send(text);
        await flushed();
        expect(kernel.sent.map(({ text }) => text).sort()).to.deep.equal([
          ...Array(3).fill('abc'),
          ...Array(3).fill('abcd'),
          ...Array(3).fill('abcde'),
        ]);
        kernel.groups.length = kernel.sendCalls.length = 0;
        for (let i = 0; i < 3; i++) for (const text of ['abc', 'abcd', 'abcde']) send(text);
        await flushed();
        expect(kernel.groups).to.deep.equal([3, 1, 1, 1, 1, 1, 1]);
        expect([kernel.sendCalls, failures]).to.deep.equal([[7], []]);
      });
    }

    it('goes on grouping where the datagrams are refused alone too', async () => {
      kernel.sendFaults = ['EINVAL', 'EINVAL', 1, 'EINVAL', 'EINVAL'];
      for (const port of [1, 2]) for (const text of texts(3)) send(text, port);
      await flushed();
      expect(failures).to.deep.equal(Array(3).fill({ code: 'EINVAL', to: peer(1) }));
      for (const text of texts(3)) send(text, 1);
      await flushed();
      expect(kernel.groups).to.deep.equal([3, 3]);
    });

    it('counts each datagram of a group that fails for its own destination', async () => {
      kernel.failing = { call: 'sendmmsg', code: 'EHOSTUNREACH' };
      for (const port of [1, 2]) for (const text of texts(3)) send(text, port);
      await flushed();
      expect(failures.filter(({ to }) => to === peer(1))).to.have.length(3);
      expect(failures.filter(({ to }) => to === peer(2))).to.have.length(3);
    });

    it('keeps each datagram of a group for which there is no room', async () => {
      kernel.sendFaults = [1, 'EAGAIN', 'EAGAIN', 'EPERM', 1, 'EAGAIN'];
      for (const port of [1, 2]) for (const text of texts(5)) send(text, port);
      await flushed();
      await until(() => kernel.sent.length === 10);
      for (const port of [1, 2]) expect(sentTo(port).sort()).to.deep.equal(texts(5));
      expect(failures).to.deep.equal([]);
    });

    it('loses and doubles nothing, whatever fails', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 3 })), { maxLength: 60 }),
          fc.array(
            fc.oneof(fc.constantFrom('EAGAIN', 'EINTR', 'EPERM', 'EINVAL', 'ENOBUFS'), fc.integer({ min: 1, max: 4 })),
          ),
          async (datagrams, faults) => {
            failures = [];
            await open();
            kernel.sendFaults = faults;
            for (const [i, [port, length]] of datagrams.entries())
              send(String.fromCharCode(32 + i).repeat(length), port);
            await transport.close();
            const gone = [...kernel.sent.map((each) => each.peer), ...failures.map(({ to }) => to)];
            expect(gone.sort()).to.deep.equal(datagrams.map(([port]) => peer(port)).sort());
            const all = datagrams.map(
              ([port, length], i) => `${String.fromCharCode(32 + i).repeat(length)} ${peer(port)}`,
            );
            for (const each of kernel.sent) expect(all).to.include(`${each.text} ${each.peer}`);
          },
        ),
      );
    });
  });

  describe('groups that come', () => {
    const lengths = () => received.map(({ text }) => text.length);

    it('are taken apart into what was sent, the last of them shorter', () => {
      kernel.waiting.push(
        { text: 'aabbc', peer: peer(1), segment: 2 },
        { text: 'alone', peer: peer(2) },
        { text: 'ddee', peer: peer(3), segment: 2 },
      );
      kernel.turn();
      expect(received).to.deep.equal([
        ...['aa', 'bb', 'c'].map((text) => ({ text, from: peer(1) })),
        { text: 'alone', from: peer(2) },
        ...['dd', 'ee'].map((text) => ({ text, from: peer(3) })),
      ]);
    });

    it('may be as long as a message, of datagrams short or long', () => {
      for (const segment of [1, 700, 1472, 65_000]) {
        kernel.waiting.push({ text: 'x'.repeat(65_507), peer: peer(1), segment });
        kernel.turn();
        const whole = Math.floor(65_507 / segment);
        expect(lengths()).to.deep.equal([
          ...Array(whole).fill(segment),
          ...(65_507 % segment ? [65_507 % segment] : []),
        ]);
        received.length = 0;
      }
    });

    it('are datagrams that may be changed in place and sent on', () => {
      onReceived = (datagram) => {
        datagram[0] = 'x'.charCodeAt(0);
        transport.sendEach(datagram, [peer(1), peer(2)], peer(1));
      };
      kernel.waiting.push({ text: 'a1a2a3', peer: peer(1), segment: 2 });
      kernel.turn();
      expect([sentTexts(), kernel.groups]).to.deep.equal([['x1', 'x2', 'x3'], [3]]);
    });

    it('are one datagram where the segment is not shorter', () => {
      kernel.waiting.push({ text: 'abc', peer: peer(1), segment: 3 }, { text: 'abc', peer: peer(1), segment: 9 });
      kernel.turn();
      expect(received.map(({ text }) => text)).to.deep.equal(['abc', 'abc']);
    });

    it('are not handled further once it is closed', () => {
      onReceived = () => void transport.close();
      kernel.waiting.push({ text: 'abcdef', peer: peer(1), segment: 1 }, { text: 'g', peer: peer(1) });
      kernel.turn();
      expect(received).to.have.length(1);
    });

    it('count datagram by datagram as a turn of the event loop is bounded', () => {
      kernel.waiting.push(...texts(200).map(() => ({ text: 'x'.repeat(64), peer: peer(1), segment: 1 })));
      kernel.turn();
      expect(received).to.have.length(64 * 64);
      kernel.turns();
      expect(received).to.have.length(200 * 64);
    });

    it('leave room for the next ones, whoever throws in between', () => {
      onReceived = () => {
        if (received.length === 3) throw new Error('a bug');
      };
      kernel.waiting.push(...texts(70).map(() => ({ text: 'abcd', peer: peer(1), segment: 1 })));
      expect(() => kernel.turn()).to.throw('a bug');
      kernel.turns();
      expect(lengths()).to.deep.equal(Array(3 + 6 * 4).fill(1));
    });

    for (const socket of ['the port', 'a peer']) {
      it(`are asked for at the socket of ${socket}`, async () => {
        await open(undefined, { ...OPTIONS, peers: [peer(1)] });
        const waiting = socket === 'a peer' ? kernel.waitingFrom(peer(1)) : kernel.waiting;
        waiting.push({ text: 'ab', peer: peer(1), segment: 1 });
        kernel.turn();
        expect(received.map(({ text }) => text)).to.deep.equal(['a', 'b']);
      });
    }
  });

  describe('with peers', () => {
    const A = peer(5001);
    const B = peer(5002);
    const PEERS = { ...OPTIONS, peers: [A, B, A] };
    /** Behind the port's two sockets, and the two that it is tried with who hears. */
    const FIRST_PEER_FD = FD + 4;
    const from = (sender: Endpoint, count: number) => texts(count).map((text) => ({ text, peer: sender }));
    const receivedFrom = (sender: Endpoint) => received.filter((datagram) => datagram.from === sender).length;

    beforeEach(() => open(undefined, PEERS));

    it('has one socket for each, and none that lets others on the port', () => {
      expect(kernel.connected).to.deep.equal([A, B]);
      expect([...kernel.sockets.values()].map(({ shares }) => shares)).to.deep.equal(Array(4).fill(false));
    });

    it('receives from all of them, by what each datagram says of its sender', () => {
      kernel.waiting.push(...from(peer(9), 40), ...from(A, 1));
      kernel.waitingFrom(A).push(...from(A, 70), ...from(peer(9), 1));
      kernel.waitingFrom(B).push(...from(B, 1));
      kernel.turn();
      expect([receivedFrom(peer(9)), receivedFrom(A), receivedFrom(B)]).to.deep.equal([41, 71, 1]);
      expect(received.filter((datagram) => datagram.from === A).map(({ text }) => text)).to.deep.equal([
        'm0',
        ...texts(70),
      ]);
    });

    it('closes them all', async () => {
      await transport.close();
      expect(kernel.sockets.size).to.equal(0);
    });

    for (const [call, code] of [
      ['socket', 'EMFILE'],
      ['setsockopt', 'ENOPROTOOPT'],
      ['bind', 'EADDRINUSE'],
      ['connect', 'ENETUNREACH'],
      ['connect', 'EACCES'],
      ['connect', 'EINVAL'],
      ['watch', 'EINVAL'],
    ] as const) {
      it(`leaves a peer to the first socket when ${call} fails with ${code}`, async () => {
        await open({ call, code, fd: FIRST_PEER_FD }, PEERS);
        // Without a descriptor for one there is none for the next either.
        expect(kernel.connected).to.deep.equal(call === 'socket' ? [] : [B]);
        expect([...kernel.sockets.values()].map(({ shares }) => shares)).to.not.include(true);
        kernel.waiting.push(...from(A, 3));
        kernel.turn();
        expect(receivedFrom(A)).to.equal(3);
        expect(kernel.sockets.size).to.equal(2 + kernel.connected.length);
        await transport.close();
        expect(kernel.sockets.size).to.equal(0);
      });
    }

    for (const code of ['ECONNREFUSED', 'EHOSTUNREACH', 'ENOMEM']) {
      it(`outlives ${code} from a peer's socket, and says which peer it was`, () => {
        kernel.receiveFaults = [code];
        kernel.waitingFrom(A).push(...from(A, 200));
        kernel.turns();
        expect(receivedFrom(A)).to.equal(200);
        expect(failures).to.deep.equal([{ code, to: A }]);
      });
    }

    it('serves sockets that are loaded in turn', async () => {
      onReceived = (datagram, sender) => transport.send(datagram, sender);
      for (let turn = 0; turn < 20; turn++) {
        for (const [waiting, sender] of [
          [kernel.waiting, peer(9)],
          [kernel.waitingFrom(A), A],
          [kernel.waitingFrom(B), B],
        ] as const) {
          waiting.push(...from(sender, 5000 - waiting.length));
        }
        kernel.turn();
        await turnOfLoop();
      }
      const shares = [peer(9), A, B].map((sender) => receivedFrom(sender) / received.length);
      for (const share of shares) expect(share).to.be.within(0.3, 0.4);
    });

    it('lets a peer wait for one turn at most, however many clients ask', async () => {
      onReceived = (datagram, sender) => transport.send(datagram, sender);
      for (let turn = 0; turn < 20; turn++) {
        kernel.waiting.push(...from(peer(9), 5000 - kernel.waiting.length));
        kernel.waitingFrom(B).push(...from(B, 200));
        kernel.turn();
        await turnOfLoop();
        expect(kernel.waitingFrom(B).length).to.be.lessThan(200);
      }
    });

    it('does bounded work in one turn, however many sockets are loaded', async () => {
      onReceived = (datagram, sender) => {
        for (let i = 0; i < 10; i++) transport.send(datagram, sender);
      };
      const total = 3 * 2000;
      kernel.waiting.push(...from(peer(9), 2000));
      for (const sender of [A, B]) kernel.waitingFrom(sender).push(...from(sender, 2000));
      const perTurn: number[] = [];
      while (received.length < total) {
        const before = received.length + kernel.sent.length;
        kernel.turn();
        perTurn.push(received.length + kernel.sent.length - before);
        await turnOfLoop();
      }
      // One batch may come on top, each datagram with its ten copies.
      expect(Math.max(...perTurn)).to.be.within(WORK_PER_TURN, WORK_PER_TURN + 64 * 11);
      expect(kernel.sent).to.have.length(10 * total);
    });

    it('goes on serving a socket in whose turn its owner threw', () => {
      onReceived = () => {
        if (received.length === 5) throw new Error('a bug');
      };
      kernel.waitingFrom(A).push(...from(A, 300));
      expect(() => kernel.turn()).to.throw('a bug');
      kernel.turn();
      expect(kernel.waitingFrom(A)).to.have.length(0);
    });
  });

  describe('opening', () => {
    const failure = (failing: FakeKernel['failing']) =>
      open(failing).then(
        () => expect.fail('opened'),
        (error: NodeJS.ErrnoException) => error,
      );

    for (const code of ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL']) {
      it(`fails with the system's ${code}, and leaves nothing open`, async () => {
        const error = await failure({ call: 'bind', code });
        expect(error).to.include({ code, syscall: 'bind', address: '127.0.0.1', port: 5000 });
        expect(error.message).to.equal(`bind ${code} 127.0.0.1:5000`);
        expect(kernel.closedFds).to.deep.equal([42]);
      });
    }

    for (const [call, closed] of [
      ['recvmmsg', [44, 45, 43, 42]],
      ['sendmmsg', [44, 45, 43, 42]],
      ['getsockname', [42]],
    ] as const) {
      it(`fails where ${call} is not to be had, and leaves nothing open`, async () => {
        expect(await failure({ call, code: 'ENOSYS' })).to.include({ code: 'ENOSYS', syscall: call });
        expect(kernel.closedFds).to.deep.equal(closed);
      });
    }

    it('fails where a socket cannot be watched, so that dgram serves in its place, and leaves nothing open', async () => {
      expect(await failure({ call: 'watch', code: 'EINVAL' })).to.be.instanceOf(NoBatchesError);
      expect(kernel.sockets.size).to.equal(0);
    });

    it('fails without a descriptor', async () => {
      expect(await failure({ call: 'socket', code: 'EMFILE' })).to.include({ code: 'EMFILE', syscall: 'socket' });
      expect(kernel.closedFds).to.deep.equal([]);
    });

    it('takes a receive buffer that is not granted as it comes', async () => {
      await open({ call: 'setsockopt', code: 'EPERM' });
    });
  });
});
