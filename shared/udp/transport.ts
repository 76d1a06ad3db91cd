/**
 * What a program needs of a UDP socket: datagrams in, datagrams out, from one bound port. The portable and the batched
 * transport both keep this contract, and one conformance suite holds them to it.
 */

import type { Endpoint } from '../endpoint';

/** How datagrams may come and go: `auto` takes batches where they load and work. */
export const IO_CHOICES = ['auto', 'dgram', 'batch'] as const;

export type IoChoice = (typeof IO_CHOICES)[number];

/** An open, bound UDP port. */
export interface Transport {
  readonly kind: 'dgram' | 'batch';
  /** Where it is bound; the port the system chose when 0 was asked for. */
  readonly local: Endpoint;
  /**
   * Sends one datagram from the bound port. `bytes` are lent: they are sent or copied before this returns. To one destination
   * datagrams of one length leave in this order; one of another length may overtake them.
   * Never throws: whatever the system says goes to `sendFailed`, and after `close` nothing is sent.
   */
  send(bytes: Uint8Array, to: Endpoint): void;
  /** Sends one datagram to each of these destinations but one, as `send` does. */
  sendEach(bytes: Uint8Array, destinations: readonly Endpoint[], except: Endpoint | undefined): void;
  /** Datagrams the kernel threw away because the receive buffer was full, as far as the system shows it; else undefined. A group counts once. */
  kernelDrops(): number | undefined;
  /** Stops receiving and frees the port. What was sent before is handed to the system first. */
  close(): Promise<void>;
}

/** What a transport tells its owner. */
export interface TransportEvents {
  /**
   * One datagram of 0 to 65,507 bytes. The bytes are lent until this returns, and may be changed in place. `nowMs` is the time
   * of `performance.now()` when it was read: one reading of the clock serves a whole batch.
   */
  received(datagram: Uint8Array, from: Endpoint, nowMs: number): void;
  /**
   * A datagram could not be sent; `code` is the system's name for why (`ECONNREFUSED`, `ENOBUFS`, `EMSGSIZE`, ...). `to` is 0
   * where the system does not say which. That a peer of `peers` is gone may be told: once for many datagrams, and some time
   * after they were sent.
   */
  sendFailed(code: string, to: Endpoint): void;
}

export interface TransportOptions {
  /** Local address, 0 for every interface. */
  ip: number;
  /** Local port, 0 for one the system chooses. */
  port: number;
  /** Receive buffer to ask the system for, bytes; the system may grant less. */
  receiveBufferBytes: number;
  /**
   * Peers that get a receive buffer of their own, as large as that, where the transport allows it (batches do, dgram does not
   * and serves them like anybody else): a flood from elsewhere then loses none of their datagrams. Each costs a descriptor.
   */
  peers?: readonly Endpoint[];
}

/**
 * Opens a transport.
 * @throws the system's error (EADDRINUSE, EACCES, EADDRNOTAVAIL, ...) when the port cannot be bound.
 */
export type OpenTransport = (options: TransportOptions, events: TransportEvents) => Promise<Transport>;

/** Holds a burst of some thirty thousand small datagrams; the default of 208 KiB holds about 256. */
export const RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024;
