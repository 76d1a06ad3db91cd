/** A port of the key-value dialect: takes connections, and gives each request to whoever answers it. */

import { type Listener, openListener } from '../../../shared/tcp/listener';
import { encodeMessage, errorMessage } from '../../../shared/wire/key-value';
import { type Answerer, KeyValueConnection } from './connection';

export interface PortOptions {
  host: string;
  /** 0 for one that the system chooses. */
  port: number;
  connectionsMax: number;
}

/** Opens it. @throws OperatorError `port` */
export function openKeyValuePort(options: PortOptions, answer: Answerer): Promise<Listener> {
  const reason = `this server has no room for more than ${options.connectionsMax} connections`;
  return openListener({
    ...options,
    refusal: encodeMessage(errorMessage(reason)),
    accept: (connection) => new KeyValueConnection(connection, answer),
  });
}
