/**
 * The batched transport of 64-bit Linux: recvmmsg and sendmmsg move many datagrams a call between the kernel and one arena, those
 * that come in a group as one message, and Node only tells when there is something to read.
 */

import assert from 'node:assert/strict';
import type { Endpoint } from '../endpoint';
import { BATCH, DatagramArena } from './datagram-arena';
import { kernelDrops } from './kernel-drops';
import { errorCode, type Libc, loadLibc, MSG_DONTWAIT, NoBatchesError, systemError } from './libc';
import { MessageBatch } from './message-batch';
import { openPeerSockets } from './peer-sockets';
import { openPortSockets, type PortSockets } from './port-sockets';
import { type Watch, type WatchSocket, watchSocket } from './readiness';
import { SendQueue } from './send-queue';
import type { Transport, TransportEvents, TransportOptions } from './transport';
import { localOf, receiveGroups } from './udp-socket';

/**
 * Datagrams read and sent in one turn of the event loop before reading stops: some six milliseconds of one core. One more batch,
 * and what it calls for, may come on top; after it timers and signals have their chance.
 */
export const WORK_PER_TURN = 2048;

/**
 * Full batches read before what they called for is sent: the more leave together, the more of them have their length and
 * destination in common. Some half a millisecond of one core.
 */
export const BATCHES_TOGETHER = 4;

/** One of the sockets on the port. */
interface ReceiveSocket {
  readonly fd: number;
  /** The only one it receives from; 0 for a socket that several reach. */
  readonly peer: Endpoint;
  /** Whether it stands in the line of those that may have more to read. */
  inLine: boolean;
  watch?: Watch;
}

/** What the transport stands on; tests put other things in its place. */
export interface BatchSystem {
  libc: Libc;
  watchSocket: WatchSocket;
  /** Has a task done in this turn of the event loop, after all that is readable was told. */
  setImmediate(task: () => void): void;
}

/**
 * Opens a UDP port with batched system calls.
 * @throws the system's error when the port cannot be bound; another error where batches cannot be had.
 */
export async function openBatchTransport(
  options: TransportOptions,
  events: TransportEvents,
  system: BatchSystem = realSystem(),
): Promise<Transport> {
  const transport = serveBound(await openPortSockets(system.libc, options), events, system);
  transport.watchPeers(options);
  return transport;
}

/** The sockets of a port, bound already: others that hear beside the receiver may be among them. */
export type BoundSockets = PortSockets & { readonly others?: readonly number[] };

/** Serves sockets that are bound already, and owns them. @throws another error where batches cannot be had; then they are closed */
export function serveBound(
  sockets: BoundSockets,
  events: TransportEvents,
  system: BatchSystem = realSystem(),
): BatchTransport {
  const { receiver, sender, others = [] } = sockets;
  try {
    const transport = new BatchTransport(system, sockets, events);
    transport.probe();
    transport.watch();
    for (const fd of others) transport.watchOther(fd);
    return transport;
  } catch (error) {
    for (const fd of new Set([receiver, sender, ...others])) system.libc.close(fd);
    throw error;
  }
}

function realSystem(): BatchSystem {
  return { libc: loadLibc(), watchSocket, setImmediate };
}

class BatchTransport implements Transport {
  readonly kind = 'batch';
  readonly local: Endpoint;
  readonly #system: BatchSystem;
  readonly #libc: Libc;
  readonly #port: PortSockets;
  readonly #events: TransportEvents;
  readonly #arena: DatagramArena;
  readonly #received: MessageBatch;
  readonly #queue: SendQueue;
  /** First the one that everybody reaches, then those of peers. Bounded by `peers` of the options. */
  readonly #sockets: ReceiveSocket[];
  /** Sockets that may have more to read, each once, in the order of their turns. */
  readonly #line: ReceiveSocket[] = [];
  #closed = false;
  /** While datagrams are being handled their answers gather, and leave together at the end. */
  #handling = false;
  #flushPlanned = false;
  #turnPlanned = false;
  /** Datagrams read since the start. */
  #read = 0;

  constructor(system: BatchSystem, port: PortSockets, events: TransportEvents) {
    const { libc } = system;
    this.#system = system;
    this.#libc = libc;
    this.#port = port;
    this.#sockets = [{ fd: port.receiver, peer: 0, inLine: false }];
    this.#events = events;
    this.local = localOf(libc, port.receiver);
    this.#arena = new DatagramArena(libc);
    this.#queue = new SendQueue(libc, port, this.#arena, (code, to) => events.sendFailed(code, to));
    this.#received = new MessageBatch(libc, this.#arena);
  }

