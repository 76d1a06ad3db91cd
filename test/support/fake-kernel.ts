/**
 * A C library and a Node that exist only in memory, for the batched transport: datagrams put into the socket come out of
 * recvmmsg, what goes into sendmmsg is written down, and any call can be made to fail. Like a kernel it follows the addresses it
 * is handed, byte by byte, and like no kernel it throws when one leads outside the memory it knows.
 */

import { constants } from 'node:os';
import { type Endpoint, endpointOf, ipOf, portOf } from '../../shared/endpoint';
import type { BatchSystem } from '../../shared/transport/batch-transport';
import type { Libc } from '../../shared/transport/libc';
import type { ReadinessEvents } from '../../shared/transport/readiness';

export interface Datagram {
  text: string;
  peer: Endpoint;
}

/** Node reads up to this many datagrams itself in one turn of its event loop. */
const NODE_READS_PER_TURN = 32;

const SERVENT = endpointOf(0x7f000001, 5000);
const FD = 42;

export class FakeKernel implements Libc, BatchSystem {
  /** What waits to be received. */
  readonly waiting: Datagram[] = [];
  readonly sent: Datagram[] = [];
  /** How many messages each call of sendmmsg was handed. */
  readonly sendCalls: number[] = [];
  /** What the next calls of sendmmsg do: fail with a name, or take at most a number of messages. Then all is well. */
  sendFaults: (string | number)[] = [];
  /** What the next calls of recvmmsg fail with. */
  receiveFaults: string[] = [];
  /** The call that always fails, and how. */
  failing: { call: string; code: string } | undefined;
  readonly closedFds: number[] = [];
  readonly watched: ReadinessEvents[] = [];
  #errno = 0;
  readonly #memories: { from: number; bytes: Uint8Array }[] = [];

  get libc(): Libc {
    return this;
  }

  watchSocket: BatchSystem['watchSocket'] = async (fd, events) => {
    this.watched.push(events);
    return { close: async () => void this.closedFds.push(fd) };
  };

  /** One turn of the event loop, as Node reads a socket: one datagram, its event, and again. Gives how many it read itself. */
  turn(): number {
    let reads = 0;
    while (reads < NODE_READS_PER_TURN && this.waiting.length > 0) {
      const { text, peer } = this.waiting.shift()!;
      reads += 1;
      this.watched[0]!.readable(Buffer.from(text, 'latin1'), peer);
    }
    return reads;
  }

  addressOf(buffer: ArrayBuffer): number {
    // Far apart, so that no address slips from one memory into another; beyond 2^32, so that both halves count.
    const from = (this.#memories.length + 1) * 2 ** 40 + 2 ** 33 + 4096;
    this.#memories.push({ from, bytes: new Uint8Array(buffer) });
    return from;
  }

  socket(): number {
    return this.#call('socket', FD);
  }

  bind(): number {
    return this.#call('bind', 0);
  }

  connect(): number {
    return this.#call('connect', 0);
  }

  setsockopt(): number {
    return this.#call('setsockopt', 0);
  }

  getsockname(_fd: number, address: Uint8Array): number {
    Buffer.from(address.buffer, address.byteOffset).set([
      2,
      0,
      portOf(SERVENT) >> 8,
      portOf(SERVENT) & 255,
      127,
      0,
      0,
      1,
    ]);
    return this.#call('getsockname', 0);
  }

  close(fd: number): number {
    this.closedFds.push(fd);
    return 0;
  }

  errno(): number {
    return this.#errno;
  }

  recvmmsg(fd: number, vector: number, count: number, _flags: number, _timeout: 0): number {
    if (fd !== FD) throw new Error('recvmmsg on another descriptor');
    const failed = this.#call('recvmmsg', 0);
    if (failed < 0 || count === 0) return failed;
    const fault = this.receiveFaults.shift();
    if (fault) return this.#fail(fault);
    if (this.waiting.length === 0) return this.#fail('EAGAIN');
    const taken = this.waiting.splice(0, count);
    for (const [i, { text, peer }] of taken.entries()) {
      const message = this.#message(vector, i);
      if (message.nameRoom !== 16) throw new Error('the peer does not fit');
      if (text.length > message.room.length) throw new Error('the datagram does not fit');
      message.room.write(text, 'latin1');
      message.header.writeUInt32LE(text.length, 56);
      message.name.writeUInt16BE(portOf(peer), 2);
      message.name.writeUInt32BE(ipOf(peer), 4);
    }
    return taken.length;
  }

  sendmmsg(fd: number, vector: number, count: number, _flags: number): number {
    if (fd !== FD) throw new Error('sendmmsg on another descriptor');
    const failed = this.#call('sendmmsg', 0);
    if (failed < 0 || count === 0) return failed;
    this.sendCalls.push(count);
    const fault = this.sendFaults.shift() ?? count;
    if (typeof fault === 'string') return this.#fail(fault);
    const taken = Math.min(fault, count);
    for (let i = 0; i < taken; i++) {
      const { name, room } = this.#message(vector, i);
      if (name.readUInt16LE(0) !== 2) throw new Error('the address is no IPv4 address');
      this.sent.push({
        text: room.toString('latin1'),
        peer: endpointOf(name.readUInt32BE(4), name.readUInt16BE(2)),
      });
    }
    return taken;
  }

  #message(vector: number, i: number) {
    const header = this.#at(vector + i * 64, 64);
    const iovec = this.#at(pointer(header, 16), 16);
    if (pointer(header, 24) !== 1) throw new Error('a message has one part');
    if (pointer(header, 32) !== 0 || pointer(header, 40) !== 0) throw new Error('a message has no control data');
    return {
      header,
      nameRoom: header.readUInt32LE(8),
      name: this.#at(pointer(header, 0), 16),
      room: this.#at(pointer(iovec, 0), pointer(iovec, 8)),
    };
  }

  #at(address: number, length: number): Buffer {
    for (const { from, bytes } of this.#memories) {
      const offset = address - from;
      if (offset >= 0 && offset + length <= bytes.length) return Buffer.from(bytes.buffer, offset, length);
    }
    throw new Error(`${length} bytes at ${address} are nobody's`);
  }

  #call(name: string, result: number): number {
    return this.failing?.call === name ? this.#fail(this.failing.code) : result;
  }

  #fail(code: string): -1 {
    const errno = (constants.errno as Record<string, number>)[code];
    if (errno === undefined) throw new Error(`${code} is no error of this system`);
    this.#errno = errno;
    return -1;
  }
}

function pointer(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;
}
