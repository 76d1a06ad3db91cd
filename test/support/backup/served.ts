/** A real server and real agents on loopback, in this process, with folders of their own. */

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdminClient } from '../../../backup/admin/client';
import { Root } from '../../../backup/agent/root';
import { agentServer, type ServeSettings } from '../../../backup/agent/serve';
import { listen } from '../../../backup/listen';
import type { Run } from '../../../backup/repository/history';
import type { RegisterRequest } from '../../../backup/server/admin-wire';
import { BackupServer, type BackupServerSettings } from '../../../backup/server/server';
import { simpleAgent } from '../../../backup/simple/agent';

const LOOPBACK = '127.0.0.1';
const NEVER_MS = 3_600_000;

export class Served {
  /** What is made here goes when it ends. */
  readonly folder = mkdtempSync(join(tmpdir(), 'backup-'));
  /** What the server had to say. */
  readonly problems: string[] = [];
  readonly runs: Run[] = [];
  server!: BackupServer;
  admin!: AdminClient;
  readonly #servers: Server[] = [];

  static async start(settings: Partial<BackupServerSettings> = {}): Promise<Served> {
    const served = new Served();
    await served.restart(settings);
    return served;
  }

  /** Starts the server on the same folder, after it was closed. */
  async restart(settings: Partial<BackupServerSettings> = {}): Promise<void> {
    this.server = await BackupServer.start({
      folder: join(this.folder, 'repository'),
      host: LOOPBACK,
      port: 0,
      parallel: 4,
      bandwidth: Number.POSITIVE_INFINITY,
      token: undefined,
      tlsCa: undefined,
      simpleListen: false,
      onRun: (run) => this.runs.push(run),
      onProblem: (message) => this.problems.push(message),
      ...settings,
    });
    this.admin = new AdminClient({ host: LOOPBACK, port: portOf(this.server.address), token: settings.token });
  }

  /** An agent that lends a folder; gives its `host:port`. */
  agent(
    root: string,
    { token, tls, paranoid = false, onQuestion = () => undefined }: Partial<Omit<ServeSettings, 'root'>> = {},
  ): Promise<string> {
    return this.serve(agentServer({ root: Root.of(root), token, tls, paranoid, onQuestion }));
  }

  simpleAgent(root: string): Promise<string> {
    return this.serve(simpleAgent(Root.of(root), () => undefined));
  }

  /** Any server, ended with the others. */
  serve(server: Server): Promise<string> {
    this.#servers.push(server);
    return listen(server, LOOPBACK, 0);
  }

  register(node: string, path: string, more: Partial<RegisterRequest> = {}): Promise<unknown> {
    const request: RegisterRequest = {
      node,
      path,
      everyMs: NEVER_MS,
      keep: 10,
      wire: 'http',
      tls: false,
      paranoid: false,
      ...more,
    };
    return this.admin.ask('register', request);
  }

  /** Runs it now, and gives how it went. */
  async run(node: string, path: string): Promise<Run> {
    for await (const line of this.admin.lines('run', { node, path })) {
      if (line.type === 'end') {
        const { type: _type, ...run } = line;
        return run;
      }
    }
    throw new Error('expected an end');
  }

  async end(): Promise<void> {
    await this.server.close();
    for (const server of this.#servers) {
      (server as { closeAllConnections?: () => void }).closeAllConnections?.();
      if (server.listening) {
        server.close();
        await once(server, 'close');
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
