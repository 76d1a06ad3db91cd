/**
 * Three servers of the key-value dialect on loopback, at their ports where these are free, and the client's menu at them:
 * `npm run kv`. All of it ends with the menu, or with this process however that ends.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperatorError } from '../../shared/errors';
import type { Streams } from '../../shared/program/run-main';
import { endPrograms, type Program, readyEvent, startProgram } from '../../shared/program/start-program';
import { DELAY_S, type KeyValueServersOptions } from './options';

/** Gives the exit status. */
export async function serveThree({ ports }: KeyValueServersOptions, streams: Streams): Promise<number> {
  const path = mkdtempSync(join(tmpdir(), 'kv-'));
  try {
    const servers: KeyValueServer[] = [];
    for (const port of ports) servers.push(await startServer(path, port, servers[0]?.peer));
    for (const { program } of servers) await program.until(/"role":"(leader|follower)"/);
    for (const server of servers) {
      const does = server === servers[0] ? 'leads  ' : 'follows';
      streams.out(`${server.kv} ${does} (pid ${server.program.pid})`);
    }
    streams.out(`A GET within ${DELAY_S} s of its key's PUT may get TRY_OTHER_SERVER_OR_LATER: ask again. 3 ends all.`);
    return await menu(
      servers.map(({ kv }) => kv),
      streams,
    );
  } finally {
    await endPrograms();
    rmSync(path, { recursive: true, force: true });
  }
}

interface KeyValueServer {
  program: Program;
  /** `host:port` of the dialect, and of the port where replicas speak with each other. */
  kv: string;
  peer: string;
}

/** At the port, or at any other when that is taken. */
async function startServer(path: string, port: number, leader: string | undefined): Promise<KeyValueServer> {
  const words = [path, '127.0.0.1:0', ...(leader === undefined ? [] : [leader]), '--json'];
  const kv = ['--kv', `127.0.0.1:${port}`, '--kv-delay', String(DELAY_S)];
  const program = startProgram(process.execPath, [join(__dirname, '..', 'main.js'), ...words, ...kv], { tied: true });
  try {
    const ready = await readyEvent<{ address: string; port: number; kv: string }>(program, 'a server');
    return { program, kv: ready.kv, peer: `${ready.address}:${ready.port}` };
  } catch (error) {
    if (port === 0 || !(error instanceof OperatorError && error.code === 'port')) throw error;
    return startServer(path, 0, leader);
  }
}

/** The client with our terminal. Ctrl-C is its own affair. */
async function menu(servers: readonly string[], streams: Streams): Promise<number> {
  const client = spawn(process.execPath, [join(__dirname, '..', '..', 'kv-client', 'main.js'), ...servers], {
    stdio: 'inherit',
  });
  streams.onSignal('SIGINT', () => {});
  streams.onSignal('SIGTERM', () => client.kill('SIGTERM'));
  const [status, signal] = (await once(client, 'exit')) as [number | null, NodeJS.Signals | null];
  return status ?? 128 + constants.signals[signal!];
}
