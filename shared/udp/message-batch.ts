/**
 * A batch of messages as recvmmsg and sendmmsg want them on 64-bit little-endian Linux. Each message has a
 *
 *   mmsghdr      0      8           16    24      32        40           48      56    60  64
 *                | name | namelen   | iov | iovlen | control | controllen | flags | len |   |
 *   iovec        0      8    16
 *                | base | len |
 *   sockaddr_in  0        2      4         8      16
 *                | family | port | address | zero |          port and address in network byte order
 */

import assert from 'node:assert/strict';
import { type Endpoint, endpointOf, ipOf, portOf } from '../endpoint';
import { BATCH, type DatagramArena } from './datagram-arena';
import { AF_INET, type Libc } from './libc';

const HEADER_BYTES = 64;
const IOVEC_BYTES = 16;
export const SOCKADDR_BYTES = 16;

const IOVECS = BATCH * HEADER_BYTES;
const SOCKADDRS = IOVECS + BATCH * IOVEC_BYTES;

export class MessageBatch {
  readonly #memory = new ArrayBuffer(SOCKADDRS + BATCH * SOCKADDR_BYTES);
  readonly #bytes = new Uint8Array(this.#memory);
  readonly #words = new Uint32Array(this.#memory);
  readonly #address: number;
  readonly #arena: DatagramArena;

  constructor(libc: Libc, arena: DatagramArena) {
    this.#arena = arena;
    this.#address = libc.addressOf(this.#memory);
    assert(Number.isSafeInteger(this.#address) && this.#address > 0, 'the batch has an address');
    for (let i = 0; i < BATCH; i++) {
      const header = i * HEADER_BYTES;
      this.#putPointer(header, this.#address + SOCKADDRS + i * SOCKADDR_BYTES);
      this.#putPointer(header + 16, this.#address + IOVECS + i * IOVEC_BYTES);
      this.#words[(header + 24) / 4] = 1;
      this.#words[(SOCKADDRS + i * SOCKADDR_BYTES) / 4] = AF_INET;
      this.expectPeer(i);
    }
  }

  /** The address of the messages from `first` on, `count` of them. */
  vector(first: number, count: number): number {
    if (!(first >= 0 && count >= 0 && first + count <= BATCH)) assert.fail('the messages lie in the batch');
    return this.#address + first * HEADER_BYTES;
  }

  /** Points message i at `length` bytes of the arena. */
  point(i: number, offset: number, length: number): void {
    const iovec = IOVECS + i * IOVEC_BYTES;
    this.#putPointer(iovec, this.#arena.addressOf(offset, length));
    this.#words[(iovec + 8) >>> 2] = length;
  }

  /** How many bytes the kernel wrote into message i. */
  receivedBytes(i: number): number {
    return this.#words[(i * HEADER_BYTES + 56) >>> 2]!;
  }

  /** The room for the peer's address, which the kernel replaced by the length it wrote. */
  expectPeer(i: number): void {
    this.#words[(i * HEADER_BYTES + 8) >>> 2] = SOCKADDR_BYTES;
  }

  peer(i: number): Endpoint {
    return readSockaddr(this.#bytes, SOCKADDRS + i * SOCKADDR_BYTES);
  }

  setPeer(i: number, peer: Endpoint): void {
    writeSockaddr(this.#bytes, SOCKADDRS + i * SOCKADDR_BYTES, peer);
  }

  #putPointer(at: number, address: number): void {
    this.#words[at >>> 2] = address; // Modulo 2^32, as typed arrays store.
    this.#words[(at + 4) >>> 2] = address / 2 ** 32;
  }
}

/** The peer that a sockaddr_in at `at` names. */
export function readSockaddr(bytes: Uint8Array, at: number): Endpoint {
  const ip = (bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!;
  return endpointOf(ip >>> 0, (bytes[at + 2]! << 8) | bytes[at + 3]!);
}

/** Writes port and address; the family and the zeros around them stand there already. */
function writeSockaddr(bytes: Uint8Array, at: number, peer: Endpoint): void {
  const ip = ipOf(peer);
  const port = portOf(peer);
  bytes[at + 2] = port >>> 8;
  bytes[at + 3] = port;
  bytes[at + 4] = ip >>> 24;
  bytes[at + 5] = ip >>> 16;
  bytes[at + 6] = ip >>> 8;
  bytes[at + 7] = ip;
}

/** A sockaddr_in of its own. */
export function sockaddrOf(endpoint: Endpoint): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(SOCKADDR_BYTES));
  bytes[0] = AF_INET;
  writeSockaddr(bytes, 0, endpoint);
  return bytes;
}
