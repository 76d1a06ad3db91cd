/** A backup server: a folder held, what is registered run, admins answered, on one port. */

import type { Server, Socket } from 'node:net';
import { listen } from '../listen';
import type { Run } from '../repository/history';
import { Repository } from '../repository/repository';
import { answerSimple } from '../simple/admin';
import { adminServer } from './admin-server';
import { throttleOf } from './bandwidth';
import { listenerFor } from './listener';
import { handlersOf, simpleActions } from './questions';
import { Runs } from './runs';

export interface BackupServerSettings {
  /** Where everything is kept. */
  folder: string;
  /** An address of this machine, and a port; 0 for any free one. */
  host: string;
  port: number;
  /** Most runs at once. */
  parallel: number;
  /** Bytes a second that all runs together may fetch; Infinity for no limit. */
  bandwidth: number;
  /** What admins must know; undefined: nothing. */
  token: string | undefined;
  /** In PEM: whom to trust for agents that speak TLS; undefined: whom the system trusts. */
  tlsCa: string | undefined;
  /** Serve the simple wire's admins, who know no token, beyond loopback too. */
  simpleListen: boolean;
  onRun(run: Run): void;
  onProblem(message: string): void;
}

export class BackupServer {
  readonly repository: Repository;
  /** `host:port`. */
  readonly address: string;
  /** Resolves when an admin has asked for the end. */
  readonly shutdown: Promise<void>;
  readonly #runs: Runs;
  readonly #listener: Server;
  /** Bounded by the listener's limit of connections. */
  readonly #sockets = new Set<Socket>();

  private constructor(repository: Repository, runs: Runs, listener: Server, address: string, shutdown: Promise<void>) {
    this.repository = repository;
    this.#runs = runs;
    this.#listener = listener;
    this.address = address;
    this.shutdown = shutdown;
    listener.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** @throws OperatorError `lock` or `file` for the folder, `port` for the address */
  static async start(settings: BackupServerSettings): Promise<BackupServer> {
    const { folder, host, port, parallel, bandwidth, token, tlsCa, simpleListen, onRun, onProblem } = settings;
    const repository = await Repository.open(folder);
    try {
      for (const { message } of repository.damage) onProblem(message);
      const runs = await Runs.open(repository, { parallel, throttle: throttleOf(bandwidth), tlsCa, onRun, onProblem });
      let askForEnd: () => void = () => undefined;
      const shutdown = new Promise<void>((resolve) => (askForEnd = resolve));
      const handlers = handlersOf({ repository, runs, parallel, sinceMs: Date.now(), shutdown: askForEnd });
      const http = adminServer(handlers, token, (error) => onProblem(error.stack ?? error.message));
      const actions = simpleActions(repository, runs, askForEnd);
      const listener = listenerFor(http, (socket) => {
        answerSimple(socket, actions, simpleListen).catch((error: unknown) => onProblem((error as Error).message));
      });
      const address = await listen(listener, host, port);
      runs.begin();
      return new BackupServer(repository, runs, listener, address, shutdown);
    } catch (error) {
      await repository.close();
      throw error;
    }
  }

  /** Ends runs and answers; what is kept stays as it is. */
  async close(): Promise<void> {
    const closed = new Promise((done) => this.#listener.close(done));
    await this.#runs.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    await this.repository.close();
  }
}