  /** Finds out whether this kernel lets this process make the calls: with no message they do nothing. */
  probe(): void {
    if (this.#received.receive(this.#port.receiver, 0) !== 0) throw systemError(this.#libc, 'recvmmsg', this.local);
    if (this.#libc.sendmmsg(this.#port.sender, 0, 0, MSG_DONTWAIT) !== 0) {
      throw systemError(this.#libc, 'sendmmsg', this.local);
    }
  }

  /** Begins to receive; nothing is handled before the turn's end. @throws NoBatchesError when the socket cannot be watched */
  watch(): void {
    this.#watch(this.#sockets[0]!);
    const { receiver, sender } = this.#port;
    // There lies what came before there was a receiver.
    if (sender !== receiver) this.#readable({ fd: sender, peer: 0, inLine: false });
  }

  /** Gives each peer a socket of its own as far as the system allows, and begins to receive from it. */
  watchPeers(options: TransportOptions): void {
    const bound = [this.#port.receiver, this.#port.sender];
    for (const { fd, peer } of openPeerSockets(this.#libc, bound, this.local, options)) {
      try {
        this.watchOther(fd, peer);
      } catch (error) {
        if (!(error instanceof NoBatchesError)) throw error;
        this.#libc.close(fd); // From now on the first socket serves this peer.
      }
    }
  }

  /** Begins to receive from a further socket. @throws NoBatchesError when it cannot be watched */
  watchOther(fd: number, peer: Endpoint = 0): void {
    const socket: ReceiveSocket = { fd, peer, inLine: false };
    this.#watch(socket);
    this.#sockets.push(socket);
  }

  #watch(socket: ReceiveSocket): void {
    receiveGroups(this.#libc, socket.fd);
    socket.watch = this.#system.watchSocket(socket.fd, () => this.#readable(socket));
  }

  send(bytes: Uint8Array, to: Endpoint): void {
    if (this.#closed) return;
    this.#queue.add(bytes, to);
    this.#planFlush();
  }

  sendEach(bytes: Uint8Array, destinations: readonly Endpoint[], except: Endpoint | undefined): void {
    if (this.#closed) return;
    this.#queue.addEach(bytes, destinations, except);
    this.#planFlush();
  }

  /** What is sent while nothing is being handled leaves together at the end of the task. */
  #planFlush(): void {
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
    if (this.#port.sender !== this.#port.receiver) this.#libc.close(this.#port.sender);
    for (const { fd, watch } of this.#sockets) {
      watch?.close();
      this.#libc.close(fd);
    }
  }

  /** Has a socket read in this turn of the event loop. */
  #readable(socket: ReceiveSocket): void {
    if (this.#closed) return;
    this.#standInLine(socket);
    this.#planTurn();
  }

  #planTurn(): void {
    if (this.#turnPlanned) return;
    this.#turnPlanned = true;
    this.#system.setImmediate(this.#takeTurn);
  }

  /** Reads and answers until nothing waits or the turn is spent; then goes on in the next one. */
  readonly #takeTurn = (): void => {
    this.#turnPlanned = false;
    const spentAt = this.#work + WORK_PER_TURN;
    while (this.#line.length > 0 && this.#work < spentAt) this.#serveLine(spentAt);
    if (this.#line.length > 0) this.#planTurn();
  };

  #standInLine(socket: ReceiveSocket): void {
    if (socket.inLine) return;
    socket.inLine = true;
    this.#line.push(socket);
  }

  /** Reads batches by turns, so that neighbours do not wait while clients flood, and sends what they call for together. */
  #serveLine(spentAt: number): void {
    this.#handling = true;
    try {
      for (let full = 0; full < BATCHES_TOGETHER && this.#work < spentAt; ) {
        const socket = this.#line.shift();
        if (!socket) return;
        socket.inLine = false;
        if (this.#receiveBatch(socket) < BATCH) continue;
        this.#standInLine(socket);
        full += 1;
      }
    } finally {
      this.#handling = false;
      this.#queue.flush();
    }
  }

  /** Handles up to one batch from a socket, and tells how many messages that were. */
  #receiveBatch(socket: ReceiveSocket): number {
    if (this.#closed) return 0;
    const count = this.#received.receive(socket.fd);
    if (count < 0) {
      this.#receiveFailed(socket, errorCode(this.#libc));
      return 0;
    }
    const nowMs = performance.now();
    for (let i = 0; i < count && !this.#closed; i++) this.#handleMessage(i, nowMs);
    return count;
  }

  /** Handles each datagram of a received message. */
  #handleMessage(i: number, nowMs: number): void {
    const bytes = this.#received.receivedBytes(i);
    const segment = this.#received.segmentBytes(i) ?? bytes;
    const peer = this.#received.peer(i);
    if (segment >= bytes) {
      this.#read += 1;
      return this.#events.received(this.#arena.datagram(i, bytes), peer, nowMs);
    }
    if (segment === 0) assert.fail('the datagrams of a group have bytes');
    for (let at = 0; at < bytes && !this.#closed; at += segment) {
      this.#read += 1;
      this.#events.received(this.#arena.datagramOfGroup(i, at, Math.min(segment, bytes - at)), peer, nowMs);
    }
  }

  /** Reading fails when nothing waits, and for what became of earlier sends: a connected socket hears of its peer's end so. */
  #receiveFailed(socket: ReceiveSocket, code: string): void {
    if (!this.#closed && code !== 'EAGAIN' && code !== 'EINTR') this.#events.sendFailed(code, socket.peer);
  }

  get #work(): number {
    return this.#read + this.#queue.taken;
  }
}
