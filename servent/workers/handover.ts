/**
 * Datagrams that reached another worker than theirs, on their way to their own: those that come to it in one turn go to another
 * worker in one message. What waits there is bounded as a receive buffer is; beyond it they are lost, and counted.
 */

import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Endpoint } from '../../shared/endpoint';
import { RECEIVE_BUFFER_BYTES } from '../../shared/udp/transport';

/** What may wait for one worker, bytes. */
export const WAITING_BYTES_MAX = RECEIVE_BUFFER_BYTES;

/** What a datagram takes beside its bytes, so that short ones are bounded too. */
const DATAGRAM_OVERHEAD_BYTES = 64;

/** Datagrams of one turn, one behind the other, with the length and the sender of each. */
interface Parcel {
  bytes: Uint8Array;
  lengths: number[];
  senders: Endpoint[];
}

interface Gathered {
  datagrams: Uint8Array[];
  senders: Endpoint[];
}

export class Handover {
  readonly #ports: readonly (MessagePort | undefined)[];
  /** Bytes that wait for each worker; shared by all. */
  readonly #waiting: Int32Array;
  /** By worker. Bounded as what waits is. */
  readonly #gathered = new Map<number, Gathered>();

  /** `ports` lead to each other worker; at the own place there is none. */
  constructor(ports: readonly (MessagePort | undefined)[], waiting: SharedArrayBuffer) {
    this.#ports = ports;
    this.#waiting = new Int32Array(waiting);
  }

  /** Sends a copy of a datagram on its way to its worker; false if there is no room. */
  give(datagram: Uint8Array, from: Endpoint, worker: number): boolean {
    const size = datagram.length + DATAGRAM_OVERHEAD_BYTES;
    if (Atomics.add(this.#waiting, worker, size) + size > WAITING_BYTES_MAX) {
      Atomics.sub(this.#waiting, worker, size);
      return false;
    }
    if (this.#gathered.size === 0) queueMicrotask(this.#post);
    let gathered = this.#gathered.get(worker);
    if (!gathered) this.#gathered.set(worker, (gathered = { datagrams: [], senders: [] }));
    // A copy by `slice` would be none: of a Buffer it is a view.
    gathered.datagrams.push(new Uint8Array(datagram));
    gathered.senders.push(from);
    return true;
  }

  /** Takes what others give to this worker. */
  takeAs(worker: number, received: (datagram: Uint8Array, from: Endpoint) => void): void {
    for (const port of this.#ports) port?.on('message', (parcel: Parcel) => this.#open(parcel, worker, received));
  }

  close(): void {
    for (const port of this.#ports) port?.close();
  }

  readonly #post = (): void => {
    for (const [worker, { datagrams, senders }] of this.#gathered) {
      const lengths = datagrams.map(({ length }) => length);
      const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
      let end = 0;
      for (const datagram of datagrams) {
        bytes.set(datagram, end);
        end += datagram.length;
      }
      const parcel: Parcel = { bytes, lengths, senders };
      this.#ports[worker]!.postMessage(parcel, [bytes.buffer]);
    }
    this.#gathered.clear();
  };

  #open(
    { bytes, lengths, senders }: Parcel,
    worker: number,
    received: (datagram: Uint8Array, from: Endpoint) => void,
  ): void {
    let end = 0;
    for (const [i, length] of lengths.entries()) {
      end += length;
      received(bytes.subarray(end - length, end), senders[i]!);
    }
    Atomics.sub(this.#waiting, worker, bytes.length + lengths.length * DATAGRAM_OVERHEAD_BYTES);
  }
}

/** Ports between all of so many workers, by whose they are and where they lead. */
export function portsBetween(workers: number): (MessagePort | undefined)[][] {
  const ports = Array.from({ length: workers }, () => new Array<MessagePort | undefined>(workers).fill(undefined));
  for (let one = 0; one < workers; one++) {
    for (let other = 0; other < one; other++) {
      const { port1, port2 } = new MessageChannel();
      ports[one]![other] = port1;
      ports[other]![one] = port2;
    }
  }
  return ports;
}
