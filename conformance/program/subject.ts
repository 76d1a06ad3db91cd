/**
 * Somebody else's program at work: in a process group of its own, its output bounded, and killed with all that it started. Nothing
 * that it prints or does is trusted.
 */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Who prints more is not read further. */
const OUTPUT_MAX = 1 << 20;
/** How often is looked whether something has come about, milliseconds. */
const LOOK_MS = 5;

/** Started and not killed with all that they started; bounded by the cases that play side by side. */
const running = new Set<Subject>();

export class Subject {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #closed: Promise<void>;
  #output = '';
  #status: number | string | undefined;

  /** Starts the program; one that cannot be started has ended at once, and its output says why. */
  constructor(words: readonly string[]) {
    if (!process.listeners('exit').includes(killAll)) process.on('exit', killAll);
    const [file, ...rest] = [...lineBuffered(), ...words];
    // Python and C keep what they print into a pipe until there is much of it: both can be told not to.
    const env = { ...process.env, PYTHONUNBUFFERED: '1' };
    const child = spawn(file!, rest, { detached: true, env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    running.add(this);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => this.#print(text));
    }
    // A program that has ended reads no more; what is written to it then is of no concern.
    child.stdin.on('error', () => {});
    this.#closed = new Promise((done) => {
      const end = (status: number | string): void => {
        this.#status ??= status;
        done();
      };
      child.on('error', (error) => {
        this.#print(error.message);
        end('not started');
      });
      child.on('exit', (status, signal) => end(status ?? signal ?? 'gone'));
    });
  }

  /** Undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** All that it printed on both streams, up to a bound. */
  output(): string {
    return this.#output;
  }

  /** How it ended: its status, or the signal's name; undefined while it runs. */
  get status(): number | string | undefined {
    return this.#status;
  }

  types(text: string): void {
    this.#child.stdin.write(text);
  }

  closesInput(): void {
    this.#child.stdin.end();
  }

  /** Waits so long for something to come about, at most; gives whether it did. */
  async within(ms: number, cameAbout: () => boolean): Promise<boolean> {
    for (const endMs = performance.now() + ms; !cameAbout(); await sleep(LOOK_MS)) {
      if (performance.now() > endMs) return false;
    }
    return true;
  }

  /** Kills it with all that it started. */
  async kill(): Promise<void> {
    this.killNow();
    running.delete(this);
    // Whoever left the group may hold the pipes open: only the program itself is waited for.
    await this.#closed;
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream.destroy();
  }

  killNow(): void {
    try {
      if (this.pid !== undefined) process.kill(-this.pid, 'SIGKILL');
    } catch {
      // The whole group has ended.
    }
  }

  #print(text: string): void {
    if (this.#output.length < OUTPUT_MAX) this.#output += text.slice(0, OUTPUT_MAX - this.#output.length);
  }
}

function killAll(): void {
  for (const subject of running) subject.killNow();
}

/** What makes programs in C print line by line, where there is such. */
function lineBuffered(): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, 'stdbuf'))) ? ['stdbuf', '-oL', '-eL'] : [];
}
