/**
 * Datagrams gathered to leave with one call of sendmmsg. Those of one length to one destination make one message, which the
 * kernel takes apart again (UDP_SEGMENT): nearly all of what a short datagram costs is paid once a message. Whoever receives them
 * sees separate datagrams, as ever.
 */

import assert from 'node:assert/strict';
import type { Endpoint } from '../endpoint';
import type { DatagramArena } from './datagram-arena';
import { AF_INET, type Libc, SOL_UDP, UDP_SEGMENT } from './libc';
import {
  CONTROL,
  CONTROL_BYTES,
  CONTROL_COUNT,
  CONTROL_LENGTH,
  HEADER_BYTES,
  IOVEC_BYTES,
  IOVEC_COUNT,
  IOVECS,
  NAME,
  NAME_LENGTH,
  NativeMemory,
  SOCKADDR_BYTES,
  writeSockaddr,
} from './message-layout';

/** Datagrams gathered at most: what 256 QUERYs call for at eight neighbours. Beyond it groups gain little more. */
export const GATHERED_MAX = 2048;

/** Segments of a message: older kernels take no more. */
const SEGMENTS_MAX = 64;

/** Bytes of a message with several segments: below the 65,507 of a datagram, which bounds the whole message too. */
const MESSAGE_BYTES_MAX = 65_000;

/** The longest segment, bytes: with its headers it fits the frames of most networks. The kernel refuses what does not. */
const SEGMENT_BYTES_MAX = 1400;

/** Two that share a place group badly; with a hundred groups at a time that is one in a hundred. */
const PLACES_BITS = 13;

const IOVECS_AT = GATHERED_MAX * HEADER_BYTES;
const SOCKADDRS_AT = IOVECS_AT + GATHERED_MAX * IOVEC_BYTES;
const CONTROLS_AT = SOCKADDRS_AT + GATHERED_MAX * SOCKADDR_BYTES;

export class SendBatch {
  readonly #memory: NativeMemory;
  readonly #arena: DatagramArena;
  /** Datagrams longer than this are not grouped, bytes. */
  #segmentMax = SEGMENT_BYTES_MAX;
  #gathered = 0;
  /** Of each datagram gathered: where it lies in the arena, and which message it is a segment of. */
  readonly #offsets = new Uint32Array(GATHERED_MAX);
  readonly #messageOf = new Uint16Array(GATHERED_MAX);
  #messages = 0;
  /** Of each message: where it goes, how long and how many its segments are, and, once laid out, its first iovec. */
  readonly #peers = new Float64Array(GATHERED_MAX);
  readonly #lengths = new Uint32Array(GATHERED_MAX);
  readonly #segments = new Uint16Array(GATHERED_MAX);
  readonly #iovecs = new Uint16Array(GATHERED_MAX);
  /** Of each iovec: where its bytes lie in the arena. */
  readonly #placed = new Uint32Array(GATHERED_MAX);
  /** The message begun last for a destination and a length, by their hash: a hint, true only if the message says the same. */
  readonly #latest = new Uint16Array(1 << PLACES_BITS);

  constructor(libc: Libc, arena: DatagramArena) {
    this.#arena = arena;
    this.#memory = new NativeMemory(libc, CONTROLS_AT + GATHERED_MAX * CONTROL_BYTES);
    const { address, words } = this.#memory;
    for (let i = 0; i < GATHERED_MAX; i++) {
      const header = i * HEADER_BYTES;
      const sockaddr = SOCKADDRS_AT + i * SOCKADDR_BYTES;
      const control = CONTROLS_AT + i * CONTROL_BYTES;
      this.#memory.putPointer(header + NAME, address + sockaddr);
      this.#memory.putPointer(header + CONTROL, address + control);
      words[(header + NAME_LENGTH) / 4] = SOCKADDR_BYTES;
      words[sockaddr / 4] = AF_INET;
      words[control / 4] = CONTROL_LENGTH;
      words[control / 4 + 2] = SOL_UDP;
      words[control / 4 + 3] = UDP_SEGMENT;
    }
  }

  get isEmpty(): boolean {
    return this.#gathered === 0;
  }

  get isFull(): boolean {
    return this.#gathered === GATHERED_MAX;
  }

  /** Takes the datagram of `length` bytes at `offset` of the arena. */
  add(offset: number, length: number, to: Endpoint): void {
    if (this.isFull) assert.fail('the batch has room');
    const place = placeOf(to, length);
    let message = this.#latest[place]!;
    if (!this.#takes(message, length, to)) {
      message = this.#begin(length, to);
      this.#latest[place] = message;
    }
    this.#segments[message]! += 1;
    this.#offsets[this.#gathered] = offset;
    this.#messageOf[this.#gathered] = message;
    this.#gathered += 1;
  }

