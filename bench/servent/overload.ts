/**
 * A servent with ten neighbours that is asked far more than it can answer: `npm run overload`. Measures how many questions a second it answers at
 * its best (peak), then floods it from one socket as fast as datagrams can be made, and counts what it answers meanwhile
 * (goodput), and how many of a neighbour's queries still get through. Loopback only; some twenty seconds.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Endpoint, endpointOf, formatEndpoint, parseEndpoint } from '../../shared/endpoint';
import { readyEvent, startProgram } from '../../shared/program/start-program';
import { BATCH, DatagramArena } from '../../shared/udp/datagram-arena';
import { loadLibc } from '../../shared/udp/libc';
import { openTransport } from '../../shared/udp/open-transport';
import { SendBatch } from '../../shared/udp/send-batch';
import { SendQueue } from '../../shared/udp/send-queue';
import { bindUdpSocket, localOf } from '../../shared/udp/udp-socket';
import { encodeClireq } from '../../shared/wire/overlay/clireq';
import { encodeQuery, NEIGHBOURS_MAX } from '../../shared/wire/overlay/query';
import { scriptOptions } from '../../test/support/script-options';

const LOOPBACK = 0x7f00_0001;
const KEY = Buffer.from('ssh');
const CLIREQ = encodeClireq({ text: KEY });
const PEAK_SECONDS = 5;
const FLOOD_SECONDS = 8;
/** Let the servent's code become fast, and the flood begin, before anything is counted. */
const WARM_UP_MS = 2000;
const QUERY_EVERY_MS = 2;
/** Questions unanswered at a time when the peak is measured: enough to fill batches. */
const OUTSTANDING = 256;
/** A socket that only sends: what comes to it the kernel throws away when its small buffer is full. */
function openMouth(): { local: Endpoint; send: (bytes: Uint8Array, to: Endpoint) => void } {
  const libc = loadLibc();
  const fd = bindUdpSocket(libc, { ip: LOOPBACK, port: 0, receiveBufferBytes: 2048 });
  const queue = new SendQueue(libc, { receiver: fd, sender: fd }, new DatagramArena(libc), () => {});
  return {
    local: localOf(libc, fd),
    send: (bytes, to) => {
      queue.add(bytes, to);
      queue.flush();
    },
  };
}

/** The flood: a process of its own that hands the system one prepared batch, again and again, and says how many it took. */
function flood(target: Endpoint): void {
  const libc = loadLibc();
  const fd = bindUdpSocket(libc, { ip: LOOPBACK, port: 0, receiveBufferBytes: 2048 });
  const arena = new DatagramArena(libc);
  const batch = new SendBatch(libc, arena);
  const at = arena.copyIn(CLIREQ);
  batch.groupUpTo(0); // Each of them alone, as strangers' are.
  for (let i = 0; i < BATCH; i++) batch.add(at, CLIREQ.length, target);
  const count = batch.layOut();
  const vector = batch.vector(0);
  const lastsMs = WARM_UP_MS + FLOOD_SECONDS * 1000;
  const endMs = performance.now() + lastsMs;
  let sent = 0;
  while (performance.now() < endMs) sent += Math.max(0, libc.sendmmsg(fd, vector, count, 0));
  process.send!({ perSecond: (sent / lastsMs) * 1000 }, () => process.exit(0));
}

interface Stats {
  answers: number;
  upMs: number;
  kernelDrops: number | null;
  received: Record<string, number>;
}

