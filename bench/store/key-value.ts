/**
 * PUT and GET of the key-value dialect a second, at the leader of one, and of three replicas on this machine, beside a bare server
 * that answers the same object on a connection of its own: `npm run bench:kv`. Ratios to that are what can be compared between machines.
 */

import { createServer } from 'node:net';
import { endPrograms, readyEvent, startProgram } from '../../shared/program/start-program';
import { exchange } from '../../shared/tcp/key-value-exchange';
import type { KeyValueMessage } from '../../shared/wire/key-value';
import { doorOf, Replicas } from '../../test/support/store/replicas';
import { rate, rateLine } from './rate';

const LIMIT_MS = 10_000;
const REPLY = '{"method":"GET_OK","value":["Santos",1795267042.137],"key":null,"timestamp":null}';

if (process.argv[2] === 'bare') bare();
else void main();

/** Reads one piece, answers, and closes. */
function bare(): void {
  const server = createServer((socket) => socket.once('data', () => socket.end(REPLY)));
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as { port: number };
    console.log(JSON.stringify({ event: 'ready', kv: `127.0.0.1:${port}` }));
  });
}

async function main(): Promise<void> {
  try {
    const words = ['-r', 'ts-node/register/transpile-only', __filename, 'bare'];
    const { kv } = await readyEvent<{ kv: string }>(startProgram(process.execPath, words), 'the bare server');
    const base = await rate(() => ask(kv, get('key')));
    console.log(`bare server: ${base.toFixed(0)} a second`);
    for (const count of [1, 3]) await measure(count, base);
  } finally {
    await endPrograms();
  }
}

async function measure(count: number, base: number): Promise<void> {
  const replicas = new Replicas();
  try {
    const all = await replicas.startAll(count, ['--kv', '127.0.0.1:0']);
    const leader = doorOf(all[0]!, 'kv');
    let puts = 0;
    const put = await rate(() =>
      ask(leader, { method: 'PUT', value: 'Santos', key: `key-${++puts}`, timestamp: null }),
    );
    const got = await rate((n) => ask(leader, get(`key-${1 + (n % puts)}`)));
    console.log(
      `${count} replica${count === 1 ? '' : 's'}: ${rateLine('PUT', put, base)}, ${rateLine('GET', got, base)}`,
    );
    await Promise.all(all.map((replica) => replica.stop()));
  } finally {
    replicas.remove();
  }
}

function get(key: string): KeyValueMessage {
  return { method: 'GET', value: null, key, timestamp: null };
}

async function ask(server: string, message: KeyValueMessage): Promise<void> {
  const answer = await exchange(server, message, LIMIT_MS);
  const wanted = message.method === 'PUT' ? 'PUT_OK' : 'GET_OK';
  const got = answer.kind === 'reply' ? answer.reply.method : answer.reason;
  if (got !== wanted) throw new Error(`expected ${wanted}, got ${got}`);
}
