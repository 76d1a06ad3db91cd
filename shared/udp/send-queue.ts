/**
 * Datagrams on their way out: gathered for sendmmsg, kept for a moment when the system has no room, and reported one by one when
 * it refuses them.
 */

import assert from 'node:assert/strict';
import type { Endpoint } from '../endpoint';
import { DATAGRAM_MAX } from '../wire/writer';
import type { DatagramArena } from './datagram-arena';
import { errorCode, type Libc, MSG_DONTWAIT } from './libc';
import type { PortSockets } from './port-sockets';
import { SendBatch } from './send-batch';
import type { TransportEvents } from './transport';
import { canSegment } from './udp-socket';

/** Datagrams kept while the system has no room: some hundred milliseconds of a busy servent. Beyond it they are dropped. */
export const BACKLOG_MAX = 4096;

/** What the backlog may hold in bytes. */
const BACKLOG_BYTES_MAX = 4 * 1024 * 1024;

/** A full send buffer drains at the speed of the network; asking again sooner would only burn the processor. */
const RETRY_MS = 1;

/** A system call that is interrupted this often in a row is not going to succeed. */
const INTERRUPTS_MAX = 16;

/**
 * What the system says to a group that it would take one by one: for a frame too narrow, a device without checksums, a kernel
 * without groups. Other failures concern the moment.
 */
const UNGROUPABLE: ReadonlySet<string> = new Set(['EINVAL', 'EIO', 'ENOPROTOOPT']);

/** In the place of where a copy lies. */
const NOT_COPIED = -1;

interface Held {
  bytes: Uint8Array;
  to: Endpoint;
}

interface Failure {
  code: string;
  to: Endpoint;
}

export class SendQueue {
  readonly #libc: Libc;
  readonly #sockets: PortSockets;
  readonly #arena: DatagramArena;
  readonly #sendFailed: TransportEvents['sendFailed'];
  readonly #batch: SendBatch;
  /** Waiting for room in the system. Bounded by BACKLOG_MAX and BACKLOG_BYTES_MAX. */
  #backlog: Held[] = [];
  #backlogBytes = 0;
  #retryTimer: NodeJS.Timeout | undefined;
  /** Datagrams taken since the start. */
  taken = 0;

  constructor(libc: Libc, sockets: PortSockets, arena: DatagramArena, sendFailed: TransportEvents['sendFailed']) {
    this.#libc = libc;
    this.#sockets = sockets;
    this.#arena = arena;
    this.#sendFailed = sendFailed;
    this.#batch = new SendBatch(libc, arena);
    if (!canSegment(libc, sockets.sender)) this.#batch.groupUpTo(0);
  }

  get isEmpty(): boolean {
    return this.#batch.isEmpty;
  }

  /** Takes one datagram; it leaves with `flush`, or before when the batch is full. */
  add(bytes: Uint8Array, to: Endpoint): void {
    this.#take(bytes, to, NOT_COPIED);
  }

  /** Takes the same datagram for each of these but one; one copy serves them all. */
  addEach(bytes: Uint8Array, destinations: readonly Endpoint[], except: Endpoint | undefined): void {
    let copy = NOT_COPIED;
    for (const to of destinations) if (to !== except) copy = this.#take(bytes, to, copy);
  }

  /** Takes one datagram, of which there may be a copy in the arena already, and tells where its copy lies. */
  #take(bytes: Uint8Array, to: Endpoint, copy: number): number {
    this.taken += 1;
    if (bytes.length > DATAGRAM_MAX) {
      this.#sendFailed('EMSGSIZE', to);
      return NOT_COPIED;
    }
    const copied = copy !== NOT_COPIED && !this.#batch.isFull;
    if (this.#batch.isFull || (!copied && !this.#arena.hasRoom(bytes.length))) this.flush();
    if (this.#backlog.length > 0) {
      // Those that wait go first. A copy by `slice` would be none: of a Buffer it is a view.
      this.#report(this.#hold(new Uint8Array(bytes), to));
      return NOT_COPIED;
    }
    const offset = copied ? copy : this.#arena.copyIn(bytes);
    this.#batch.add(offset, bytes.length, to);
    return offset;
  }

  /** Hands everything gathered to the system. */
  flush(): void {
    if (this.#batch.isEmpty) return;
    const failures = this.#sendAll();
    this.#batch.clear();
    this.#arena.clearRoom();
    // Only now: whoever hears of a failure may send again.
    for (const failure of failures) this.#report(failure);
  }

  /** Hands over what can be handed over at once; the rest is reported as failed. */
  close(): void {
    this.flush();
    this.#retry();
    clearTimeout(this.#retryTimer);
    const left = this.#backlog;
    this.#backlog = [];
    this.#backlogBytes = 0;
    for (const { to } of left) this.#sendFailed('EAGAIN', to);
  }

  #sendAll(): Failure[] {
    const failures: Failure[] = [];
    let count = this.#batch.layOut();
    let interrupts = 0;
    /** A message taken apart, of which is not known yet whether the system takes its datagrams one by one. */
    let doubted = -1;
    /** A message too long for a frame: the receiver sends it, in fragments. */
    let tooLong = -1;
    for (let first = 0; first < count; ) {
      const vector = this.#batch.vector(first);
      const sent =
        first === tooLong
          ? this.#libc.sendmmsg(this.#sockets.receiver, vector, 1, MSG_DONTWAIT)
          : this.#libc.sendmmsg(this.#sockets.sender, vector, count - first, MSG_DONTWAIT);
      if (sent > 0) {
        if (sent > count - first) assert.fail('no more messages are sent than were handed over');
        if (doubted === first) this.#batch.groupUpTo(this.#batch.lengthOf(first) - 1);
        // After a short send the next call tells what was wrong with the message it stopped at.
        first += sent;
        continue;
      }
      const code = errorCode(this.#libc);
      if (code === 'EINTR' && ++interrupts < INTERRUPTS_MAX) continue;
      if (code === 'EAGAIN') {
        for (; first < count; first++) this.#holdMessage(first, failures);
      } else if (code === 'EMSGSIZE' && first !== tooLong) {
        tooLong = first;
      } else if (this.#batch.segmentsOf(first) > 1) {
        if (UNGROUPABLE.has(code)) doubted = first;
        count = this.#batch.takeApart(first);
      } else {
        // What the system holds against this datagram it need not hold against the next.
        failures.push({ code, to: this.#batch.peer(first) });
        first += 1;
      }
    }
    return failures;
  }

  #holdMessage(message: number, failures: Failure[]): void {
    for (const bytes of this.#batch.copiesOf(message)) {
      const failure = this.#hold(bytes, this.#batch.peer(message));
      if (failure) failures.push(failure);
    }
  }

  #hold(bytes: Uint8Array, to: Endpoint): Failure | undefined {
    if (this.#backlog.length >= BACKLOG_MAX || this.#backlogBytes + bytes.length > BACKLOG_BYTES_MAX) {
      return { code: 'EAGAIN', to };
    }
    this.#backlog.push({ bytes, to });
    this.#backlogBytes += bytes.length;
    this.#retryTimer ??= setTimeout(() => this.#retry(), RETRY_MS);
    return undefined;
  }

  /** Sends what waits, as far as there is room now; what still finds none waits again, in the same order. */
  #retry(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.flush();
    const waiting = this.#backlog;
    this.#backlog = [];
    this.#backlogBytes = 0;
    for (const { bytes, to } of waiting) this.add(bytes, to);
    this.flush();
  }

  #report(failure: Failure | undefined): void {
    if (failure) this.#sendFailed(failure.code, failure.to);
  }
}
