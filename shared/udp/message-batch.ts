/** A batch of messages of one datagram each, as recvmmsg wants them; `send-batch.ts` has those that leave. */

import assert from 'node:assert/strict';
import type { Endpoint } from '../endpoint';
import { BATCH, type DatagramArena } from './datagram-arena';
import { AF_INET, type Libc } from './libc';
import {
  HEADER_BYTES,
  IOVEC_BYTES,
  IOVEC_COUNT,
  IOVECS,
  MESSAGE_LENGTH,
  NAME,
  NAME_LENGTH,
  NativeMemory,
  readSockaddr,
  SOCKADDR_BYTES,
  writeSockaddr,
} from './message-layout';

const IOVECS_AT = BATCH * HEADER_BYTES;
const SOCKADDRS_AT = IOVECS_AT + BATCH * IOVEC_BYTES;

export class MessageBatch {
  readonly #memory: NativeMemory;
  readonly #arena: DatagramArena;

  constructor(libc: Libc, arena: DatagramArena) {
    this.#arena = arena;
    this.#memory = new NativeMemory(libc, SOCKADDRS_AT + BATCH * SOCKADDR_BYTES);
    const { address, words } = this.#memory;
    for (let i = 0; i < BATCH; i++) {
      const header = i * HEADER_BYTES;
      this.#memory.putPointer(header + NAME, address + SOCKADDRS_AT + i * SOCKADDR_BYTES);
      this.#memory.putPointer(header + IOVECS, address + IOVECS_AT + i * IOVEC_BYTES);
      words[(header + IOVEC_COUNT) / 4] = 1;
      words[(SOCKADDRS_AT + i * SOCKADDR_BYTES) / 4] = AF_INET;
      this.expectPeer(i);
    }
  }

  /** The address of the messages from `first` on, `count` of them. */
  vector(first: number, count: number): number {
    if (!(first >= 0 && count >= 0 && first + count <= BATCH)) assert.fail('the messages lie in the batch');
    return this.#memory.address + first * HEADER_BYTES;
  }

  /** Points message i at `length` bytes of the arena. */
  point(i: number, offset: number, length: number): void {
    const iovec = IOVECS_AT + i * IOVEC_BYTES;
    this.#memory.putPointer(iovec, this.#arena.addressOf(offset, length));
    this.#memory.words[(iovec + 8) >>> 2] = length;
  }

  /** How many bytes the kernel wrote into message i. */
  receivedBytes(i: number): number {
    return this.#memory.words[(i * HEADER_BYTES + MESSAGE_LENGTH) >>> 2]!;
  }

  /** The room for the peer's address, which the kernel replaced by the length it wrote. */
  expectPeer(i: number): void {
    this.#memory.words[(i * HEADER_BYTES + NAME_LENGTH) >>> 2] = SOCKADDR_BYTES;
  }

  peer(i: number): Endpoint {
    return readSockaddr(this.#memory.bytes, SOCKADDRS_AT + i * SOCKADDR_BYTES);
  }

  setPeer(i: number, peer: Endpoint): void {
    writeSockaddr(this.#memory.bytes, SOCKADDRS_AT + i * SOCKADDR_BYTES, peer);
  }
}
