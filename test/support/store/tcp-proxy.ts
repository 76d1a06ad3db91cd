/** A wire that tests hold: bytes wait in it, one way or both, for as long as they say. */

import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

type Way = 'up' | 'down';

interface Waiting {
  way: Way;
  to: Socket;
  bytes: Buffer;
}

export class TcpProxy {
  readonly #server: Server;
  #held: readonly Way[] = [];
  /** What is held from the moment on that bytes with this text are sent to the server. */
  #trigger: { text: string; ways: readonly Way[] } | undefined;
  /** Bytes that wait, and where they go: bounded by what a test sends. */
  readonly #waiting: Waiting[] = [];
  readonly #waited = new EventEmitter();
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on loopback for connections to a server of loopback. */
  static async to(port: number): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server);
    server.on('connection', (client) => proxy.#join(client, connect(port, '127.0.0.1')));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  /** `host:port` */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get isUsed(): boolean {
    return this.#sockets.size > 0;
  }

  /** From now on bytes to the server (`up`) or from it wait. Connections stay open for as long as bytes wait for them. */
  hold(...ways: Way[]): void {
    this.#held = ways;
  }

  /** The same, from the moment on that a text is sent to the server: those bytes are the first that may wait. */
  holdFrom(text: string, ...ways: Way[]): void {
    this.#trigger = { text, ways };
  }

  /** Resolves once bytes wait. */
  async waits(): Promise<void> {
    while (this.#waiting.length === 0) await once(this.#waited, 'waited');
  }

  /** Delivers what waited. Resolves once the server has answered it, or hung up. */
  async release(): Promise<void> {
    this.#held = [];
    this.#trigger = undefined;
    const answers = this.#waiting.splice(0).map(({ way, to, bytes }) => {
      if (!to.writable) return undefined;
      to.write(bytes);
      return way === 'up' ? Promise.race([once(to, 'data'), once(to, 'close')]) : undefined;
    });
    await Promise.all(answers);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server.close(), 'close');
  }

  #wait(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#waited.emit('waited');
  }

  #join(client: Socket, server: Socket): void {
    const carry = (way: Way, from: Socket, to: Socket): void => {
      this.#sockets.add(from);
      from.on('data', (bytes: Buffer) => {
        if (this.#trigger && bytes.includes(this.#trigger.text)) this.#held = this.#trigger.ways;
        if (this.#held.includes(way)) this.#wait({ way, to, bytes });
        else to.write(bytes);
      });
      from.on('error', () => {});
      from.on('close', () => {
        this.#sockets.delete(from);
        if (!this.#waiting.some((each) => each.to === to)) to.destroy();
      });
    };
    carry('up', client, server);
    carry('down', server, client);
  }
}
