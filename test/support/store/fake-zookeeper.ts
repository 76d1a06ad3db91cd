/** A server that speaks as much of ZooKeeper's protocol as is needed to answer wrongly, late or not at all. */

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** What a connection is answered with; a connection behind the last of a script is served well. */
export type Manner =
  /** Nothing, not even that it is connected. */
  | 'silent'
  /** That its session is over. */
  | 'expired'
  /** Half of an answer, and the end. */
  | 'half'
  /** An answer with this code to every request. */
  | number;

/** However long a session was asked for. */
export const GRANTED_MS = 600;
const SESSION = Buffer.alloc(8, 7);
const PASSWORD = Buffer.alloc(16, 7);
/** A node's stat is 68 bytes. */
const STAT = Buffer.alloc(68);
const OK = 0;

export class FakeZookeeper {
  /** Connections accepted so far. */
  connections = 0;
  readonly #server: Server;
  readonly #manners: Manner[];
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, manners: Manner[]) {
    this.#server = server;
    this.#manners = manners;
  }

  static async start(...manners: Manner[]): Promise<FakeZookeeper> {
    const server = createServer();
    const fake = new FakeZookeeper(server, manners);
    server.on('connection', (socket) => fake.#serve(socket));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return fake;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server.close(), 'close');
  }

  #serve(socket: Socket): void {
    const manner = this.#manners[this.connections++] ?? OK;
    let isConnected = false;
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    // The library writes each request at once, and loopback brings them so.
    socket.on('data', (request: Buffer) => {
      if (manner === 'silent') return;
      if (!isConnected)
        socket.write(frame(int(0), int(manner === 'expired' ? 0 : GRANTED_MS), SESSION, int(16), PASSWORD));
      else if (manner === 'half') socket.end(int(100));
      else if (manner !== 'expired') socket.write(frame(request.subarray(4, 8), Buffer.alloc(8), int(manner), STAT));
      isConnected = true;
    });
  }
}

function frame(...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([int(content.length), content]);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
