/** Members of a coordination service in processes of their own, that tests question, pause and kill. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ChangeOutcome, Configuration } from '../../../store/coordination/coordination';

const running = new Set<CoordinationMember>();

export class CoordinationMember {
  readonly id: string;
  /** Each record told, null where it was told that there is none. */
  readonly records: (Configuration | null)[] = [];
  /** Identities, each time they were told. */
  readonly alive: string[][] = [];
  readonly sessions: boolean[] = [];
  readonly notices: string[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: ((answer: unknown) => void)[] = [];
  readonly #watchers = new Set<() => void>();
  #stderr = '';
  #ended = false;

  /** @param before words before the command, such as those that run it in another network namespace */
  constructor(service: 'local' | 'zookeeper', place: string, id: string, sessionMs: number, before: string[] = []) {
    this.id = id;
    const script = [process.execPath, join(__dirname, 'coordination-child.cjs')];
    const [command = '', ...words] = [...before, ...script, service, place, id, String(sessionMs)];
    this.#child = spawn(command, words);
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#told(JSON.parse(line)));
    this.#child.on('close', () => {
      this.#ended = true;
      this.#changed();
    });
    running.add(this);
  }

  /** Resolves once it is so; rejects when the process ends without. */
  until(isSo: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const watch = (): void => {
        if (!isSo() && !this.#ended) return;
        this.#watchers.delete(watch);
        if (isSo()) resolve();
        else reject(new Error(`${this.id} ended before ${what}: ${this.#stderr}`));
      };
      this.#watchers.add(watch);
      watch();
    });
  }

  /** Our session is held. */
  joined(): Promise<this> {
    return this.until(() => this.sessions.at(-1) === true, 'its session was held').then(() => this);
  }

  sees(...ids: string[]): Promise<void> {
    return this.until(() => String(this.alive.at(-1)) === String(ids), `it saw ${ids} alive`);
  }

  toldVersion(version: number): Promise<void> {
    return this.until(() => this.records.at(-1)?.version === version, `it was told version ${version}`);
  }

  /** The record, null where there is none; the reason where it cannot be read. */
  read(): Promise<Configuration | null | string> {
    return this.#ask('read');
  }

  change(next: Configuration): Promise<ChangeOutcome> {
    return this.#ask(`change ${JSON.stringify(next)}`);
  }

  /** Closes it, and waits until its process has ended by itself. Gives the exit status. */
  async close(): Promise<number | null> {
    await this.#ask('close');
    if (!this.#ended) await once(this.#child, 'close');
    return this.#child.exitCode;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    running.delete(this);
    if (this.#ended) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'close');
  }

  #ask<T>(line: string): Promise<T> {
    this.#child.stdin.write(`${line}\n`);
    return new Promise<unknown>((resolve) => this.#answers.push(resolve)) as Promise<T>;
  }

  #told(event: Record<string, unknown>): void {
    if ('answer' in event) this.#answers.shift()?.(event['answer']);
    else if ('record' in event) this.records.push(event['record'] as Configuration | null);
    else if ('alive' in event) this.alive.push(event['alive'] as string[]);
    else if ('held' in event) this.sessions.push(event['held'] as boolean);
    else this.notices.push(event['notice'] as string);
    this.#changed();
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

/** Ends whatever a test left running, paused or not. */
export async function killAllMembers(): Promise<void> {
  await Promise.all([...running].map((member) => member.kill()));
}
