/**
 * Links between replicas: connections that have been greeted, each carrying the messages of two cores, one a frame. What is
 * sent within a turn of the event loop goes out together.
 */

import type { Connection, ConnectionEvents } from '../shared/tcp/connection';
import { encodeFrame, FrameDecoder, type FrameFormat } from '../shared/wire/frame';
import { decodeJson, encodeJson, type Json } from '../shared/wire/json';
import { WireError } from '../shared/wire/wire-error';
import { type Greeted, greet } from './greeting';
import type { PeerMessage } from './replication/messages';
import type { Link } from './replication/outbox';

/** Room for a batch of entries, or one entry of the greatest size: the core sends no more at once. */
export const PEER_FRAMES: FrameFormat = { lengthBytes: 4, payloadMax: 16 * 1024 * 1024 };
/** A frame must come whole within this time. */
const FRAME_MS = 10_000;
/** Between two attempts to dial, milliseconds. */
const DIAL_PAUSE_MS = 100;

/** What links tell; never from within a call of theirs. */
export interface LinkEvents {
  /** The link that `dial` asked for is there. */
  up(link: Link): void;
  received(link: Link, message: Json): void;
  /** A link is gone that nobody hung up. */
  down(link: Link): void;
  undialled(address: string): void;
}

export class Links {
  readonly #events: LinkEvents;
  /** Bounded by the port's connections, and the one that was dialled. */
  readonly #links = new Map<Link, PeerLink>();
  #lastLink: Link = 0;
  /** Whom a link is kept to, the latest attempt, and what came of it. */
  #dialled: string | undefined;
  #attempt = 0;
  #dialledLink: Link | undefined;
  #pause: NodeJS.Timeout | undefined;

  constructor(events: LinkEvents) {
    this.#events = events;
  }

  /** A connection whose other side has greeted is a link. */
  add({ connection, rest }: Pick<Greeted, 'connection' | 'rest'>): Link {
    const number = ++this.#lastLink;
    const link = new PeerLink(connection, {
      received: (message) => this.#events.received(number, message),
      closed: () => {
        if (!this.#links.delete(number)) return;
        this.#events.down(number);
        if (number === this.#dialledLink) this.#dialLater();
      },
    });
    this.#links.set(number, link);
    // Not from within this call, and before anything that comes later.
    queueMicrotask(() => link.received(rest));
    return number;
  }

  /** Keeps a link to this replica, dialling with pauses, until another call; undefined: to none. */
  dial(address: string | undefined): void {
    if (address === this.#dialled) return;
    this.#dialled = address;
    this.#attempt++;
    clearTimeout(this.#pause);
    if (this.#dialledLink !== undefined) this.#drop(this.#dialledLink);
    this.#dialledLink = undefined;
    if (address !== undefined) void this.#dialNow(address);
  }

  send(link: Link, message: PeerMessage): void {
    this.#links.get(link)?.send(message);
  }

  /** Closes a link, of which no more is told. One that was dialled is dialled anew. */
  hangUp(link: Link): void {
    this.#drop(link);
    if (link === this.#dialledLink) this.#dialLater();
  }

  /** All that was sent since the last call goes out. */
  flush(): void {
    for (const link of this.#links.values()) link.flush();
  }

  close(): void {
    this.dial(undefined);
    for (const link of [...this.#links.keys()]) this.#drop(link);
  }

  async #dialNow(address: string): Promise<void> {
    const attempt = ++this.#attempt;
    try {
      const greeted = await greet(address);
      if (attempt !== this.#attempt) return greeted.connection.destroy();
      this.#dialledLink = this.add(greeted);
      this.#events.up(this.#dialledLink);
    } catch {
      if (attempt !== this.#attempt) return;
      this.#events.undialled(address);
      this.#dialLater();
    }
  }

  #dialLater(): void {
    this.#dialledLink = undefined;
    const address = this.#dialled;
    clearTimeout(this.#pause);
    if (address !== undefined) this.#pause = setTimeout(() => void this.#dialNow(address), DIAL_PAUSE_MS);
  }

  #drop(link: Link): void {
    const held = this.#links.get(link);
    this.#links.delete(link);
    held?.close();
  }
}

class PeerLink implements ConnectionEvents {
  readonly #connection: Connection;
  readonly #owner: { received: (message: Json) => void; closed: () => void };
  readonly #decoder = new FrameDecoder(PEER_FRAMES);
  /** What goes out with the next `flush`. Bounded by what a core sends before it is acknowledged. */
  #outgoing: Uint8Array[] = [];
  #timed = false;

  constructor(connection: Connection, owner: { received: (message: Json) => void; closed: () => void }) {
    this.#connection = connection;
    this.#owner = owner;
    connection.events = this;
  }

  send(message: PeerMessage): void {
    this.#outgoing.push(encodeFrame(encodeJson(message as unknown as Json), PEER_FRAMES));
  }

  flush(): void {
    if (this.#outgoing.length === 0) return;
    const [first] = this.#outgoing;
    this.#connection.send(this.#outgoing.length === 1 ? first! : Buffer.concat(this.#outgoing));
    this.#outgoing = [];
  }

  /** What was sent last may say why. */
  close(): void {
    this.flush();
    this.#connection.end();
    this.#owner.closed = () => {};
    this.#owner.received = () => {};
  }

  received(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
    try {
      for (let frame = this.#decoder.next(); frame; frame = this.#decoder.next()) {
        this.#owner.received(decodeJson(frame));
        this.#timed = false;
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      return this.#connection.destroy();
    }
    this.#time();
  }

  drained(): void {}

  ended(): void {
    this.#connection.destroy();
  }

  closed(): void {
    this.#owner.closed();
  }

  /** The time for a frame that has begun; whether a silent peer is borne is for the core to say. */
  #time(): void {
    const begun = this.#decoder.pendingBytes > 0;
    if (begun && this.#timed) return;
    this.#timed = begun;
    this.#connection.closeAfter(begun ? FRAME_MS : undefined);
  }
}
