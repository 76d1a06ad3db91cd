/** An agent that lends a folder, on a port of its own, until it is closed. */

import type { Server as HttpServer } from 'node:http';
import type { Server } from 'node:net';
import { listen } from '../listen';
import type { AgentWire } from '../registration';
import { simpleAgent } from '../simple/agent';
import { Root } from './root';
import { agentServer, type OnQuestion } from './serve';

export interface AgentSettings {
  /** What is lent; nothing outside it is. */
  root: string;
  /** An address of this machine, and a port; 0 for any free one. */
  host: string;
  port: number;
  /** `simple` is the wire of existing implementations, which knows neither token nor TLS. */
  wire: AgentWire;
  /** Who asks must know it; undefined: anybody may. */
  token: string | undefined;
  /** In PEM; undefined: no TLS. */
  tls: { key: string; cert: string } | undefined;
  /** The server is told to read files also when they look as before. */
  paranoid: boolean;
  /** Told of each question that was answered or refused. */
  onQuestion: OnQuestion;
}

export interface Agent {
  /** `host:port`. */
  address: string;
  /** The folder that it lends, without any link in its path. */
  root: string;
  /** Ends it, and what it is answering. */
  close(): void;
}

/** @throws OperatorError `file` for the folder, `port` for the address */
export async function startAgent(settings: AgentSettings): Promise<Agent> {
  const { host, port, wire, token, tls, paranoid, onQuestion } = settings;
  const root = Root.of(settings.root);
  const server: Server | HttpServer =
    wire === 'simple' ? simpleAgent(root, onQuestion) : agentServer({ root, token, tls, paranoid, onQuestion });
  const address = await listen(server, host, port);
  const close = (): void => {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  };
  return { address, root: root.path.toString(), close };
}
