/** The stores that are compared, each as processes on loopback with its files in the bench's folder. */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Program, readyEvent, startProgram } from '../../shared/program/start-program';
import { connectClient } from '../../store-client/client';
import { which } from '../servent/tools';
import { type Asker, keptAsker } from './load';
import { COLLECTION, etcdWriters, redisWrite, SCHEMA, storeInsert } from './speech';

const STORE = resolve(__dirname, '..', '..', 'dist', 'store', 'main.js');
/** How long a contender may take to be ready, milliseconds. */
const READY_MS = 30_000;
/** Of etcd's writers share a connection: one each would cost it, and us, more than the writes. */
const ETCD_WRITERS_PER_CONNECTION = 8;

/** A contender that takes durable writes. */
export interface Contender {
  name: string;
  programs: Program[];
  /** Of the one that takes writes. */
  port: number;
  writers: (count: number) => Promise<Asker[]>;
}

/** A replica, and where it serves. */
export interface StoreReplica extends Program {
  address: string;
  port: number;
  folder: string;
}

export async function startReplica(
  folder: string,
  words: readonly string[] = [],
  node: readonly string[] = [],
): Promise<StoreReplica> {
  const [address = '127.0.0.1:0', ...rest] = words;
  const program = startProgram(process.execPath, [...node, STORE, folder, address, ...rest, '--json'], { tied: true });
  const ready = await readyEvent<{ address: string; port: number; folder: string }>(program, 'a replica');
  return Object.assign(program, { address: `${ready.address}:${ready.port}`, port: ready.port, folder: ready.folder });
}

/** A leader and followers, all in sync, with the collection made. The leader comes first. */
export async function startStore(
  folder: string,
  replicas: number,
  node: readonly string[] = [],
  words: readonly string[] = [],
): Promise<StoreReplica[]> {
  const leader = await startReplica(folder, ['127.0.0.1:0', ...words], node);
  const started = [leader];
  while (started.length < replicas) {
    started.push(await startReplica(folder, ['127.0.0.1:0', leader.address, ...words]));
  }
  await using client = await connectClient(leader.address);
  await client.create(COLLECTION, SCHEMA);
  await inSync(leader.address, replicas);
  return started;
}

/** Resolves once so many are in sync at the leader that `address` names. */
export async function inSync(address: string, replicas: number, limitMs?: number): Promise<void> {
  await using client = await connectClient(address);
  await until(`${replicas} replicas in sync`, async () => (await client.status()).inSync.length === replicas, limitMs);
}

/** The store with two replicas in sync, etcd with three members, Redis with one replica: those that are installed. */
export async function startContenders(folder: string): Promise<{ contenders: Contender[]; missing: string[] }> {
  const contenders: Contender[] = [];
  const missing: string[] = [];
  const replicas = await startStore(join(folder, 'store'), 2);
  const { port } = replicas[0]!;
  contenders.push({
    name: 'store',
    programs: replicas,
    port,
    writers: (count) => keptAskers(count, () => keptAsker(storeInsert(port))),
  });
  for (const [program, start] of [
    ['etcd', startEtcd],
    ['redis-server', startRedis],
  ] as const) {
    if (which(program)) contenders.push(await start(folder));
    else missing.push(program);
  }
  return { contenders, missing };
}

function keptAskers(count: number, open: () => Promise<Asker>): Promise<Asker[]> {
  return Promise.all(Array.from({ length: count }, open));
}

async function startEtcd(folder: string): Promise<Contender> {
  const members = await Promise.all(
    [0, 1, 2].map(async (i) => ({ name: `m${i}`, client: await freePort(), peer: await freePort() })),
  );
  const cluster = members.map(({ name, peer }) => `${name}=http://127.0.0.1:${peer}`).join(',');
  const programs = members.map(({ name, client, peer }) => {
    const [clientUrl, peerUrl] = [`http://127.0.0.1:${client}`, `http://127.0.0.1:${peer}`];
    // biome-ignore format: an option and its value a line
    return startProgram('etcd', [
      '--name', name, '--data-dir', join(folder, name), '--log-level', 'error', '--initial-cluster', cluster,
      '--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl,
      '--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl,
    ]);
  });
  let port: number | undefined;
  await until('a leader of etcd', async () => {
    port = members.find(({ client }) => isEtcdLeader(client))?.client;
    return port !== undefined;
  });
  return {
    name: 'etcd',
    programs,
    port: port!,
    writers: async (count) => etcdWriters(port!, count, ETCD_WRITERS_PER_CONNECTION),
  };
}

function isEtcdLeader(port: number): boolean {
  try {
    const words = [`--endpoints=127.0.0.1:${port}`, 'endpoint', 'status', '-w', 'json'];
    const environment = { ...process.env, ETCDCTL_API: '3' };
    const text = execFileSync('etcdctl', words, {
      env: environment,
      stdio: ['ignore', 'pipe', 'ignore'],
      encoding: 'utf8',
    });
    // Numbers beyond what JSON.parse keeps: compared as they are written.
    return /"member_id":(\d+)/.exec(text)![1] === /"leader":(\d+)/.exec(text)![1];
  } catch {
    return false;
  }
}

async function startRedis(folder: string): Promise<Contender> {
  const [port, replica] = [await freePort(), await freePort()];
  const start = (own: number, ...words: string[]): Program => {
    const dir = join(folder, `redis-${own}`);
    mkdirSync(dir);
    // biome-ignore format: an option and its value a line
    return startProgram('redis-server', [
      '--port', String(own), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always', ...words,
    ]);
  };
  const programs = [start(port), start(replica, '--replicaof', `127.0.0.1 ${port}`)];
  await Promise.all(programs.map((program) => program.until(/Ready to accept connections/)));
  const [first] = await keptAskers(1, () => keptAsker(redisWrite(port)));
  // Answered once the replica is there.
  await first!.ask();
  first!.close();
  return { name: 'redis', programs, port, writers: (count) => keptAskers(count, () => keptAsker(redisWrite(port))) };
}

/** Resolves once it is so. @throws after READY_MS */
export async function until(what: string, isSo: () => Promise<boolean> | boolean, limitMs = READY_MS): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`expected ${what} within ${limitMs / 1000} s`);
    await sleep(20);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Sends a server many commands at once, and resolves with its last answer. */
export async function pour(port: number, bytes: Buffer, isAnswered: (answers: string) => boolean): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  let answers = '';
  socket.write(bytes);
  for await (const piece of socket) {
    answers += piece;
    if (isAnswered(answers)) break;
  }
  socket.destroy();
}
