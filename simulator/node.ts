/** What a simulated network joins, and who looks on. */

import type { Endpoint } from '../shared/endpoint';

/** Anything that hears datagrams and may ask to be woken; what it decides goes into an outbox of its program's kind. */
export interface Node<Out> {
  /** The bytes are lent until this returns. */
  receive(datagram: Uint8Array, from: Endpoint, nowMs: number, out: Out): void;
  /** A time that was asked for has come. */
  wake?(nowMs: number, out: Out): void;
}

/** Why a datagram never came to a node. */
export type LossReason =
  /** On the way. */
  | 'path'
  /** The receive buffer was full. */
  | 'buffer'
  /** The node was dead when it arrived, or died with it in its buffer. */
  | 'dead'
  /** It was a guest, and had left. */
  | 'closed'
  /** Nobody has that address. */
  | 'nobody';

/** What can befall a node. */
export type NodeChange = 'paused' | 'resumed' | 'died' | 'revived';

/** Sees what happens between the nodes. Datagrams are lent: copy what is kept. */
export interface NetworkObserver {
  sent(datagram: Uint8Array, from: Endpoint, to: Endpoint, nowMs: number): void;
  /** Called before the receiver acts on it. */
  delivered(datagram: Uint8Array, from: Endpoint, to: Endpoint, nowMs: number): void;
  lost(reason: LossReason, datagram: Uint8Array, from: Endpoint, to: Endpoint, nowMs: number): void;
  changed(place: number, what: NodeChange, nowMs: number): void;
}
