/** Transports whose events can be awaited, for tests on the real kernel: loopback only, ports the system chooses. */

import type { Endpoint } from '../../shared/endpoint';
import { loadLibc } from '../../shared/udp/libc';
import type { OpenTransport, Transport, TransportEvents, TransportOptions } from '../../shared/udp/transport';

export const LOOPBACK = 0x7f000001;
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** Whether batched system calls are to be had here. */
export function canBatch(): boolean {
  try {
    loadLibc();
    return true;
  } catch {
    return false;
  }
}

/** A transport whose events can be awaited. */
export class Peer {
  static readonly opened: Peer[] = [];

  transport!: Transport;
  readonly received: { bytes: string; from: Endpoint; nowMs: number }[] = [];
  readonly failures: { code: string; to: Endpoint }[] = [];
  /** What to do with a datagram beyond noting it. */
  answer: TransportEvents['received'] = () => {};
  #awaited: { done(): boolean; resolve(): void }[] = [];

  static async open(open: OpenTransport, options: Partial<TransportOptions> = {}): Promise<Peer> {
    const peer = new Peer();
    peer.transport = await open(
      { ip: LOOPBACK, port: 0, receiveBufferBytes: RECEIVE_BUFFER_BYTES, ...options },
      {
        received: (datagram, from, nowMs) => {
          peer.received.push({ bytes: Buffer.from(datagram).toString('latin1'), from, nowMs });
          peer.answer(datagram, from, nowMs);
          peer.#check();
        },
        sendFailed: (code, to) => {
          peer.failures.push({ code, to });
          peer.#check();
        },
      },
    );
    Peer.opened.push(peer);
    return peer;
  }

  static async closeAll(): Promise<void> {
    for (const peer of Peer.opened.splice(0)) await peer.transport.close();
  }

  get endpoint(): Endpoint {
    return this.transport.local;
  }

  until(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve) => this.#awaited.push({ done, resolve }));
  }

  #check(): void {
    for (const { resolve } of this.#awaited.filter(({ done }) => done())) resolve();
    this.#awaited = this.#awaited.filter(({ done }) => !done());
  }
}

/** What a promise fails with. */
export async function errorOf(promise: Promise<unknown>): Promise<NodeJS.ErrnoException> {
  try {
    await promise;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
  throw new Error('expected a failure');
}
