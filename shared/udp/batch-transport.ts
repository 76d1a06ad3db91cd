/**
 * The batched transport of 64-bit Linux: recvmmsg and sendmmsg move many datagrams a call between the kernel and one arena, and
 * Node only tells when there is something to read.
 */

import assert from 'node:assert/strict';
import type { Endpoint } from '../endpoint';
import { isSystemError } from '../errors';
import { BATCH, DatagramArena, SLOT_BYTES } from './datagram-arena';
import { kernelDrops } from './kernel-drops';
import { errorCode, type Libc, loadLibc, MSG_DONTWAIT, systemError } from './libc';
import { MessageBatch } from './message-batch';
import { openPeerSockets } from './peer-sockets';
import { openPortSockets, type PortSockets } from './port-sockets';
import { type Watch, type WatchSocket, watchSocket } from './readiness';
import { SendQueue } from './send-queue';
import type { Transport, TransportEvents, TransportOptions } from './transport';
import { localOf, setReuseAddress } from './udp-socket';

/**
 * Datagrams read and sent in one turn of the event loop before batches stop: some six milliseconds of one core. Node itself goes
 * on for up to 32 readings of each socket in the turn, each of one datagram then; after it timers and signals have their chance.
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
  /** The only one it receives from; 0 for the first socket, which everybody else reaches. */
  readonly peer: Endpoint;
  /** Whether it stands in the line of those that may have more to read. */
  inLine: boolean;
  watch?: Watch;
}

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
  const sockets = await openPortSockets(libc, options);
  let transport: BatchTransport;
  try {
    transport = new BatchTransport(libc, sockets, events);
    transport.probe();
    await transport.watch(system.watchSocket);
  } catch (error) {
    for (const fd of new Set([sockets.receiver, sockets.sender])) libc.close(fd);
    throw error;
  }
  await transport.watchPeers(options, system.watchSocket);
  return transport;
}

class BatchTransport implements Transport {
  readonly kind = 'batch';
  readonly local: Endpoint;
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
  /** Datagrams read since the start. */
  #read = 0;
  /** What #work was when this turn's count began; undefined while there is no load worth counting. */
  #turnBegan: number | undefined;

  constructor(libc: Libc, port: PortSockets, events: TransportEvents) {
    this.#libc = libc;
    this.#port = port;
    this.#sockets = [{ fd: port.receiver, peer: 0, inLine: false }];
    this.#events = events;
    this.local = localOf(libc, port.receiver);
    this.#arena = new DatagramArena(libc);
    this.#queue = new SendQueue(libc, port, this.#arena, (code, to) => events.sendFailed(code, to));
    this.#received = new MessageBatch(libc, this.#arena);
    for (let i = 0; i < BATCH; i++) this.#received.point(i, this.#arena.slotOffset(i), SLOT_BYTES);
  }

  /** Finds out whether this kernel lets this process make the calls: with no message they do nothing. */
  probe(): void {
    const vector = this.#received.vector(0, 0);
    if (this.#libc.recvmmsg(this.#port.receiver, vector, 0, MSG_DONTWAIT, 0) !== 0) {
      throw systemError(this.#libc, 'recvmmsg', this.local);
    }
    if (this.#libc.sendmmsg(this.#port.sender, vector, 0, MSG_DONTWAIT) !== 0) {
      throw systemError(this.#libc, 'sendmmsg', this.local);
    }
  }

  /** Begins to receive. @throws when Node cannot adopt the socket */
  async watch(watchSocket: WatchSocket): Promise<void> {
    await this.#watchSocket(this.#sockets[0]!, watchSocket);
  }

  /** Gives each peer a socket of its own as far as the system allows, and begins to receive from it. */
  async watchPeers(options: TransportOptions, watchSocket: WatchSocket): Promise<void> {
    for (const { fd, peer } of openPeerSockets(
      this.#libc,
      [this.#port.receiver, this.#port.sender],
      this.local,
      options,
    )) {
      const socket: ReceiveSocket = { fd, peer, inLine: false };
      try {
        await this.#watchSocket(socket, watchSocket);
        this.#sockets.push(socket);
      } catch (error) {
        if (!isSystemError(error)) throw error;
        this.#libc.close(fd); // From now on the first socket serves this peer.
      }
    }
  }

  async #watchSocket(socket: ReceiveSocket, watchSocket: WatchSocket): Promise<void> {
    const watching = watchSocket(socket.fd, {
      readable: (datagram, from) => this.#readable(socket, datagram, from),
      failed: (code) => this.#receiveFailed(socket, code),
    });
    // Adopting a socket allows others on its port, if they say so too. Nobody else shall have it, not for a moment.
    setReuseAddress(this.#libc, socket.fd, false);
    socket.watch = await watching;
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
    await Promise.all(this.#sockets.map(({ watch }) => watch?.close()));
  }

  /** Handles the datagram that Node read, then some batches of those that wait. */
  #readable(socket: ReceiveSocket, datagram: Uint8Array, from: Endpoint): void {
    if (this.#closed) return;
    this.#read += 1;
    this.#handling = true;
    try {
      this.#events.received(datagram, from, performance.now());
      this.#standInLine(socket);
      this.#serveLine();
    } finally {
      this.#handling = false;
      // Once the turn is spent its last answers, one for each of Node's own readings, leave together at its end.
      if (!this.#turnIsSpent()) this.#queue.flush();
    }
  }

  #standInLine(socket: ReceiveSocket): void {
    if (socket.inLine) return;
    socket.inLine = true;
    this.#line.push(socket);
  }

  /**
   * Reads full batches from whichever sockets' turns it is: Node may call 32 times for one socket before it comes to the next,
   * which would be long for the neighbours while clients flood. Sockets that are found empty on the way leave the line.
   */
  #serveLine(): void {
    for (let batches = 0; batches < BATCHES_TOGETHER && !this.#closed && !this.#turnIsSpent(); ) {
      const socket = this.#line.shift();
      if (!socket) return;
      socket.inLine = false;
      if (this.#receiveBatch(socket) < BATCH) continue;
      this.#standInLine(socket);
      batches += 1;
    }
  }

  /** Handles up to one batch from a socket, and tells how many datagrams that were. */
  #receiveBatch(socket: ReceiveSocket): number {
    const vector = this.#received.vector(0, BATCH);
    const count = this.#libc.recvmmsg(socket.fd, vector, BATCH, MSG_DONTWAIT, 0);
    if (count < 0) {
      this.#receiveFailed(socket, errorCode(this.#libc));
      return 0;
    }
    if (count > BATCH) assert.fail('no more messages are received than were asked for');
    const nowMs = performance.now();
    if (count === BATCH) this.#countTurn();
    this.#read += count;
    for (let i = 0; i < count && !this.#closed; i++) {
      this.#received.expectPeer(i);
      this.#events.received(this.#arena.datagram(i, this.#received.receivedBytes(i)), this.#received.peer(i), nowMs);
    }
    return count;
  }

  /** Reading fails when nothing waits, and for what became of earlier sends: a connected socket hears of its peer's end so. */
  #receiveFailed(socket: ReceiveSocket, code: string): void {
    if (!this.#closed && code !== 'EAGAIN' && code !== 'EINTR') this.#events.sendFailed(code, socket.peer);
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
    return this.#read + this.#queue.taken;
  }
}
