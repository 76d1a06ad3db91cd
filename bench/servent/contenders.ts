/** Who is measured: each can be started on loopback with a key-value file, and tells its address. */

import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Program, startProgram } from '../../shared/program/start-program';
import { freePort } from './programs';
import { compileC, compileTs, which } from './tools';

/** How the load generator asks. */
export type LoadMode = 'ask' | 'txt' | 'get' | 'flood' | 'forward' | 'mixed' | 'pace';

export interface Contender {
  name: string;
  /** The load that asks it for a key it holds. */
  ask: LoadMode;
  /** Whether it knows neighbours. */
  forwards: boolean;
  start(pairs: string, neighbours?: readonly string[]): Promise<Running>;
}

export interface Running extends Program {
  /** `ip:port` */
  address: string;
}

export const REFERENCE = 'C reference';
export const ECHO = 'dgram echo';
export const BATCH = 'servent, batch';
export const DGRAM = 'servent, dgram';
/** Servers of other kinds that answer short questions over UDP. */
export const OTHERS = ['NSD', 'Knot DNS', 'memcached'];

const SERVENT = join(__dirname, '..', '..', 'dist', 'servent', 'main.js');

/** Those that can be had on this machine, and the names of those that cannot. */
export function findContenders(folder: string): { contenders: Contender[]; missing: string[] } {
  const reference = compileC('reference', folder);
  const echo = compileTs('dgram-echo', folder);
  const all: [string, Contender | undefined][] = [
    [REFERENCE, reference ? servents(REFERENCE, reference, (pairs, known) => ['0', pairs, ...known]) : undefined],
    [BATCH, serventWith(BATCH, 'batch')],
    [DGRAM, serventWith(DGRAM, 'dgram')],
    [ECHO, { ...servents(ECHO, process.execPath, (pairs) => [echo, pairs]), forwards: false }],
    ['NSD', installed('NSD', 'nsd', 'txt', (program, pairs) => startNsd(program, pairs, folder))],
    ['Knot DNS', installed('Knot DNS', 'knotd', 'txt', (program, pairs) => startKnot(program, pairs, folder))],
    ['memcached', installed('memcached', 'memcached', 'get', startMemcached)],
  ];
  return {
    contenders: all.flatMap(([, contender]) => contender ?? []),
    missing: all.flatMap(([name, contender]) => (contender ? [] : name)),
  };
}

/** The servent with a transport, flags for Node, and so many workers. */
export function serventWith(name: string, io: string, flags: readonly string[] = [], workers = 1): Contender {
  const command = (pairs: string, known: readonly string[]): string[] => [
    ...[...flags, SERVENT, '0', pairs, ...known],
    ...['--bind', '127.0.0.1', '--io', io, '--workers', String(workers)],
  ];
  return servents(name, process.execPath, command);
}

function servents(
  name: string,
  program: string,
  words: (pairs: string, known: readonly string[]) => string[],
): Contender {
  return {
    name,
    ask: 'ask',
    forwards: true,
    start: async (pairs, known = []) => {
      const started = startProgram(program, words(pairs, known));
      const [, port] = await started.until(/listening on (?:[\d.]+:)?(\d+)/);
      return Object.assign(started, { address: `127.0.0.1:${port}` });
    },
  };
}

function installed(
  name: string,
  command: string,
  ask: LoadMode,
  start: (program: string, pairs: string) => Promise<Running>,
): Contender | undefined {
  const program = which(command);
  return program ? { name, ask, forwards: false, start: (pairs) => start(program, pairs) } : undefined;
}

/** One process, no limits on answers, everything it writes in the benchmark's folder. */
async function startNsd(program: string, pairs: string, folder: string): Promise<Running> {
  const port = await freePort();
  const home = dnsFolder(folder, 'nsd', pairs);
  writeFileSync(
    join(home, 'nsd.conf'),
    `server:
  ip-address: 127.0.0.1@${port}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "${home}"
  pidfile: "${home}/nsd.pid"
  xfrdfile: "${home}/xfrd.state"
  zonelistfile: "${home}/zone.list"
  xfrdir: "${home}"
  rrl-ratelimit: 0
  do-ip6: no
remote-control:
  control-enable: no
zone:
  name: bench
  zonefile: bench.zone
`,
  );
  const started = startProgram(program, ['-d', '-c', join(home, 'nsd.conf')]);
  return untilBound(started, port);
}

async function startKnot(program: string, pairs: string, folder: string): Promise<Running> {
  const port = await freePort();
  const home = dnsFolder(folder, 'knot', pairs);
  writeFileSync(
    join(home, 'knot.conf'),
    `server:
  rundir: "${home}"
  listen: 127.0.0.1@${port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: "${home}"
log:
  - target: stderr
    any: error
zone:
  - domain: bench
    storage: "${home}"
    file: bench.zone
    zonefile-load: whole
    journal-content: none
`,
  );
  const started = startProgram(program, ['-c', join(home, 'knot.conf')]);
  return untilBound(started, port);
}

/** One thread, and every pair put in over TCP before. */
async function startMemcached(program: string, pairs: string): Promise<Running> {
  const port = await freePort();
  const words = ['-l', '127.0.0.1', '-p', String(port), '-U', String(port), '-t', '1', '-u', 'root'];
  const running = await untilBound(startProgram(program, words), port);
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  for (const [key, value] of pairsOf(pairs)) socket.write(`set ${key} 0 0 ${value.length} noreply\r\n${value}\r\n`);
  socket.end('quit\r\n');
  socket.resume();
  await once(socket, 'close');
  return running;
}

/** The zone's file: one TXT record a pair. */
function dnsFolder(folder: string, name: string, pairs: string): string {
  const home = join(folder, name);
  mkdirSync(home, { recursive: true });
  const records = pairsOf(pairs).map(([key, value]) => `${key} TXT "${value}"`);
  const head = ['$ORIGIN bench.', '$TTL 3600', '@ SOA ns.bench. root.bench. 1 3600 600 86400 60', '@ NS ns.bench.'];
  writeFileSync(join(home, 'bench.zone'), `${[...head, 'ns A 127.0.0.1', ...records].join('\n')}\n`);
  return home;
}

function pairsOf(path: string): [key: string, value: string][] {
  return [...readFileSync(path, 'latin1').matchAll(/^(\S+)\t(.*)$/gm)].map(([, key, value]) => [key!, value!]);
}

/** These say nothing useful when they are ready: their port shows in /proc/net/udp. */
async function untilBound(started: Program, port: number): Promise<Running> {
  const shown = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  for (let tries = 0; tries < 500; tries++) {
    await sleep(10);
    if (readFileSync('/proc/net/udp', 'latin1').includes(shown)) {
      await sleep(200);
      return Object.assign(started, { address: `127.0.0.1:${port}` });
    }
  }
  await started.stop();
  throw new Error(`nothing listens on port ${port}`);
}
