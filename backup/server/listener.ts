/** One port for two wires: HTTP, and the simple one's lines of text, told apart by the first byte. */

import type { Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';

/** Connections at once. */
const CONNECTIONS_MAX = 256;
/** Who connects and says nothing is sent away, milliseconds. */
const SILENCE_MAX_MS = 10_000;

/** HTTP's methods begin with a capital letter; the simple wire's words do not. */
function isText(first: number): boolean {
  return first >= 0x61 && first <= 0x7a;
}

/** Hands each connection to whom it is for; nothing is taken from it. */
export function listenerFor(http: HttpServer, onText: (socket: Socket) => void): Server {
  const server = createServer((socket) => {
    // Who goes away is of no concern.
    socket.on('error', () => {});
    let last: NodeJS.Immediate | undefined;
    // On a busy machine it may have spoken long ago: its words are looked for once more.
    const timer = setTimeout(() => (last = setImmediate(() => socket.destroy())), SILENCE_MAX_MS);
    const heard = (): void => {
      clearTimeout(timer);
      clearImmediate(last);
    };
    socket.once('close', heard);
    socket.once('readable', () => {
      heard();
      const first = socket.read() as Buffer | null;
      if (!first) return;
      socket.unshift(first);
      if (isText(first[0]!)) onText(socket);
      else http.emit('connection', socket);
    });
  });
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}
