/**
 * A C library and an event loop that exist only in memory, for the batched transport: datagrams put into a socket come out of
 * recvmmsg, what goes into sendmmsg is written down, and any call can be made to fail. Like a kernel it follows the addresses it
 * is handed, byte by byte, and keeps a port for one socket unless all allow others; like no kernel it throws when an address
 * leads outside the memory it knows.
 */

import { constants } from 'node:os';
import { type Endpoint, endpointOf, ipOf, portOf } from '../../shared/endpoint';
import type { BatchSystem } from '../../shared/udp/batch-transport';
import {
  type Libc,
  NoBatchesError,
  SO_REUSEADDR,
  SOL_SOCKET,
  SOL_UDP,
  UDP_GRO,
  UDP_SEGMENT,
} from '../../shared/udp/libc';

export interface Datagram {
  text: string;
  peer: Endpoint;
  /** Of a group: the bytes of each of its datagrams but the last. */
  segment?: number;
}

const SERVENT = endpointOf(0x7f000001, 5000);
/** What a port that the system chooses is counted from. */
const FIRST_FREE_PORT = 40_000;
/** The descriptor of the socket opened first; the next ones follow. */
export const FD = 42;

interface FakeSocket {
  /** What waits to be received. */
  waiting: Datagram[];
  port: number | undefined;
  /** Allows others on its port. */
  shares: boolean;
  peer: Endpoint | undefined;
  /** Who watches it. */
  readable: (() => void) | undefined;
  /** Datagrams that came in a group are received as one message. */
  joins: boolean;
}

export class FakeKernel implements Libc, BatchSystem {
  readonly sockets = new Map<number, FakeSocket>();
  readonly sent: Datagram[] = [];
  /** Of each message sent: by which socket. */
  readonly sentFrom: number[] = [];
  /** How many messages each call of sendmmsg was handed. */
  readonly sendCalls: number[] = [];
  /** Of each message sent: how many datagrams it was. */
  readonly groups: number[] = [];
  /** What the next calls of sendmmsg do: fail with a name, or take at most a number of messages. Then all is well. */
  sendFaults: (string | number)[] = [];
  /** What messages of several datagrams fail with, if those have at least so many bytes. */
  groupFault: { code: string; from: number } | undefined;
  /** What the next calls of recvmmsg fail with. */
  receiveFaults: string[] = [];
  /** The call that always fails, on one descriptor or on all, and how. */
  failing: { call: string; code: string; fd?: number } | undefined;
  readonly closedFds: number[] = [];
  #errno = 0;
  #nextFd = FD;
  /** Tasks for the end of the turn. */
  readonly #planned: (() => void)[] = [];
  readonly #memories: { from: number; bytes: Uint8Array }[] = [];

  get libc(): Libc {
    return this;
  }

  /** What comes to the port is for the socket bound last, as on Linux, or first, or nobody. */
  hears: 'last' | 'first' | 'nobody' = 'last';
  /** What waits where everything comes to that is no peer's. */
  get waiting(): Datagram[] {
    return this.#hearing[1].waiting;
  }

