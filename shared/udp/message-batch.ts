/**
 * A batch of messages, as recvmmsg wants them; `send-batch.ts` has those that leave. A message is one datagram, or a group of one
 * length from one sender, which the kernel leaves together (UDP_GRO): its last may be shorter.
 */

import assert from 'node:assert/strict';
import type { Endpoint } from '../endpoint';
import { BATCH, type DatagramArena, SLOT_BYTES } from './datagram-arena';
import { AF_INET, type Libc, MSG_DONTWAIT, SOL_UDP, UDP_GRO } from './libc';
import {
  CONTROL,
  CONTROL_BYTES,
  CONTROL_COUNT,
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
} from './message-layout';

const IOVECS_AT = BATCH * HEADER_BYTES;
const SOCKADDRS_AT = IOVECS_AT + BATCH * IOVEC_BYTES;
const CONTROLS_AT = SOCKADDRS_AT + BATCH * SOCKADDR_BYTES;

export class MessageBatch {
  readonly #libc: Libc;
  readonly #memory: NativeMemory;
  /** Messages that the latest call wrote into. */
  #written = 0;

  constructor(libc: Libc, arena: DatagramArena) {
    this.#libc = libc;
    this.#memory = new NativeMemory(libc, CONTROLS_AT + BATCH * CONTROL_BYTES);
    const { address, words } = this.#memory;
    for (let i = 0; i < BATCH; i++) {
      const header = i * HEADER_BYTES;
      this.#memory.putPointer(header + NAME, address + SOCKADDRS_AT + i * SOCKADDR_BYTES);
      this.#memory.putPointer(header + IOVECS, address + IOVECS_AT + i * IOVEC_BYTES);
      this.#memory.putPointer(header + CONTROL, address + CONTROLS_AT + i * CONTROL_BYTES);
      words[(header + IOVEC_COUNT) / 4] = 1;
      words[(SOCKADDRS_AT + i * SOCKADDR_BYTES) / 4] = AF_INET;
      this.#memory.putPointer(IOVECS_AT + i * IOVEC_BYTES, arena.addressOf(arena.slotOffset(i), SLOT_BYTES));
      words[(IOVECS_AT + i * IOVEC_BYTES) / 4 + 2] = SLOT_BYTES;
      this.#expect(i);
    }
  }

  /** Receives at most so many messages that wait at a socket, and tells how many; -1 for a failure, as recvmmsg does. */
  receive(fd: number, most = BATCH): number {
    for (let i = 0; i < this.#written; i++) this.#expect(i);
    const count = this.#libc.recvmmsg(fd, this.#memory.address, most, MSG_DONTWAIT, 0);
    if (count > most) assert.fail('no more messages are received than were asked for');
    this.#written = Math.max(count, 0);
    return count;
  }

  /** How many bytes the kernel wrote into message i. */
  receivedBytes(i: number): number {
    return this.#memory.words[(i * HEADER_BYTES + MESSAGE_LENGTH) >>> 2]!;
  }

  /** The bytes of each datagram of message i but the last; undefined when it is one datagram. */
  segmentBytes(i: number): number | undefined {
    const { words } = this.#memory;
    if (words[(i * HEADER_BYTES + CONTROL_COUNT) >>> 2] === 0) return undefined;
    const control = (CONTROLS_AT + i * CONTROL_BYTES) >>> 2;
    return words[control + 2] === SOL_UDP && words[control + 3] === UDP_GRO ? words[control + 4]! : undefined;
  }

  peer(i: number): Endpoint {
    return readSockaddr(this.#memory.bytes, SOCKADDRS_AT + i * SOCKADDR_BYTES);
  }

  /** The room for the peer's address and for control data, which the kernel replaced by the lengths it wrote. */
  #expect(i: number): void {
    const header = i * HEADER_BYTES;
    this.#memory.words[(header + NAME_LENGTH) >>> 2] = SOCKADDR_BYTES;
    this.#memory.words[(header + CONTROL_COUNT) >>> 2] = CONTROL_BYTES;
  }
}
