/**
 * How messages lie in memory for recvmmsg and sendmmsg on 64-bit little-endian Linux:
 *
 *   mmsghdr      0      8           16    24      32        40           48      56    60  64
 *                | name | namelen   | iov | iovlen | control | controllen | flags | len |   |
 *   iovec        0      8    16
 *                | base | len |
 *   sockaddr_in  0        2      4         8      16
 *                | family | port | address | zero |          port and address in network byte order
 *   cmsghdr      0     8       12     16      18     24
 *                | len | level | type | value | zero |       with UDP_SEGMENT (2 bytes) and UDP_GRO (4): those of each datagram but the last
 */

import assert from 'node:assert/strict';
import { type Endpoint, endpointOf, ipOf, portOf } from '../endpoint';
import { AF_INET, type Libc } from './libc';

export const HEADER_BYTES = 64;
export const IOVEC_BYTES = 16;
export const SOCKADDR_BYTES = 16;
/** With a value of two or four bytes, rounded up. */
export const CONTROL_BYTES = 24;
/** What the header of control data says its length is, with UDP_SEGMENT: without the zeros behind. */
export const CONTROL_LENGTH = 18;

/** Offsets into mmsghdr. */
export const NAME = 0;
export const NAME_LENGTH = 8;
export const IOVECS = 16;
export const IOVEC_COUNT = 24;
export const CONTROL = 32;
export const CONTROL_COUNT = 40;
export const MESSAGE_LENGTH = 56;

/** Memory that the kernel reads and writes. Its address is taken once: it never moves, and is let go with its owner alone. */
export class NativeMemory {
  readonly address: number;
  readonly bytes: Uint8Array;
  /** The same in native words; lengths of 64 bits here never need their upper one. */
  readonly words: Uint32Array;

  constructor(libc: Libc, length: number) {
    const memory = new ArrayBuffer(length);
    this.bytes = new Uint8Array(memory);
    this.words = new Uint32Array(memory);
    this.address = libc.addressOf(memory);
    assert(Number.isSafeInteger(this.address) && this.address > 0, 'the memory has an address');
  }

  /** Writes an address down at an offset that is a multiple of 8. */
  putPointer(at: number, address: number): void {
    this.words[at >>> 2] = address; // Modulo 2^32, as typed arrays store.
    this.words[(at + 4) >>> 2] = address / 2 ** 32;
  }
}

/** The peer that a sockaddr_in at `at` names. */
export function readSockaddr(bytes: Uint8Array, at: number): Endpoint {
  const ip = (bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!;
  return endpointOf(ip >>> 0, (bytes[at + 2]! << 8) | bytes[at + 3]!);
}

/** Writes port and address; the family and the zeros around them stand there already. */
export function writeSockaddr(bytes: Uint8Array, at: number, peer: Endpoint): void {
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
