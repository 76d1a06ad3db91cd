/**
 * The door of a replica: the address that all others know it by. What goes through is read along, and what comes from a replica
 * that it is cut off from waits before it, until the cut is mended.
 */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { PeerMessage } from '../../store/replication/messages';
import { isReplicasGreeting, isWelcome, WireTap } from './wire-tap';

const LOOPBACK = '127.0.0.1';

export interface DoorEvents {
  /** A message through this door: `member` is the address of the replica at the other end. */
  passed(message: PeerMessage, member: string, way: 'in' | 'out'): void;
  /** Is the replica behind the door cut off from this one? */
  isCut(member: string): boolean;
}

/** One connection through the door. */
interface Passage {
  sockets: readonly [outside: Socket, inside: Socket];
  /** Address of the replica outside; undefined until it has said who it is. */
  member: string | undefined;
  /** What waits for the cut to be mended: what had come before the sockets were paused. */
  waiting: { to: Socket; piece: Buffer }[];
}

export class Door {
  readonly #server: Server;
  readonly #events: DoorEvents;
  /** Bounded by the connections that the replica takes. */
  readonly #passages = new Set<Passage>();
  /** Port of the replica; undefined while it does not serve. */
  target: number | undefined;

  private constructor(server: Server, events: DoorEvents) {
    this.#server = server;
    this.#events = events;
    server.on('connection', (outside) => this.#enter(outside));
  }

  /** Opens a door at a port that the system chooses. */
  static async open(events: DoorEvents): Promise<Door> {
    const server = createServer();
    const listening = once(server, 'listening');
    server.listen(0, LOOPBACK);
    await listening;
    return new Door(server, events);
  }

  /** `host:port` */
  get address(): string {
    return `${LOOPBACK}:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A cut was made or mended: what may go on goes on. */
  cutsChanged(): void {
    for (const passage of this.#passages) {
      if (this.#isCut(passage)) continue;
      for (const { to, piece } of passage.waiting.splice(0)) to.write(piece);
      for (const socket of passage.sockets) socket.resume();
    }
  }

  async close(): Promise<void> {
    for (const { sockets } of this.#passages) for (const socket of sockets) socket.destroy();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  #enter(outside: Socket): void {
    if (this.target === undefined) return void outside.destroy();
    const inside = connect(this.target, LOOPBACK);
    const passage: Passage = { sockets: [outside, inside], member: undefined, waiting: [] };
    this.#passages.add(passage);
    const hear = (way: 'in' | 'out') => (message: PeerMessage) => {
      if (message.type === 'join') passage.member = message.member.address;
      if (passage.member !== undefined && !this.#isCut(passage)) this.#events.passed(message, passage.member, way);
    };
    this.#carry(passage, outside, inside, new WireTap(isReplicasGreeting, hear('in')));
    this.#carry(passage, inside, outside, new WireTap(isWelcome, hear('out')));
  }

  #carry(passage: Passage, from: Socket, to: Socket, tap: WireTap): void {
    from.on('data', (piece: Buffer) => {
      tap.push(piece);
      if (this.#isCut(passage)) {
        passage.waiting.push({ to, piece });
        from.pause();
      } else if (!to.write(piece)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    });
    from.on('error', () => {});
    from.on('close', () => {
      this.#passages.delete(passage);
      to.destroy();
    });
  }

  #isCut({ member }: Passage): boolean {
    return member !== undefined && this.#events.isCut(member);
  }
}
