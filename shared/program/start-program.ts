/** Another program: started, awaited by what it prints, ended. None that is started here outlives this process. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { OperatorError, type OperatorErrorCode } from '../errors';
import { TIED } from './tie';

export interface StartOptions {
  /** Where it runs. Default: here. */
  cwd?: string;
  /** Added to this process's environment. */
  environment?: NodeJS.ProcessEnv;
  /** It is a program of ours, which ends when this process is gone however that went, also by `kill -9`. Default false. */
  tied?: boolean;
  /** It leads a process group of its own, so that a signal can reach all that it starts. Default false. */
  detached?: boolean;
}

/** How a program ended, and all that it printed. */
export interface Ended {
  /** Null when a signal ended it. */
  status: number | null;
  out: string;
  err: string;
}

export interface Program {
  readonly child: ChildProcessWithoutNullStreams;
  readonly pid: number;
  /** Everything on its stdout, its stderr so far. */
  out(): string;
  err(): string;
  /** Resolves once stdout or stderr matches. @throws when it ends without, or takes longer than a minute */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  /** The next line of its stdout, each once; undefined when it has ended without. */
  line(): Promise<string | undefined>;
  /** Hands it one line. */
  say(line: string): void;
  /** Resolves when it has ended by itself. */
  ended(): Promise<Ended>;
  /** Closes its standard input and waits for its end. */
  end(): Promise<Ended>;
  /** Ends it: asks first. */
  stop(): Promise<void>;
}

/** How long a program may take to print what is awaited; the longest loads ten million pairs. */
const PRINTS_WITHIN_MS = 60_000;
/** A program that does not end by itself in this time is killed. */
const ENDS_WITHIN_MS = 3000;

/** Bounded by what is started; each leaves when it has ended. */
const running = new Set<RunningProgram>();

/** Starts a program. One that cannot be started ends at once, and says why on its stderr. */
export function startProgram(file: string, words: readonly string[], options: StartOptions = {}): Program {
  // The last resort, where nobody ended them.
  if (!process.listeners('exit').includes(killAll)) process.on('exit', killAll);
  return new RunningProgram(file, words, options);
}

/** Ends whatever still runs, at once. */
export async function endPrograms(): Promise<void> {
  killAll();
  await Promise.all([...running].map((program) => program.ended()));
}

function killAll(): void {
  for (const { child } of running) child.kill('SIGKILL');
}

/**
 * The first line of a program that was asked for `--json`, when it is ready.
 * @throws OperatorError with the program's own code and words when it fails to start; `start` when it says nothing
 */
export async function readyEvent<Ready>(program: Program, name: string): Promise<Ready> {
  const line = await program.line();
  if (line === undefined) {
    throw new OperatorError(
      'start',
      `expected ${name} to start, it ended: ${program.err().trim() || 'without a word'}`,
    );
  }
  const event = JSON.parse(line) as { event: string; code: OperatorErrorCode; message: string };
  if (event.event === 'error') throw new OperatorError(event.code, event.message);
  return event as Ready;
}

class RunningProgram implements Program {
  readonly child: ChildProcessWithoutNullStreams;
  readonly #name: string;
  readonly #closed: Promise<void>;
  #isClosed = false;
  #out = '';
  #err = '';
  /** Where in #out the next line begins. */
  #lineAt = 0;
  /** Whoever waits for more output. */
  readonly #watchers = new Set<() => void>();

  constructor(file: string, words: readonly string[], { cwd, environment, tied, detached }: StartOptions) {
    this.#name = [file, ...words].join(' ');
    const child = spawn(file, words, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, ...environment, ...(tied ? { [TIED]: '1' } : {}) },
      detached: detached ?? false,
      stdio: ['pipe', 'pipe', 'pipe', ...(tied ? (['ipc'] as const) : [])],
    }) as ChildProcessWithoutNullStreams;
    this.child = child;
    running.add(this);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#out += text;
      this.#tellWatchers();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#err += text;
      this.#tellWatchers();
    });
    // A program that has ended reads no more; what is written to it then is of no concern.
    child.stdin.on('error', () => {});
    child.on('error', (error) => (this.#err += error.message));
    this.#closed = new Promise((done) =>
      child.on('close', () => {
        running.delete(this);
        this.#isClosed = true;
        this.#tellWatchers();
        done();
      }),
    );
  }

  get pid(): number {
    return this.child.pid!;
  }

  out(): string {
    return this.#out;
  }

  err(): string {
    return this.#err;
  }

  until(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#await(() => pattern.exec(this.#out) ?? pattern.exec(this.#err) ?? undefined, String(pattern));
  }

  async line(): Promise<string | undefined> {
    const ended = Symbol('ended');
    const line = await this.#await(() => this.#takeLine() ?? (this.#isClosed ? ended : undefined), 'a line');
    return line === ended ? undefined : (line as string);
  }

  say(line: string): void {
    this.child.stdin.write(`${line}\n`);
  }

  async ended(): Promise<Ended> {
    await this.#closed;
    return { status: this.child.exitCode, out: this.#out, err: this.#err };
  }

  end(): Promise<Ended> {
    this.child.stdin.end();
    return this.ended();
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), ENDS_WITHIN_MS);
    await this.#closed;
    clearTimeout(timer);
  }

  #takeLine(): string | undefined {
    const end = this.#out.indexOf('\n', this.#lineAt);
    if (end < 0) return undefined;
    const line = this.#out.slice(this.#lineAt, end);
    this.#lineAt = end + 1;
    return line;
  }

  /** Resolves with what `look` gives, once it gives something; it is called again after each change. */
  #await<Found>(look: () => Found | undefined, what: string): Promise<Found> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(watch);
      };
      const fail = (how: string): void => {
        settle();
        reject(new Error(`${this.#name} ${how} without ${what}: ${this.#out.slice(-1000)}${this.#err.slice(-1000)}`));
      };
      const timer = setTimeout(() => fail(`ran ${PRINTS_WITHIN_MS / 1000} s`), PRINTS_WITHIN_MS);
      const watch = (): void => {
        const found = look();
        if (found === undefined) return this.#isClosed ? fail('ended') : undefined;
        settle();
        resolve(found);
      };
      this.#watchers.add(watch);
      watch();
    });
  }

  #tellWatchers(): void {
    for (const watch of [...this.#watchers]) watch();
  }
}
