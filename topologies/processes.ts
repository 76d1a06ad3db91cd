/** Servents as processes on loopback: starts an overlay's worth of the real command, waits until all serve, ends them all. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { OperatorError } from '../shared/errors';
import { type Io, interrupted } from '../shared/program/run-main';

/** A servent to start. */
export interface ServentPlan {
  name: string;
  /** Path of its key-value file. */
  file: string;
  /** Names of the servents it knows. */
  neighbours: readonly string[];
}

/** A servent that serves. */
export interface RunningServent extends ServentPlan {
  /** `ip:port`. */
  address: string;
  /** Keys held. */
  keys: number;
}

const LOOPBACK = '127.0.0.1';
/** Between reserving a port and binding it another program may take it; this often in a row is no accident. */
const ATTEMPTS = 3;
/** A servent that does not end by itself in this time is killed. */
const PATIENCE_MS = 2000;

/**
 * Starts all servents of a plan, lets `use` work with them, and ends every process: also after an error, and when the person
 * interrupts. Gives the exit status of `use`, or that of the interruption.
 * @throws OperatorError `start` or `port` when a servent cannot start
 */
export async function withOverlay(
  plan: readonly ServentPlan[],
  io: Io,
  use: (servents: readonly RunningServent[]) => Promise<number>,
): Promise<number> {
  const children: ChildProcess[] = [];
  try {
    return await Promise.race([interrupted(io), startAll(plan, children).then(use)]);
  } finally {
    await endAll(children);
  }
}

/** Starts all servents, and puts their processes into `children`. */
async function startAll(plan: readonly ServentPlan[], children: ChildProcess[]): Promise<RunningServent[]> {
  for (let attempt = 1; ; attempt++) {
    const addresses = await reserveAddresses(plan);
    const starting = plan.map((servent) => {
      const child = spawnServent(servent, addresses);
      children.push(child);
      return untilReady(servent, child, addresses.get(servent.name)!);
    });
    try {
      return await Promise.all(starting);
    } catch (error) {
      await endAll(children.splice(0));
      const taken = error instanceof OperatorError && error.code === 'port';
      if (!taken || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Free ports for all, held together until each has one, so that no two are the same. */
async function reserveAddresses(plan: readonly ServentPlan[]): Promise<Map<string, string>> {
  const sockets = await Promise.all(
    plan.map(async () => {
      const socket = createSocket('udp4');
      const bound = once(socket, 'listening');
      socket.bind(0, LOOPBACK);
      await bound;
      return socket;
    }),
  );
  const addresses = plan.map(({ name }, i): [string, string] => [name, `${LOOPBACK}:${sockets[i]!.address().port}`]);
  await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.close(done))));
  return new Map(addresses);
}

function spawnServent({ name, file, neighbours }: ServentPlan, addresses: ReadonlyMap<string, string>): ChildProcess {
  const port = addresses.get(name)!.split(':')[1]!;
  const known = neighbours.map((neighbour) => addresses.get(neighbour)!);
  const command = [require.resolve('../servent/main'), port, file, ...known, '--bind', LOOPBACK, '--json'];
  return spawn(process.execPath, [...process.execArgv, ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function untilReady(servent: ServentPlan, child: ChildProcess, address: string): Promise<RunningServent> {
  let complaint = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (complaint = `${complaint}${text}`.slice(-1000)));
  const lines = createInterface({ input: child.stdout! });
  const ready = once(lines, 'line') as Promise<[string]>;
  const ended = once(child, 'close').then(() => undefined);
  const first = await Promise.race([ready, ended]);
  if (first === undefined) {
    const code = complaint.includes('in use') ? 'port' : 'start';
    throw new OperatorError(code, `expected servent "${servent.name}" to start, it ended: ${complaint.trim()}`);
  }
  return { ...servent, address, keys: (JSON.parse(first[0]) as { keys: number }).keys };
}

async function endAll(children: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    children.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
      await gone;
      clearTimeout(timer);
    }),
  );
}
