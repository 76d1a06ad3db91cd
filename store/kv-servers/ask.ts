/**
 * One server of the key-value dialect, asked for at the keyboard: `kv-servers --ask`. Those of one machine and the same ports keep
 * their files in one folder, where they find each other; whoever is the first begins it anew.
 */

import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { usageError } from '../../shared/errors';
import { escapeText } from '../../shared/escape';
import { interrupted, type Streams } from '../../shared/program/run-main';
import { exchange } from '../../shared/tcp/key-value-exchange';
import { connect } from '../server';
import { type Agreed, dialogue, type Found } from './dialogue';
import { DELAY_S, type KeyValueServersOptions } from './options';

const HOST = '127.0.0.1';
/** Within this time a server says whether it leads. */
const LOOK_MS = 2000;

/** Gives the exit status. @throws OperatorError `usage` when the input ends before all is answered, or why it cannot serve */
export async function askAndServe({ ports }: KeyValueServersOptions, streams: Streams): Promise<number> {
  const ended = interrupted(streams);
  const found = await Promise.all(ports.map(async (port) => [port, await look(port)] as const));
  const agreed = await Promise.race([ended, asked(new Map(found), streams)]);
  if (typeof agreed === 'number') return agreed;
  const path = join(tmpdir(), `kv-${userInfo().uid}-${ports.join('-')}`);
  // Whoever leads itself has found nobody: what lies there is of a group that is gone.
  if (agreed.leader === agreed.own) rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return serve(path, agreed.own, ended, streams);
}

async function look(port: number): Promise<Found> {
  const isLeader = { method: 'isLider', value: null, key: null, timestamp: null };
  const answer = await exchange(`${HOST}:${port}`, isLeader, LOOK_MS);
  if (answer.kind === 'refused') return 'nobody';
  return answer.kind === 'reply' && answer.reply.value === true ? 'leader' : 'other';
}

async function asked(found: ReadonlyMap<number, Found>, { input, out, output }: Streams): Promise<Agreed> {
  const talk = dialogue(found, out);
  let next = talk.next();
  output.write(next.value as string);
  for await (const line of createInterface({ input })) {
    next = talk.next(line);
    if (next.done) return next.value;
    output.write(next.value);
  }
  throw usageError('expected a port, got the end of the input');
}

/** Serves until it is told to end, with the lines of each request. */
async function serve(path: string, port: number, ended: Promise<number>, streams: Streams): Promise<number> {
  const settings = { host: `${HOST}:0`, kv: `${HOST}:${port}`, kvLog: true, kvDelayMs: DELAY_S * 1000 };
  let isServing = false;
  const server = connect(path, settings, {
    note: (text) => streams.err(`kv-servers: ${escapeText(text)}`),
    line: streams.out,
    turned: () => {
      if (isServing || server.status().role === 'joining') return;
      isServing = true;
      streams.out(`Servidor escutando ${HOST}:${port}`);
    },
  });
  try {
    return await Promise.race([ended, server.run().then(() => server.ended.then(() => 0))]);
  } finally {
    await server.close();
  }
}
