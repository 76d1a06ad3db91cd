/**
 * Datagrams on their way out: gathered into batches for sendmmsg, kept for a moment when the system has no room, and reported
 * one by one when it refuses them.
 */

import assert from 'node:assert/strict';
import type { Endpoint } from '../endpoint';
import { DATAGRAM_MAX } from '../wire/writer';
import { BATCH, type DatagramArena } from './datagram-arena';
import { errorCode, type Libc, MSG_DONTWAIT } from './libc';
import { MessageBatch } from './message-batch';
import type { TransportEvents } from './transport';

/** Datagrams kept while the system has no room: some hundred milliseconds of a busy servent. Beyond it they are dropped. */
export const BACKLOG_MAX = 4096;

/** What the backlog may hold in bytes. */
const BACKLOG_BYTES_MAX = 4 * 1024 * 1024;

/** A full send buffer drains at the speed of the network; asking again sooner would only burn the processor. */
const RETRY_MS = 1;

/** A system call that is interrupted this often in a row is not going to succeed. */
const INTERRUPTS_MAX = 16;

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
  readonly #fd: number;
  readonly #arena: DatagramArena;
  readonly #sendFailed: TransportEvents['sendFailed'];
  readonly #messages: MessageBatch;
  /** Where message i lies in the arena and how long it is. */
  readonly #offsets = new Uint32Array(BATCH);
  readonly #lengths = new Uint32Array(BATCH);
  #queued = 0;
  /** Waiting for room in the system. Bounded by BACKLOG_MAX and BACKLOG_BYTES_MAX. */
  #backlog: Held[] = [];
  #backlogBytes = 0;
  #retryTimer: NodeJS.Timeout | undefined;
  /** Datagrams sent or refused since the start. */
  handled = 0;

  constructor(libc: Libc, fd: number, arena: DatagramArena, sendFailed: TransportEvents['sendFailed']) {
    this.#libc = libc;
    this.#fd = fd;
    this.#arena = arena;
    this.#sendFailed = sendFailed;
    this.#messages = new MessageBatch(libc, arena);
  }

  get isEmpty(): boolean {
    return this.#queued === 0;
  }

  /** Takes one datagram; it leaves with `flush`, or before when the batch is full. */
  add(bytes: Uint8Array, to: Endpoint): void {
    if (bytes.length > DATAGRAM_MAX) return this.#sendFailed('EMSGSIZE', to);
    if (this.#queued === BATCH || !this.#arena.hasRoom(bytes.length)) this.flush();
    // Those that wait go first. A copy by `slice` would be none: of a Buffer it is a view.
    if (this.#backlog.length > 0) return this.#report(this.#hold(new Uint8Array(bytes), to));
    const offset = this.#arena.copyIn(bytes);
    const i = this.#queued++;
    this.#offsets[i] = offset;
    this.#lengths[i] = bytes.length;
    this.#messages.point(i, offset, bytes.length);
    this.#messages.setPeer(i, to);
  }

  /** Hands everything gathered to the system. */
  flush(): void {
    if (this.#queued === 0) return;
    const count = this.#queued;
    const failures = this.#sendAll(count);
    this.handled += count;
    this.#queued = 0;
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

  #sendAll(count: number): Failure[] {
    const failures: Failure[] = [];
    let interrupts = 0;
    for (let first = 0; first < count; ) {
      const vector = this.#messages.vector(first, count - first);
      const sent = this.#libc.sendmmsg(this.#fd, vector, count - first, MSG_DONTWAIT);
      if (sent > 0) {
        if (sent > count - first) assert.fail('no more messages are sent than were handed over');
        // After a short send the next call tells what was wrong with the message it stopped at.
        first += sent;
        continue;
      }
      const code = errorCode(this.#libc);
      if (code === 'EINTR' && ++interrupts < INTERRUPTS_MAX) continue;
      if (code === 'EAGAIN') {
        for (; first < count; first++) {
          const failure = this.#hold(
            this.#arena.copyOut(this.#offsets[first]!, this.#lengths[first]!),
            this.#messages.peer(first),
          );
          if (failure) failures.push(failure);
        }
        break;
      }
      // What the system holds against this message it need not hold against the next.
      failures.push({ code, to: this.#messages.peer(first) });
      first += 1;
    }
    return failures;
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
