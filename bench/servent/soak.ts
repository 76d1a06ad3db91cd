/**
 * A servent under steady load for long: `npm run soak -- --seconds 60`, on Linux. One datagram of a hundred is malformed, one
 * neighbour is dead, and the file is read again now and then. Prints how memory and descriptors went; fails when descriptors
 * come or go, when memory grows, when a counter does not add up, or when a question that was served got no answer.
 */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endpointOf } from '../../shared/endpoint';
import { readyEvent, startProgram } from '../../shared/program/start-program';
import { encodeClireq } from '../../shared/wire/overlay/clireq';
import { encodeQuery } from '../../shared/wire/overlay/query';
import { scriptOptions } from '../../test/support/script-options';

const values = scriptOptions({
  options: {
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '2000' },
    io: { type: 'string', default: 'auto' },
  },
});
const seconds = Number(values.seconds);
const TICK_MS = 10;
const perTick = Math.max(1, Math.round((Number(values.rate) * TICK_MS) / 1000));
const FAULT_ONE_OF = 100;
const RELOAD_EVERY_MS = 10_000;
/** The first part, while memories fill and code is compiled, counts for nothing. */
const WARM_UP = 0.5;
const GROWTH_MAX_MIB = 16;
const LOOPBACK = 0x7f00_0001;
const ROOT = join(__dirname, '..', '..');
const MALFORMED = ['', '00', '0002', '0009', '000100', '0002000300000001', '00030961', 'ffff'].map((hex) =>
  Buffer.from(hex, 'hex'),
);

interface Sample {
  atMs: number;
  rssMib: number;
  descriptors: number;
}

async function main(): Promise<void> {
  const client = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  const neighbour = createSocket('udp4');
  let answers = 0;
  let forwards = 0;
  client.on('message', () => answers++);
  neighbour.on('message', () => forwards++);
  for (const socket of [client, neighbour]) {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
  }
  const names = [`127.0.0.1:${neighbour.address().port}`, '127.0.0.1:1'];
  const words = [
    '0',
    'fixtures/services-debian.txt',
    ...names,
    '--bind',
    '127.0.0.1',
    '--json',
    '--seen-age',
    '5',
    '--io',
    values.io,
  ];
  const script = join(ROOT, 'dist', 'servent', 'main.js');
  const servent = startProgram(process.execPath, [script, ...words], { cwd: ROOT, tied: true });
  const { port } = await readyEvent<{ port: number }>(servent, 'the servent');
  const samples: Sample[] = [];
  let sent = 0;
  let held = 0;
  const load = setInterval(() => {
    for (let i = 0; i < perTick; i++, sent++) {
      const isHeld = sent % 2 === 0;
      const text = Buffer.from(isHeld ? 'ssh' : `none${sent % 5000}`);
      if (sent % FAULT_ONE_OF === 7) {
        client.send(MALFORMED[((sent / FAULT_ONE_OF) % MALFORMED.length) | 0]!, port, '127.0.0.1');
      } else if (sent % 4 < 2) {
        client.send(encodeClireq({ text }), port, '127.0.0.1');
        if (isHeld) held++;
      } else {
        const query = { ttl: 3, client: endpointOf(LOOPBACK, client.address().port), sequence: sent >>> 0, text };
        neighbour.send(encodeQuery(query), port, '127.0.0.1');
        if (isHeld) held++;
      }
    }
  }, TICK_MS);
  const reload = setInterval(() => servent.child.kill('SIGHUP'), RELOAD_EVERY_MS);
  const startMs = performance.now();
  while (performance.now() - startMs < seconds * 1000 && servent.child.exitCode === null) {
    await new Promise((done) => setTimeout(done, 500));
    samples.push({ atMs: performance.now() - startMs, ...sampleOf(servent.pid) });
  }
  clearInterval(load);
  clearInterval(reload);
  await new Promise((done) => setTimeout(done, 500));
  servent.child.kill('SIGTERM');
  const { status, out, err } = await servent.ended();
  process.stderr.write(err);
  const last = JSON.parse(out.trim().split('\n').at(-1)!) as Record<string, unknown>;
  client.close();
  neighbour.close();
  report(samples, { status, sent, held, answers, forwards }, last);
}

function sampleOf(pid: number): Omit<Sample, 'atMs'> {
  const rssKib = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  return { rssMib: rssKib / 1024, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}

interface Heard {
  status: number | null;
  sent: number;
  held: number;
  answers: number;
  forwards: number;
}

function report(
  all: readonly Sample[],
  { status, sent, held, answers, forwards }: Heard,
  bye: Record<string, unknown>,
): void {
  const samples = all.slice(Math.floor(all.length * WARM_UP));
  const sum = (group: unknown): number =>
    Object.values(group as Record<string, number>).reduce((one, other) => one + other, 0);
  // A reload reads the file through a descriptor of its own for a moment: the usual number is what counts.
  const usual = samples.map(({ descriptors }) => descriptors).sort((one, other) => one - other);
  const half = samples.length >>> 1;
  const [early, late] = [samples.slice(0, half), samples.slice(half)].map((part) =>
    median(part.map(({ descriptors }) => descriptors)),
  );
  const slope = slopeOf(samples.map(({ atMs, rssMib }) => [atMs / 1000, rssMib]));
  const [received, handled, dropped] = [sum(bye['received']), sum(bye['handled']), sum(bye['dropped'])];
  console.log(
    `${sent} datagrams in ${seconds} s, ${held} for a key that is held; ${answers} answers and ${forwards} queries came back`,
  );
  console.log(
    `received ${received}, handled ${handled}, dropped ${dropped}, send errors ${JSON.stringify(bye['sendErrors'])}, dropped by the kernel ${bye['kernelDrops']}`,
  );
  console.log(
    `memory ${samples[0]!.rssMib.toFixed(1)} to ${samples.at(-1)!.rssMib.toFixed(1)} MiB, slope ${(slope * 60).toFixed(3)} MiB a minute over the second half`,
  );
  console.log(`descriptors ${usual[0]} to ${usual.at(-1)}, usually ${early} and later ${late}`);
  const faults = [
    status !== 0 && `exit status ${status}`,
    received !== handled + dropped && 'counters do not add up',
    early !== late && 'descriptors come or go',
    slope * (samples.at(-1)!.atMs - samples[0]!.atMs) > GROWTH_MAX_MIB * 1000 && 'memory grows',
    bye['kernelDrops'] === 0 && answers !== held && `${held - answers} answers are missing`,
  ].filter(Boolean);
  for (const fault of faults) console.log(`FAULT: ${fault}`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((one, other) => one - other)[numbers.length >>> 1]!;
}

/** Of the line through the points that fits best. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (pick: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const x = mean(([at]) => at);
  const y = mean(([, value]) => value);
  return (
    points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0) /
    points.reduce((sum, [at]) => sum + (at - x) ** 2, 0)
  );
}

void main();