  /** The socket that hears everybody but peers. */
  get #hearing(): [fd: number, socket: FakeSocket] {
    return this.#hearingAt(portOf(SERVENT));
  }

  #hearingAt(port: number): [fd: number, socket: FakeSocket] {
    const bound = [...this.sockets].filter(([, socket]) => socket.port === port && socket.peer === undefined);
    const hearing = this.hears === 'first' ? bound[0] : bound.at(-1);
    if (!hearing) throw new Error('nothing is bound');
    return hearing;
  }

  /** What waits at the socket connected to a peer. */
  waitingFrom(peer: Endpoint): Datagram[] {
    for (const socket of this.sockets.values()) if (socket.peer === peer) return socket.waiting;
    throw new Error('no socket is connected to this peer');
  }

  /** The peers that sockets are connected to. */
  get connected(): Endpoint[] {
    return [...this.sockets.values()].flatMap(({ peer }) => peer ?? []);
  }

  watchSocket: BatchSystem['watchSocket'] = (fd, readable) => {
    const socket = this.#socket(fd);
    if (this.#call('watch', 0, fd) < 0) throw new NoBatchesError('the socket cannot be watched');
    socket.readable = readable;
    return { close: () => (socket.readable = undefined) };
  };

  setImmediate(task: () => void): void {
    this.#planned.push(task);
  }

  /** One turn of the event loop: whoever has something to read is told, and then what was planned is done. */
  turn(): void {
    for (const { waiting, readable } of this.sockets.values()) if (waiting.length > 0) readable?.();
    for (const task of this.#planned.splice(0)) task();
  }

  /** As many turns as it takes. */
  turns(): void {
    while ([...this.sockets.values()].some(({ waiting, readable }) => waiting.length > 0 && readable)) this.turn();
  }

  addressOf(buffer: ArrayBuffer): number {
    // Far apart, so that no address slips from one memory into another; beyond 2^32, so that both halves count.
    const from = (this.#memories.length + 1) * 2 ** 40 + 2 ** 33 + 4096;
    this.#memories.push({ from, bytes: new Uint8Array(buffer) });
    return from;
  }

  socket(): number {
    const fd = this.#nextFd;
    if (this.#call('socket', fd, fd) < 0) return -1;
    this.#nextFd += 1;
    this.sockets.set(fd, {
      waiting: [],
      port: undefined,
      shares: false,
      peer: undefined,
      readable: undefined,
      joins: false,
    });
    return fd;
  }

  bind(fd: number, address: Uint8Array): number {
    const socket = this.#socket(fd);
    const port = Buffer.from(address).readUInt16BE(2) || FIRST_FREE_PORT + fd;
    const others = [...this.sockets.values()].filter((other) => other.port === port);
    if (others.length > 0 && ![socket, ...others].every(({ shares }) => shares)) return this.#fail('EADDRINUSE');
    const result = this.#call('bind', 0, fd);
    if (result === 0) socket.port = port;
    return result;
  }

  connect(fd: number, address: Uint8Array): number {
    const result = this.#call('connect', 0, fd);
    const name = Buffer.from(address);
    if (result === 0) this.#socket(fd).peer = endpointOf(name.readUInt32BE(4), name.readUInt16BE(2));
    return result;
  }

  setsockopt(fd: number, level: number, name: number, value: Uint8Array): number {
    const socket = this.#socket(fd);
    const result = this.#call('setsockopt', 0, fd);
    if (result < 0) return result;
    if (level === SOL_SOCKET && name === SO_REUSEADDR) socket.shares = value[0] === 1;
    if (level === SOL_UDP && name === UDP_GRO) socket.joins = value[0] === 1;
    return result;
  }

  getsockname(fd: number, address: Uint8Array): number {
    const port = this.#socket(fd).port ?? portOf(SERVENT);
    Buffer.from(address.buffer, address.byteOffset).set([2, 0, port >> 8, port & 255, 127, 0, 0, 1]);
    return this.#call('getsockname', 0, fd);
  }

  close(fd: number): number {
    if (!this.sockets.delete(fd)) throw new Error('the descriptor is not open');
    this.closedFds.push(fd);
    return 0;
  }

  sendto(fd: number, bytes: Uint8Array, _length: number, _flags: number, address: Uint8Array): number {
    if (this.#call('sendto', 0, fd) < 0) return -1;
    const text = Buffer.from(bytes).toString('latin1');
    const port = Buffer.from(address).readUInt16BE(2);
    if (this.hears !== 'nobody') this.#hearingAt(port)[1].waiting.push({ text, peer: SERVENT });
    return bytes.length;
  }

  recv(fd: number, bytes: Uint8Array): number {
    const datagram = this.#socket(fd).waiting.shift();
    if (!datagram) return this.#fail('EAGAIN');
    return Buffer.from(bytes.buffer).write(datagram.text, 'latin1');
  }

  errno(): number {
    return this.#errno;
  }

  recvmmsg(fd: number, vector: number, count: number, _flags: number, _timeout: 0): number {
    const { waiting, joins } = this.#socket(fd);
    const failed = this.#call('recvmmsg', 0, fd);
    if (failed < 0 || count === 0) return failed;
    const fault = this.receiveFaults.shift();
    if (fault) return this.#fail(fault);
    if (waiting.length === 0) return this.#fail('EAGAIN');
    const taken = waiting.splice(0, count);
    for (const [i, { text, peer, segment = 0 }] of taken.entries()) {
      const message = this.#message(vector, i);
      const [room] = message.parts;
      if (message.nameRoom !== 16) throw new Error('the peer does not fit');
      if (message.parts.length !== 1 || text.length > room!.length) throw new Error('the datagram does not fit');
      room!.write(text, 'latin1');
      message.header.writeUInt32LE(text.length, 56);
      message.name.writeUInt16BE(portOf(peer), 2);
      message.name.writeUInt32BE(ipOf(peer), 4);
      if (segment > 0 && !joins) throw new Error('nobody asked for groups');
      if (pointer(message.header, 40) !== 24) throw new Error('the control data does not fit');
      if (segment > 0) writeSegment(this.#at(pointer(message.header, 32), 24), segment);
      message.header.writeUInt32LE(segment > 0 ? 24 : 0, 40);
    }
    return taken.length;
  }

  sendmmsg(fd: number, vector: number, count: number, _flags: number): number {
    if (fd !== FD && count > 1) throw new Error('many messages leave another socket than the first');
    const failed = this.#call('sendmmsg', 0, fd);
    if (failed < 0 || count === 0) return failed;
    this.sendCalls.push(count);
    const fault = this.sendFaults.shift() ?? count;
    if (typeof fault === 'string') return this.#fail(fault);
    const taken = Math.min(fault, count);
    for (let i = 0; i < taken; i++) {
      const { header, name, parts } = this.#message(vector, i);
      const segment = pointer(header, 40) === 0 ? 0 : this.#segment(pointer(header, 32), pointer(header, 40), parts);
      if (segment === 0 && parts.length !== 1) throw new Error('a datagram has one part');
      const { code, from = 0 } = this.groupFault ?? {};
      if (code && parts.length > 1 && segment >= from) return i > 0 ? i : this.#fail(code);
      if (name.readUInt16LE(0) !== 2) throw new Error('the address is no IPv4 address');
      const text = Buffer.concat(parts).toString('latin1');
      const peer = endpointOf(name.readUInt32BE(4), name.readUInt16BE(2));
      this.groups.push(parts.length);
      this.sentFrom.push(fd);
      for (let at = 0; at < text.length || at === 0; at += segment || text.length || 1) {
        this.sent.push({ text: text.slice(at, segment ? at + segment : undefined), peer });
      }
    }
    return taken;
  }

  #message(vector: number, i: number) {
    const header = this.#at(vector + i * 64, 64);
    const count = pointer(header, 24);
    const iovecs = this.#at(pointer(header, 16), 16 * count);
    const parts = Array.from({ length: count }, (_, part) =>
      this.#at(pointer(iovecs, 16 * part), pointer(iovecs, 16 * part + 8)),
    );
    return { header, nameRoom: header.readUInt32LE(8), name: this.#at(pointer(header, 0), 16), parts };
  }

  /** The bytes of each datagram of a message, held to what kernels take. */
  #segment(address: number, length: number, parts: readonly Buffer[]): number {
    const control = this.#at(address, length);
    if (length !== 24 || pointer(control, 0) !== 18) throw new Error('the control data is of another length');
    if (control.readUInt32LE(8) !== SOL_UDP || control.readUInt32LE(12) !== UDP_SEGMENT)
      throw new Error('not UDP_SEGMENT');
    const segment = control.readUInt16LE(16);
    if (segment < 1 || segment > 1400) throw new Error('a segment fits no frame');
    if (parts.length < 2 || parts.length > 64) throw new Error('a group is of 2 to 64 datagrams');
    if (parts.some((part) => part.length !== segment)) throw new Error('a part is no segment');
    if (parts.length * segment > 65_507) throw new Error('a message is longer than any datagram');
    return segment;
  }

  #at(address: number, length: number): Buffer {
    for (const { from, bytes } of this.#memories) {
      const offset = address - from;
      if (offset >= 0 && offset + length <= bytes.length) return Buffer.from(bytes.buffer, offset, length);
    }
    throw new Error(`${length} bytes at ${address} are nobody's`);
  }

  #socket(fd: number): FakeSocket {
    const socket = this.sockets.get(fd);
    if (!socket) throw new Error('the descriptor is not open');
    return socket;
  }

  #call(name: string, result: number, fd: number): number {
    const { call, code, fd: only = fd } = this.failing ?? {};
    return code !== undefined && call === name && only === fd ? this.#fail(code) : result;
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

/** Control data as the kernel writes it. */
function writeSegment(control: Buffer, segment: number): void {
  control.writeBigUInt64LE(20n, 0);
  control.writeUInt32LE(SOL_UDP, 8);
  control.writeUInt32LE(UDP_GRO, 12);
  control.writeUInt32LE(segment, 16);
}
