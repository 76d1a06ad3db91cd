/** What measurements ask of running programs: their processor time and memory in /proc, and ports for those that cannot choose one. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { Program } from '../../shared/program/start-program';

/** What a program printed until it ended. @throws when it failed */
export async function outputOf(program: Program): Promise<string> {
  const { status, out, err } = await program.ended();
  if (status !== 0) throw new Error(`${program.child.spawnargs.join(' ')} ended with ${status}: ${err.slice(-1000)}`);
  return out;
}

/** A UDP port that was free a moment ago, for programs that cannot be told to choose one. */
export async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  const bound = once(socket, 'listening');
  socket.bind(0, '127.0.0.1');
  await bound;
  const { port } = socket.address();
  await new Promise<void>((done) => socket.close(done));
  return port;
}

/** Processor time that a process and its children have used, all threads, seconds; undefined where the system does not show it. */
export function cpuSeconds(pid: number): number | undefined {
  try {
    let seconds = 0;
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      seconds += Number(read(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0]) / 1e9;
      for (const child of read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean)) {
        seconds += cpuSeconds(Number(child)) ?? 0;
      }
    }
    return seconds;
  } catch {
    return undefined;
  }
}

/** Memory of a process, bytes: what is resident now, and the most that was. */
export function memoryOf(pid: number): { resident: number; peak: number } {
  const status = read(`/proc/${pid}/status`);
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
  return { resident: field('VmRSS'), peak: field('VmHWM') };
}

function read(path: string): string {
  return readFileSync(path, 'latin1');
}
