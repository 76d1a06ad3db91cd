/** A follower with nothing in it: brings each piece that comes to the disk and says so with one byte. Started by `flushes.ts`. */

import { constants, openSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';

const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_DSYNC;
const file = openSync(process.argv[2]!, flags);

const server = createServer((socket) => {
  socket.setNoDelay(true).on('data', (piece) => {
    writeSync(file, piece as Buffer);
    socket.write('.');
  });
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as { port: number }).port));
