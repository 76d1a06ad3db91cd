/** How long writers wait when the leader is killed, with default settings; and that nothing that was confirmed is lost by it. */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectClient } from '../../store-client/client';
import { atMost, type Section } from '../servent/sections';
import { inSync, type StoreReplica, startReplica, startStore } from './contenders';
import { COLLECTION, documentOf } from './speech';

const SESSION_MS = 3000;
const REPLICAS = 3;
/** Stores that are killed side by side: most of the time all only wait. */
const AT_ONCE = 5;

/** @param zookeeper `host:port` of the server that coordinates them, if one does */
export async function takeovers(folder: string, kills: number, zookeeper?: string): Promise<Section> {
  const stores = Array.from({ length: AT_ONCE }, (_, i) => {
    const words = zookeeper === undefined ? [] : ['--zookeeper', `${zookeeper}/store-${i}`];
    return killInTurn(join(folder, `takeover-${i}`), Math.ceil(kills / AT_ONCE), words);
  });
  const results = await Promise.all(stores);
  const service = zookeeper === undefined ? '' : ', coordinated by ZooKeeper';
  const timesMs = results.flatMap((one) => one.timesMs).sort((a, b) => a - b);
  const at = (part: number): number => timesMs[Math.min(timesMs.length - 1, Math.ceil(timesMs.length * part) - 1)]!;
  const [confirmed, lost] = [sum(results.map((one) => one.confirmed)), sum(results.map((one) => one.lost))];
  return {
    name: 'takeover',
    title: `From kill -9 of the leader to the next confirmed write, ${timesMs.length} times, ${AT_ONCE} stores of ${REPLICAS} replicas side by side${service}`,
    rows: [{ contender: 'store', figures: { 'p50 ms': at(0.5), 'p99 ms': at(0.99), confirmed, lost } }],
    targets: [
      atMost('takeover p99 : session', at(0.99) / SESSION_MS, 2),
      atMost('confirmed writes lost by takeovers', lost, 0),
    ],
    notes: [],
  };
}

async function killInTurn(
  folder: string,
  kills: number,
  words: readonly string[],
): Promise<{ timesMs: number[]; confirmed: number; lost: number }> {
  const running = new Map<string, StoreReplica>();
  for (const replica of await startStore(folder, REPLICAS, [], words)) running.set(replica.address, replica);
  await using client = await connectClient([...running.keys()]);
  const confirmed: string[] = [];
  const timesMs: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    const { leader } = await client.status();
    const victim = running.get(leader!)!;
    confirmed.push(await client.insert(COLLECTION, documentOf()));
    // Anywhere between two signs of life.
    await sleep((kill / kills) * SESSION_MS);
    victim.child.kill('SIGKILL');
    const startMs = performance.now();
    confirmed.push(await client.insert(COLLECTION, documentOf()));
    timesMs.push(performance.now() - startMs);
    await victim.ended();
    const back = await startReplica(folder, [victim.address, ...words]);
    running.set(back.address, back);
    await inSync((await leaderOf(running)).address, REPLICAS);
  }
  const found = new Set((await client.search(COLLECTION, {})).map(({ _id }) => _id));
  for (const replica of running.values()) await replica.stop();
  return { timesMs, confirmed: confirmed.length, lost: confirmed.filter((id) => !found.has(id)).length };
}

async function leaderOf(running: ReadonlyMap<string, StoreReplica>): Promise<StoreReplica> {
  for (;;) {
    for (const replica of running.values()) {
      await using client = await connectClient(replica.address);
      if ((await client.status()).role === 'leader') return replica;
    }
    await sleep(50);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((one, other) => one + other, 0);
}
