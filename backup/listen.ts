/** Binding a port. */

import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { portError } from '../shared/errors';

/** Gives where it listens, `host:port`. @throws OperatorError `port` */
export async function listen(server: Server, host: string, port: number): Promise<string> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw portError('TCP', `${host}:${port}`, cause);
  }
  const bound = server.address() as AddressInfo;
  return `${bound.address}:${bound.port}`;
}