  /** Writes down the messages as the kernel wants them, and tells how many they are. */
  layOut(): number {
    let iovec = 0;
    for (let i = 0; i < this.#messages; i++) {
      this.#putMessage(i, iovec);
      iovec += this.#segments[i]!;
      this.#segments[i] = 0; // Counted once more, below.
    }
    for (let datagram = 0; datagram < this.#gathered; datagram++) {
      const message = this.#messageOf[datagram]!;
      const at = this.#iovecs[message]! + this.#segments[message]!++;
      this.#putIovec(at, this.#offsets[datagram]!, this.#lengths[message]!);
    }
    return this.#messages;
  }

  /** The address of the messages from `first` on. */
  vector(first: number): number {
    if (!(first >= 0 && first < GATHERED_MAX)) assert.fail('the messages lie in the batch');
    return this.#memory.address + first * HEADER_BYTES;
  }

  peer(message: number): Endpoint {
    return this.#peers[message]!;
  }

  lengthOf(message: number): number {
    return this.#lengths[message]!;
  }

  segmentsOf(message: number): number {
    return this.#segments[message]!;
  }

  /** A copy of each segment of a message, which outlives the arena's next use. */
  *copiesOf(message: number): Generator<Uint8Array> {
    for (let i = 0; i < this.#segments[message]!; i++) {
      yield this.#arena.copyOut(this.#placed[this.#iovecs[message]! + i]!, this.#lengths[message]!);
    }
  }

  /**
   * Takes a message that is laid out apart: it keeps its first segment, the others become messages behind the last.
   * @returns how many messages there are now
   */
  takeApart(message: number): number {
    const segments = this.#segments[message]!;
    const first = this.#iovecs[message]!;
    for (let i = 0; i < segments; i++) {
      const alone = i === 0 ? message : this.#begin(this.#lengths[message]!, this.#peers[message]!);
      this.#segments[alone] = 1;
      this.#putMessage(alone, first + i);
    }
    return this.#messages;
  }

  /** From now on groups only datagrams of at most so many bytes. */
  groupUpTo(length: number): void {
    this.#segmentMax = Math.min(length, this.#segmentMax);
  }

  clear(): void {
    this.#gathered = 0;
    this.#messages = 0;
  }

  /** Whether a message can have one more segment, of this length and to there. */
  #takes(message: number, length: number, to: Endpoint): boolean {
    return (
      message < this.#messages &&
      this.#peers[message] === to &&
      this.#lengths[message] === length &&
      length > 0 && // To the kernel segments of no bytes are one datagram.
      length <= this.#segmentMax &&
      this.#segments[message]! < SEGMENTS_MAX &&
      (this.#segments[message]! + 1) * length <= MESSAGE_BYTES_MAX
    );
  }

  #begin(length: number, to: Endpoint): number {
    const message = this.#messages++;
    this.#peers[message] = to;
    this.#lengths[message] = length;
    this.#segments[message] = 0;
    writeSockaddr(this.#memory.bytes, SOCKADDRS_AT + message * SOCKADDR_BYTES, to);
    return message;
  }

  #putMessage(message: number, iovec: number): void {
    const { address, words } = this.#memory;
    const header = message * HEADER_BYTES;
    const segments = this.#segments[message]!;
    this.#iovecs[message] = iovec;
    this.#memory.putPointer(header + IOVECS, address + IOVECS_AT + iovec * IOVEC_BYTES);
    words[(header + IOVEC_COUNT) >>> 2] = segments;
    words[(header + CONTROL_COUNT) >>> 2] = segments > 1 ? CONTROL_BYTES : 0;
    words[(CONTROLS_AT + message * CONTROL_BYTES + 16) >>> 2] = this.#lengths[message]!;
  }

  #putIovec(at: number, offset: number, length: number): void {
    const iovec = IOVECS_AT + at * IOVEC_BYTES;
    this.#placed[at] = offset;
    this.#memory.putPointer(iovec, this.#arena.addressOf(offset, length));
    this.#memory.words[(iovec + 8) >>> 2] = length;
  }
}

/** Where the hint for a destination and a length stands. */
function placeOf(to: Endpoint, length: number): number {
  // The lower half of an endpoint is its port and half of its address; those it mistakes for each other are compared in full.
  return Math.imul(to ^ Math.imul(length, 0x9e3779b1), 0x85ebca6b) >>> (32 - PLACES_BITS);
}
