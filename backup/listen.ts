/** Binding a port. */

import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { OperatorError } from '../shared/errors';

/** Gives where it listens, `host:port`. @throws OperatorError `port` */
export async function listen(server: Server, host: string, port: number): Promise<string> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new OperatorError('port', `expected a free address to listen at, got ${host}:${port}: ${code}`, { cause });
  }
  const bound = server.address() as AddressInfo;
  return `${bound.address}:${bound.port}`;
}
