/**
 * The port where a replica's clients and its fellow replicas come alike: the first request tells which. Until the replica is
 * there, connections wait.
 */

import { randomUUID } from 'node:crypto';
import type { Connection, ConnectionEvents } from '../shared/tcp/connection';
import { type Listener, openListener } from '../shared/tcp/listener';
import { encodeReply, replyTo } from './dialects/document-request';
import { DocumentsConnection } from './dialects/documents';
import type { Replica } from './dialects/replica';
import { ForwardedWrites } from './forwarding';
import { FORWARD, TAKEOVER, type Welcome, welcome } from './greeting';
import type { LiveReplica } from './live-replica';

export interface PortOptions {
  host: string;
  port: number;
  connectionsMax: number;
}

/** What stands behind the port. */
export interface Served {
  replica: LiveReplica;
  /** Does what another replica hands on, by its end of the connection, `ip:port`. */
  writesOf: (remote: string) => Replica;
  welcome: Welcome;
}

export class Port {
  readonly #options: PortOptions;
  #listener: Listener | undefined;
  #served: Served | undefined;
  /** Came before there was a replica. Bounded by connectionsMax. */
  #waiting: Connection[] = [];

  constructor(options: PortOptions) {
    this.#options = options;
  }

  /** Binds it. @throws OperatorError `port` */
  async open(): Promise<void> {
    const { connectionsMax } = this.#options;
    const reason = `this replica has no room for more than ${connectionsMax} connections`;
    this.#listener = await openListener({
      ...this.#options,
      refusal: encodeReply(['ko', reason]),
      accept: (connection) => this.#accept(connection),
    });
  }

  /** Bound to, once open. */
  get port(): number {
    return this.#listener!.port;
  }

  /** Serves whoever waits, and whoever comes; undefined: lets them wait. */
  serve(served: Served | undefined): void {
    this.#served = served;
    if (!served) return;
    for (const connection of this.#waiting.splice(0)) {
      connection.events = this.#client(connection, served);
      connection.resume();
    }
  }

  async close(): Promise<void> {
    await this.#listener?.close();
  }

  #accept(connection: Connection): ConnectionEvents {
    if (this.#served) return this.#client(connection, this.#served);
    connection.pause();
    this.#waiting.push(connection);
    const closed = (): void => void (this.#waiting = this.#waiting.filter((other) => other !== connection));
    return { received() {}, drained() {}, ended() {}, closed };
  }

  #client(connection: Connection, { replica, writesOf, welcome: words }: Served): ConnectionEvents {
    return new DocumentsConnection(connection, {
      replica,
      newId: randomUUID,
      greeted: (greeting, rest) => {
        if (greeting[2] === TAKEOVER) void force(connection, replica);
        else if (!welcome(connection, greeting, words)) return;
        else if (greeting[2] === FORWARD) new ForwardedWrites(connection, writesOf(connection.remote), rest);
        else replica.links.add({ connection, rest });
      },
    });
  }
}

/** An operator's word. */
async function force(connection: Connection, replica: LiveReplica): Promise<void> {
  connection.send(encodeReply(replyTo(await replica.force())));
  connection.end();
}
