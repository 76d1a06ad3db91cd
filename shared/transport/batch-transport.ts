/**
 * The batched transport of 64-bit Linux: recvmmsg and sendmmsg move up to 64 datagrams a call between the kernel and one arena,
 * and Node only tells when there is something to read.
 */

import assert from 'node:assert/strict';
import type { Endpoint } from '../endpoint';
import { BATCH, DatagramArena, SLOT_BYTES } from './datagram-arena';
import { kernelDrops } from './kernel-drops';
import { errorCode, type Libc, loadLibc, MSG_DONTWAIT, systemError } from './libc';
import { MessageBatch } from './message-batch';
import { type Watch, type WatchSocket, watchSocket } from './readiness';
import { SendQueue } from './send-queue';
import type { Transport, TransportEvents, TransportOptions } from './transport';
import { bindUdpSocket, closing, localOf, setReuseAddress } from './udp-socket';

/**
 * Datagrams read and sent in one turn of the event loop before batches stop: some six milliseconds of one core. Node itself goes
 * on for up to 32 readings in the turn, each of one datagram then; after it timers and signals have their chance.
 */
export const WORK_PER_TURN = 2048;

/** Datagrams read with one call: together with the one that Node read before, as many as leave with one call. */
const READ_AT_ONCE = BATCH - 1;

/** What the transport stands on; tests put other things in its place. */
export interface BatchSystem {
  libc: Libc;
  watchSocket: WatchSocket;
}

/**
 * Opens a UDP port with batched system calls.
 * @throws the system's error when the port cannot be bound; another error where batches cannot be had.
 */
export async function openBatchTransport(
  options: TransportOptions,
  events: TransportEvents,
  system: BatchSystem = { libc: loadLibc(), watchSocket },
): Promise<Transport> {
  const { libc } = system;
  const fd = bindUdpSocket(libc, options);
  try {
    const transport = new BatchTransport(libc, fd, events);
    transport.probe();
    await transport.watch(system.watchSocket);
    return transport;
  } catch (error) {
    throw closing(libc, fd, error as Error);
  }
}

class BatchTransport implements Transport {
  readonly kind = 'batch';
  readonly local: Endpoint;
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #events: TransportEvents;
  readonly #arena: DatagramArena;
  readonly #received: MessageBatch;
  readonly #queue: SendQueue;
  #watch: Watch | undefined;
  #closed = false;
  /** While datagrams are being handled their answers gather, and leave together at the end. */
  #handling = false;
  #flushPlanned = false;
  /** Datagrams read since the start. */
  #read = 0;
  /** What #work was when this turn's count began; undefined while there is no load worth counting. */
  #turnBegan: number | undefined;

  constructor(libc: Libc, fd: number, events: TransportEvents) {
    this.#libc = libc;
    this.#fd = fd;
    this.#events = events;
    this.local = localOf(libc, fd);
    this.#arena = new DatagramArena(libc);
    this.#queue = new SendQueue(libc, fd, this.#arena, (code, to) => events.sendFailed(code, to));
    this.#received = new MessageBatch(libc, this.#arena);
    for (let i = 0; i < BATCH; i++) this.#received.point(i, this.#arena.slotOffset(i), SLOT_BYTES);
  }

  /** Finds out whether this kernel lets this process make the calls: with no message they do nothing. */
  probe(): void {
    const vector = this.#received.vector(0, 0);
    if (this.#libc.recvmmsg(this.#fd, vector, 0, MSG_DONTWAIT, 0) !== 0) {
      throw systemError(this.#libc, 'recvmmsg', this.local);
    }
    if (this.#libc.sendmmsg(this.#fd, vector, 0, MSG_DONTWAIT) !== 0) {
      throw systemError(this.#libc, 'sendmmsg', this.local);
    }
  }

  async watch(watchSocket: WatchSocket): Promise<void> {
    this.#watch = await watchSocket(this.#fd, {
      readable: (datagram, from) => this.#readable(datagram, from),
      failed: (code) => this.#receiveFailed(code),
    });
    // Adopting a socket allows others on its port, if they say so too. Nobody else shall have it.
    setReuseAddress(this.#libc, this.#fd, false);
  }

  send(bytes: Uint8Array, to: Endpoint): void {
    if (this.#closed) return;
    this.#queue.add(bytes, to);
    if (this.#handling || this.#flushPlanned) return;
    this.#flushPlanned = true;
    queueMicrotask(() => {
      this.#flushPlanned = false;
      if (!this.#closed) this.#queue.flush();
    });
  }

  kernelDrops(): number | undefined {
    return this.#closed ? undefined : kernelDrops(this.local);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.close();
    await this.#watch?.close();
  }

  /** Handles the datagram that Node read, then one batch of those behind it. */
  #readable(datagram: Uint8Array, from: Endpoint): void {
    if (this.#closed) return;
    this.#read += 1;
    this.#handling = true;
    try {
      this.#events.received(datagram, from);
      if (!this.#closed && !this.#turnIsSpent()) this.#receiveBatch();
    } finally {
      this.#handling = false;
      // Once the turn is spent its last answers, one for each of Node's own readings, leave together at its end.
      if (!this.#turnIsSpent()) this.#queue.flush();
    }
  }

  #receiveBatch(): void {
    const vector = this.#received.vector(0, READ_AT_ONCE);
    const count = this.#libc.recvmmsg(this.#fd, vector, READ_AT_ONCE, MSG_DONTWAIT, 0);
    if (count < 0) return this.#receiveFailed(errorCode(this.#libc));
    if (count > READ_AT_ONCE) assert.fail('no more messages are received than were asked for');
    if (count === READ_AT_ONCE) this.#countTurn();
    this.#read += count;
    for (let i = 0; i < count && !this.#closed; i++) {
      this.#received.expectPeer(i);
      this.#events.received(this.#arena.datagram(i, this.#received.receivedBytes(i)), this.#received.peer(i));
    }
  }

  /** Reading fails when nothing waits, and for errors of earlier sends; both pass. */
  #receiveFailed(code: string): void {
    if (!this.#closed && code !== 'EAGAIN' && code !== 'EINTR') this.#events.sendFailed(code, 0);
  }

  /** Starts to count the turn's work, once a full batch shows that there is any to count. */
  #countTurn(): void {
    if (this.#turnBegan !== undefined) return;
    this.#turnBegan = this.#work;
    setImmediate(this.#endTurn);
  }

  readonly #endTurn = (): void => {
    this.#turnBegan = undefined;
    if (!this.#closed) this.#queue.flush();
  };

  #turnIsSpent(): boolean {
    return this.#turnBegan !== undefined && this.#work - this.#turnBegan >= WORK_PER_TURN;
  }

  get #work(): number {
    return this.#read + this.#queue.handled;
  }
}
