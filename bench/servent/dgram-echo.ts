/**
 * A bare dgram echo that looks the key up in a Map: the least that answers a CLIREQ on Node's dgram, with each RESPONSE made
 * beforehand. No limits, no checks, no memory. It runs alone: it imports nothing of ours.
 */

import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';

const responses = new Map<string, Buffer>();
for (const line of readFileSync(process.argv[2]!, 'latin1').split('\n')) {
  const [, key, value] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
  if (key && value) responses.set(key, Buffer.from(`\0\x03${key}\t${value}`, 'latin1'));
}

const socket = createSocket('udp4');
socket.on('message', (datagram, { address, port }) => {
  const response = responses.get(datagram.toString('latin1', 2));
  if (response) socket.send(response, port, address);
});
socket.bind(0, '127.0.0.1', () => {
  socket.setRecvBufferSize(8 * 1024 * 1024);
  console.log(`listening on 127.0.0.1:${socket.address().port}`);
});
