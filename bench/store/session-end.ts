/** How long it takes until others are told that a member was killed or paused: `npm run bench:sessions`. Skips ZooKeeper where it is not installed. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoordinationMember, killAllMembers } from '../../test/support/store/coordination-member';
import { isZookeeperInstalled, Zookeeper } from '../../test/support/store/zookeeper';

const SESSION_MS = 3000;
const ROUNDS = 6;

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'session-end-'));
  const zookeeper = isZookeeperInstalled() ? await Zookeeper.start() : undefined;
  try {
    for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
      await measure('local', signal, (round) => join(folder, `${signal}-${round}`));
      if (zookeeper) await measure('zookeeper', signal, (round) => `${zookeeper.servers}/${signal}-${round}`);
    }
  } finally {
    await killAllMembers();
    await zookeeper?.close();
    rmSync(folder, { recursive: true });
  }
}

async function measure(
  service: 'local' | 'zookeeper',
  signal: 'SIGKILL' | 'SIGSTOP',
  place: (round: number) => string,
): Promise<void> {
  const timesMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const join = (id: string) => new CoordinationMember(service, place(round), id, SESSION_MS).joined();
    const [witness, victim] = await Promise.all([join('a'), join('b')]);
    await witness.sees('a', 'b');
    // Anywhere between two signs of life.
    await new Promise((resolve) => setTimeout(resolve, (round / ROUNDS) * SESSION_MS));
    const startMs = performance.now();
    victim.signal(signal);
    await witness.sees('a');
    timesMs.push(Math.round(performance.now() - startMs));
    await killAllMembers();
  }
  timesMs.sort((a, b) => a - b);
  console.log(`${service} ${signal}: ${timesMs.join(' ')} ms, with a session of ${SESSION_MS} ms`);
}

void main();
