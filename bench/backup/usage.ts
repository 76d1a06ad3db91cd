/** What a command costs: time on the wall, and of the processor, its own and that of processes which work for it. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** Of `/proc/<pid>/stat`, a second. */
const TICKS_PER_S = 100;

/** Seconds. */
export interface Usage {
  wall: number;
  cpu: number;
  /** What it printed on its standard output. */
  out: string;
}

/**
 * Runs commands one after the other.
 * @param helpers ids of processes that work for them, and live on
 * @throws Error when one does not end well
 */
export async function usageOf(
  commands: readonly (readonly string[])[],
  {
    helpers = [],
    cwd,
    environment = {},
  }: { helpers?: readonly number[]; cwd?: string; environment?: NodeJS.ProcessEnv } = {},
): Promise<Usage> {
  const helped = (): number => helpers.reduce((sum, pid) => sum + cpuOf(pid), 0);
  const [before, startMs] = [helped(), performance.now()];
  let [out, own] = ['', 0];
  for (const words of commands) {
    const ended = await timed(words, cwd, environment);
    out += ended.out;
    own += ended.cpu;
  }
  return { wall: (performance.now() - startMs) / 1000, cpu: own + helped() - before, out };
}

/** The shell's `time` tells what a process and all that it waited for have used. */
async function timed(
  words: readonly string[],
  cwd: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<{ cpu: number; out: string }> {
  const script = 'TIMEFORMAT="%U %S"; time "$@"';
  const child = spawn('bash', ['-c', script, 'bash', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, ...environment },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  const [status] = (await once(child, 'close')) as [number];
  if (status !== 0) throw new Error(`${words.join(' ')}: status ${status}: ${err}${out}`);
  const times = err.trim().split('\n').at(-1)!.split(' ').map(Number);
  return { cpu: times[0]! + times[1]!, out };
}

/** Processor time of a process so far, seconds. */
function cpuOf(pid: number): number {
  // The second field is its name, which may hold anything but ends with the last parenthesis.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

/** Most memory that a process has had resident so far, MiB. */
export function peakMiB(pid: number): number {
  const kib = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1];
  return Number(kib) / 1024;
}
