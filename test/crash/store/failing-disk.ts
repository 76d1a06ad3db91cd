/**
 * One replica whose n-th writing, flushing or renaming of a file fails, injected by strace: it must end with one sentence, and
 * confirm nothing afterwards; started again it must have all that it confirmed.
 */

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Program, startProgram } from '../../../shared/program/start-program';
import { connectClient, type StoreClient } from '../../../store-client/client';
import { ROOT, scriptOf } from '../../support/commands';
import { Replicas } from '../../support/store/replicas';

/** Calls that may fail, and the file beneath the replica's folder that they must be about. */
export const FAULTS = {
  write: { calls: 'write,pwrite64,writev,pwritev', file: 'log-1/0000000000000001.jsonl', error: 'ENOSPC' },
  'write of the facts': { calls: 'write,pwrite64,writev,pwritev', file: 'replica.json.next', error: 'EIO' },
  'flush of the facts': { calls: 'fsync,fdatasync', file: 'replica.json.next', error: 'EIO' },
  rename: { calls: 'rename,renameat,renameat2', file: 'replica.json.next', error: 'EIO' },
} as const;

export type FaultName = keyof typeof FAULTS;

/** What became of it. */
export interface Outcome {
  /** Was there an n-th call? */
  met: boolean;
  confirmed: number;
}

/** Runs a replica whose n-th such call fails, and starts it again. @throws AssertionError */
export async function failAt(name: FaultName, n: number): Promise<Outcome> {
  const replicas = new Replicas();
  try {
    const first = await replicas.start();
    await first.until(/leads epoch/);
    const { address } = first;
    await replicas.kill(first);
    const trace = join(replicas.path, 'trace');
    const { calls, file, error } = FAULTS[name];
    const path = join(replicas.path, address.replace(':', '-'), file);
    const words = ['-f', '-ttt', '-o', trace, '-P', path, '-e', `trace=${calls}`];
    const inject = ['-e', `inject=${calls}:error=${error}:when=${n}`];
    const command = [process.execPath, scriptOf('store'), replicas.path, address];
    // strace counts the calls of each thread: one thread makes them all.
    const environment = { UV_THREADPOOL_SIZE: '1' };
    const strace = startProgram('strace', [...words, ...inject, ...command], { cwd: ROOT, tied: true, environment });
    await Promise.race([strace.until(/serving at/).catch(() => {}), strace.ended()]);
    const { confirmed, lastMs } = await writeUntilItEnds(strace, address, n + 5);
    const failedMs = injectedMs(readFileSync(trace, 'utf8'));
    if (failedMs === undefined) {
      assert.equal(confirmed.length, n + 5, `nothing was let fail, yet only so many of ${n + 5} writes were confirmed`);
      endTraced(strace.pid);
    }
    const { status, err } = await strace.ended();
    if (failedMs !== undefined) {
      assert.equal(status, 1, `expected status 1 after a failed ${name}: ${err}`);
      const sentences = err.split('\n').filter((line) => line.includes('expected'));
      assert.equal(sentences.length, 1, `expected one sentence, got: ${err}`);
      assert(!/\n\s+at /.test(err), `expected no stack, got: ${err}`);
      assert(lastMs <= failedMs, `a write was confirmed ${lastMs - failedMs} ms after a failed ${name}`);
    }
    await allAreThere(replicas, address, confirmed);
    return { met: failedMs !== undefined, confirmed: confirmed.length };
  } finally {
    replicas.remove();
  }
}

/** One write after the other, until the replica ends or there are enough. Gives what was confirmed, and when last. */
async function writeUntilItEnds(
  replica: Program,
  address: string,
  most: number,
): Promise<{ confirmed: string[]; lastMs: number }> {
  const confirmed: string[] = [];
  let lastMs = 0;
  let client: StoreClient | undefined;
  try {
    const opened = await connectClient(address);
    client = opened;
    void replica.ended().then(() => opened.close());
    await client.create('c', {}).catch(() => {});
    while (confirmed.length < most) {
      confirmed.push(await client.insert('c', {}));
      lastMs = Date.now();
    }
  } catch {
    // It has ended, or does not serve.
  }
  await client?.close();
  return { confirmed, lastMs };
}

/** strace lets go of its one child when it is ended itself. */
function endTraced(pid: number): void {
  const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
  process.kill(child, 'SIGTERM');
}

/** When strace let a call fail; undefined when it did not. */
function injectedMs(trace: string): number | undefined {
  const line = trace.split('\n').find((text) => text.includes('(INJECTED)'));
  const seconds = line && /\d+\.\d+/.exec(line)?.[0];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

async function allAreThere(replicas: Replicas, address: string, confirmed: readonly string[]): Promise<void> {
  const replica = await replicas.start(address);
  await replica.until(/leads epoch/);
  await using client = await connectClient(address);
  const found = confirmed.length === 0 ? [] : await client.search('c', {});
  const lost = confirmed.filter((id) => !found.some(({ _id }) => _id === id));
  assert.deepEqual(lost, [], `confirmed and lost: ${lost.length} of ${confirmed.length}`);
  await replica.stop();
}
