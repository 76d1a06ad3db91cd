/** What is registered to be fetched, as the server keeps it and an admin tells it. */

import type { Job } from './core';

/** Which wire an agent speaks: this project's over HTTP, or the simple one of existing implementations. */
export const AGENT_WIRES = ['http', 'simple'] as const;
export type AgentWire = (typeof AGENT_WIRES)[number];

/** `node` is the agent's `host:port`. */
export interface Registration extends Job {
  wire: AgentWire;
  /** The agent is asked through TLS. */
  tls: boolean;
  /** Files that look as before are read all the same. */
  paranoid: boolean;
  /** What the agent wants to be told. */
  token?: string;
}
