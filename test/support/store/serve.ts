/** Real ports on loopback behind which a replica of the test's choice answers in the document dialect. */

import { type Listener, openListener } from '../../../shared/tcp/listener';
import { DocumentsConnection } from '../../../store/dialects/documents';
import type { Replica } from '../../../store/dialects/replica';

const listeners = new Set<Listener>();

/** Serves a replica on a port the system chooses, or on this one. Gives its `host:port`, and how it ends. */
export async function serve(replica: Replica, port = 0): Promise<{ address: string; close: () => Promise<void> }> {
  let drawn = 0;
  const newId = (): string => `id-${++drawn}`;
  const listener = await openListener({
    host: '127.0.0.1',
    port,
    connectionsMax: 100,
    refusal: new Uint8Array(),
    accept: (connection) =>
      new DocumentsConnection(connection, { replica, newId, greeted: () => connection.destroy() }),
  });
  listeners.add(listener);
  const close = async (): Promise<void> => {
    if (listeners.delete(listener)) await listener.close();
  };
  return { address: `127.0.0.1:${listener.port}`, close };
}

/** Ends whatever a test left serving. */
export async function endServing(): Promise<void> {
  await Promise.all([...listeners].map((listener) => listener.close()));
  listeners.clear();
}
