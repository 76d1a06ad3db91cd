/** A server with nothing in it: answers each piece with the same piece, as soon as it comes. Started by `searches.ts`. */

import { createServer } from 'node:net';

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', (piece) => socket.write(piece)).on('error', () => {});
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as { port: number }).port));
