/**
 * The memory that datagrams lie in while the kernel reads or writes them: a slot for each datagram of a received batch, and room
 * for copies of what is to be sent. One ArrayBuffer, whose address is taken once: it never moves and is never let go.
 */

import assert from 'node:assert/strict';
import { copyBytes, KeptViews } from '../short-bytes';
import type { Libc } from './libc';

/** Datagrams read with one system call. From 64 on a larger batch gains nothing measurable. */
export const BATCH = 64;

/** Larger than any UDP datagram over IPv4 (65,507 bytes), so that none is ever cut. Pages not touched cost no memory. */
export const SLOT_BYTES = 65_536;

/** Four of the largest datagrams, or all that are ever gathered of usual ones: what goes to many is copied once. */
const ROOM_BYTES = 4 * SLOT_BYTES;

export class DatagramArena {
  readonly #memory = new ArrayBuffer(BATCH * SLOT_BYTES + ROOM_BYTES);
  readonly #bytes = new Uint8Array(this.#memory);
  readonly #address: number;
  /** Of each slot: 64 slots of 512 kept views are at most 32,768 small objects. */
  readonly #slots = Array.from(
    { length: BATCH },
    (_, slot) => new KeptViews(Buffer.from(this.#memory, slot * SLOT_BYTES, SLOT_BYTES)),
  );
  /** For a copy of one datagram of a group: kept views begin where their memory does. */
  readonly #apart = new KeptViews(Buffer.from(new ArrayBuffer(SLOT_BYTES)));
  #roomUsed = 0;

  constructor(libc: Libc) {
    this.#address = libc.addressOf(this.#memory);
    assert(Number.isSafeInteger(this.#address) && this.#address > 0, 'the arena has an address');
  }

  /** The address of `length` bytes at `offset`. */
  addressOf(offset: number, length: number): number {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.#memory.byteLength))
      assert.fail('bytes lie in the arena');
    return this.#address + offset;
  }

  slotOffset(slot: number): number {
    if (!(slot >= 0 && slot < BATCH)) assert.fail('the slot exists');
    return slot * SLOT_BYTES;
  }

  /** The datagram of `length` bytes that was received into a slot. */
  datagram(slot: number, length: number): Buffer {
    if (!(slot >= 0 && slot < BATCH)) assert.fail('the slot exists');
    if (!(length >= 0 && length <= SLOT_BYTES)) assert.fail('the datagram fits its slot');
    return this.#slots[slot]!.first(length);
  }

  /** The datagram of `length` bytes at `at` of the group that was received into a slot; lent until the next. */
  datagramOfGroup(slot: number, at: number, length: number): Buffer {
    if (!(at >= 0 && length >= 0 && at + length <= SLOT_BYTES)) assert.fail('the datagram lies in its slot');
    const datagram = this.#apart.first(length);
    copyBytes(this.#bytes, this.slotOffset(slot) + at, length, datagram, 0);
    return datagram;
  }

  /** A copy of `length` bytes at `offset` that outlives the arena's next use. */
  copyOut(offset: number, length: number): Uint8Array {
    return this.#bytes.slice(offset, offset + length);
  }

  /** Whether `copyIn` can take so many bytes before `clearRoom`; at first it takes any datagram. */
  hasRoom(length: number): boolean {
    return length <= ROOM_BYTES - this.#roomUsed;
  }

  /** Copies bytes in and returns their offset. */
  copyIn(bytes: Uint8Array): number {
    if (!this.hasRoom(bytes.length)) assert.fail('the arena has room');
    const offset = BATCH * SLOT_BYTES + this.#roomUsed;
    copyBytes(bytes, 0, bytes.length, this.#bytes, offset);
    this.#roomUsed += bytes.length;
    return offset;
  }

  /** To be called when everything copied in is sent. */
  clearRoom(): void {
    this.#roomUsed = 0;
  }
}
