/**
 * `npm run store`: a leader and two followers on loopback, and the prompt at the first. Shows who leads, and says how to kill it
 * and look again. All of it ends with the prompt, or with this process however that ends.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMain, type Streams } from '../shared/program/run-main';
import { endPrograms, type Program, readyEvent, startProgram } from '../shared/program/start-program';

const FOLLOWERS = 2;

runMain('npm run store', () => ({ options: {} }), run);

async function run(_options: object, streams: Streams): Promise<number> {
  const path = mkdtempSync(join(tmpdir(), 'store-'));
  try {
    const leader = await startReplica(path, []);
    const replicas = [leader];
    while (replicas.length <= FOLLOWERS) replicas.push(await startReplica(path, [leader.address]));
    for (const { program } of replicas) await program.until(/"role":"(leader|follower)"/);
    for (const replica of replicas) {
      const does = replica === leader ? 'leads  ' : 'follows';
      streams.out(`${replica.address} ${does} (pid ${replica.program.pid}), files in ${replica.folder}`);
    }
    streams.out('Kill the leader from another terminal, go on here, and look who leads:');
    streams.out(`  kill -9 ${leader.program.pid}`);
    streams.out(`  npx store status ${replicas[1]!.address}`);
    streams.out(`Bring it back as a follower: npx store ${path} ${leader.address}`);
    streams.out('"help" lists the commands of the prompt, "exit" ends all.');
    return await prompt(leader.address, streams);
  } finally {
    await endPrograms();
    rmSync(path, { recursive: true, force: true });
  }
}

async function startReplica(
  path: string,
  leader: readonly string[],
): Promise<{ program: Program; address: string; folder: string }> {
  const words = [join(__dirname, 'main.js'), path, '127.0.0.1:0', ...leader, '--json'];
  const program = startProgram(process.execPath, words, { tied: true });
  const { address, port, folder } = await readyEvent<{ address: string; port: number; folder: string }>(
    program,
    'a replica',
  );
  return { program, address: `${address}:${port}`, folder };
}

/** The store client with our terminal. Ctrl-C is its own affair. */
async function prompt(address: string, streams: Streams): Promise<number> {
  const client = spawn(process.execPath, [join(__dirname, '..', 'store-client', 'main.js'), address], {
    stdio: 'inherit',
  });
  streams.onSignal('SIGINT', () => {});
  streams.onSignal('SIGTERM', () => client.kill('SIGTERM'));
  const [status, signal] = (await once(client, 'exit')) as [number | null, NodeJS.Signals | null];
  return status ?? 128 + constants.signals[signal!];
}