async function main(io: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'overload-'));
  const file = join(folder, 'pairs.txt');
  writeFileSync(file, 'ssh\t22/tcp\nneighbour\tyes\n');
  const neighbours = Array.from({ length: NEIGHBOURS_MAX }, openMouth);
  const neighbour = neighbours[0]!;
  const named = neighbours.map(({ local }) => formatEndpoint(local));
  const words = ['0', file, ...named, '--bind', '127.0.0.1', '--json', '--io', io];
  const script = join(__dirname, '..', '..', 'dist', 'servent', 'main.js');
  const servent = startProgram(process.execPath, [script, ...words], { tied: true });
  try {
    const ready = await readyEvent<{ address: string; port: number; io: string }>(servent, 'the servent');
    const target = parseEndpoint(`${ready.address}:${ready.port}`)!;
    const stats = async (): Promise<Stats> => {
      servent.child.kill('SIGUSR2');
      return JSON.parse((await servent.line()) ?? '') as Stats;
    };
    const peak = await measurePeak(target, stats);
    const share = neighbourShare(neighbour, target);
    const flooder = fork(__filename, ['--flood', String(target)], { execArgv: process.execArgv });
    const [{ perSecond: offered }, goodput] = await Promise.all([messageOf(flooder), goodputOf(stats)]);
    const { sent, delivered } = await share();
    const after = await stats();
    console.log(`transport            ${ready.io}`);
    console.log(`peak                 ${Math.round(peak)} answers a second, ${OUTSTANDING} questions at a time`);
    console.log(
      `offered              ${Math.round(offered)} questions a second from one socket: ${(offered / peak).toFixed(1)} x the peak`,
    );
    console.log(
      `goodput              ${Math.round(goodput)} answers a second: ${(goodput / peak).toFixed(3)} of the peak`,
    );
    console.log(`neighbour's queries  ${delivered} of ${sent} answered: ${(delivered / sent).toFixed(4)}`);
    console.log(`dropped by kernel    ${after.kernelDrops ?? 'not shown'}`);
  } finally {
    await servent.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Answers a second while questions are asked one for each answer. */
async function measurePeak(target: Endpoint, stats: () => Promise<Stats>): Promise<number> {
  // In a process of its own, like the flood.
  const asker = fork(__filename, ['--ask', String(target)], { execArgv: process.execArgv });
  await seconds(WARM_UP_MS / 1000);
  const before = await stats();
  await seconds(PEAK_SECONDS);
  const after = await stats();
  const ended = once(asker, 'exit');
  asker.kill();
  await ended;
  return rateOf(before, after);
}

/** Keeps OUTSTANDING questions open. */
async function ask(target: Endpoint): Promise<void> {
  let atMs = performance.now();
  const events = {
    received: (): void => {
      atMs = performance.now();
      transport.send(CLIREQ, target);
    },
    sendFailed: (): void => {},
  };
  const transport = await openTransport('auto', { ip: LOOPBACK, port: 0, receiveBufferBytes: 4 * 1024 * 1024 }, events);
  const begin = (): void => {
    for (let i = 0; i < OUTSTANDING; i++) transport.send(CLIREQ, target);
  };
  begin();
  // Should all be lost at once.
  setInterval(() => performance.now() - atMs > 200 && begin(), 100);
  setTimeout(() => process.exit(0), 60_000);
}

/** Sends a neighbour's queries at a steady pace from now on; when called again, gives how many were answered. */
function neighbourShare(
  neighbour: ReturnType<typeof openMouth>,
  target: Endpoint,
): () => Promise<{ sent: number; delivered: number }> {
  const client = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  let sent = 0;
  const firstSequence = 1_000_000;
  let delivered = 0;
  client.on('message', () => delivered++);
  client.bind(0, '127.0.0.1');
  let timer: NodeJS.Timeout | undefined;
  client.once('listening', () => {
    const { port } = client.address();
    timer = setInterval(() => {
      const query = {
        ttl: 1,
        client: endpointOf(LOOPBACK, port),
        sequence: firstSequence + sent++,
        text: Buffer.from('neighbour'),
      };
      neighbour.send(encodeQuery(query), target);
    }, QUERY_EVERY_MS);
  });
  return async () => {
    clearInterval(timer);
    await seconds(1);
    client.close();
    return { sent, delivered };
  };
}

async function goodputOf(stats: () => Promise<Stats>): Promise<number> {
  await seconds(WARM_UP_MS / 1000);
  const before = await stats();
  await seconds(FLOOD_SECONDS - 1);
  return rateOf(before, await stats());
}

function rateOf(before: Stats, after: Stats): number {
  return ((after.answers - before.answers) / (after.upMs - before.upMs)) * 1000;
}

async function messageOf(child: ChildProcess): Promise<{ perSecond: number }> {
  const [message] = await once(child, 'message');
  return message as { perSecond: number };
}

function seconds(count: number): Promise<void> {
  return new Promise((done) => setTimeout(done, count * 1000));
}

const values = scriptOptions({
  options: { io: { type: 'string', default: 'auto' }, flood: { type: 'string' }, ask: { type: 'string' } },
});
if (values.flood) flood(Number(values.flood));
else if (values.ask) void ask(Number(values.ask));
else void main(values.io);
