/** Programs under measurement: started, awaited, looked at in /proc, and ended whatever happens. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a program may take to get ready; the longest loads ten million pairs. */
const READY_WITHIN_MS = 60_000;
const POLL_MS = 2;
const ENDS_WITHIN_MS = 3000;

export interface Program {
  readonly pid: number;
  /** Everything on its stdout so far. */
  out(): string;
  /** Resolves once its stdout matches. @throws when it ends or waits too long. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  /** Hands it one line. */
  say(line: string): void;
  signal(signal: NodeJS.Signals): void;
  /** Resolves once it has ended by itself; gives its stdout. @throws when it failed. */
  ended(): Promise<string>;
  /** Ends it. */
  stop(): Promise<void>;
}

/** Bounded by what one measure starts. */
const running = new Set<ChildProcess>();

// The last resort: nothing that was started outlives this process.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export function startProgram(file: string, words: readonly string[]): Program {
  const child = spawn(file, words, { stdio: ['pipe', 'pipe', 'pipe'] });
  running.add(child);
  let out = '';
  let complaint = '';
  let closed = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = `${complaint}${text}`.slice(-2000)));
  child.stdin.on('error', () => {});
  child.on('error', (error) => (complaint += error.message));
  const close = new Promise<void>((done) =>
    child.on('close', () => {
      closed = true;
      running.delete(child);
      done();
    }),
  );
  const failure = (): Error => new Error(`${file} ${words.join(' ')} ended: ${complaint.trim() || child.exitCode}`);
  return {
    get pid() {
      return child.pid!;
    },
    out: () => out,
    until: async (pattern) => {
      for (const endMs = performance.now() + READY_WITHIN_MS; performance.now() < endMs; await sleep(POLL_MS)) {
        const match = pattern.exec(out);
        if (match) return match;
        if (closed) throw failure();
      }
      throw new Error(`${file} ${words.join(' ')} was not ready in ${READY_WITHIN_MS} ms`);
    },
    say: (line) => void child.stdin.write(`${line}\n`),
    signal: (signal) => void child.kill(signal),
    ended: async () => {
      await close;
      if (child.exitCode !== 0) throw failure();
      return out;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await Promise.race([close, sleep(ENDS_WITHIN_MS, undefined, { ref: false })]);
      child.kill('SIGKILL');
      await close;
    },
  };
}

/** Ends whatever still runs. */
export async function endPrograms(): Promise<void> {
  await Promise.all(
    Array.from(running, async (child) => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    }),
  );
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
