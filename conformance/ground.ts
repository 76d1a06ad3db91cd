/** What every case is given to play on: a fresh process of the program, ports, a folder, and the record of what is said. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { escapeText } from '../shared/escape';
import { Exchange, type Said } from './exchange';
import { Ports } from './network/ports';
import { isListening } from './program/listening';
import { Subject } from './program/subject';
import { textOf, type Values, wordsOf } from './program/words';
import { NotPlayable, Unmet } from './unmet';

/** How the programs are started, and how long they are waited for: the same for all cases of a run. */
export interface Terms {
  /** The command line, with placeholders. */
  words: readonly string[];
  /** What is typed to the program once it runs, with placeholders. */
  stdin: string;
  ports: Ports;
  /** How long the program may take for whatever it should do, milliseconds. */
  patienceMs: number;
  /** How long it may take to start. */
  startMs: number;
  /** An address of this machine beside loopback; undefined where there is none. */
  secondAddress: string | undefined;
}

/** Of a program's output, what a report shows. */
const SHOWN_MAX = 2000;

/** Whose port has just opened may open another for the same, and gets so long until anything is said to it, milliseconds. */
const OPENED_MS = 50;

/** Ports that no program insists on. */
const FREE_PORTS = new Ports(undefined);

export class Ground {
  readonly terms: Terms;
  readonly exchange = new Exchange();
  readonly #subjects: Subject[] = [];
  /** What is to be closed when the case has ended; the last first. */
  readonly #closers: (() => void | Promise<void>)[] = [];
  #folder: string | undefined;
  #portCount = 0;

  constructor(terms: Terms) {
    this.terms = terms;
  }

  /** Calls `close` when the case has ended, however it did. */
  whenEnded(close: () => void | Promise<void>): void {
    this.#closers.push(close);
  }

  /** A port for the program. @throws NotPlayable where it can have no further one */
  async takePort(): Promise<number> {
    if (this.#portCount === this.terms.ports.count) throw new NotPlayable('needs one port more than --ports has');
    this.#portCount++;
    return this.#take(this.terms.ports);
  }

  /** A port for another program than the one under test. */
  takeFreePort(): Promise<number> {
    return this.#take(FREE_PORTS);
  }

  /** Writes a file of the case's own folder, and gives its path. */
  write(name: string, bytes: string | Uint8Array): string {
    const path = join(this.folder(), name);
    writeFileSync(path, bytes);
    return path;
  }

  /** A folder of the case's own, removed when it has ended. */
  folder(): string {
    if (this.#folder === undefined) {
      if (!process.listeners('exit').includes(removeAll)) process.on('exit', removeAll);
      const folder = mkdtempSync(join(tmpdir(), 'servent-conformance-'));
      this.#folder = folder;
      folders.add(folder);
      this.#closers.unshift(() => remove(folder));
    }
    return this.#folder;
  }

  /** Is the program told what this placeholder stands for? */
  tells(placeholder: string): boolean {
    return [...this.terms.words, this.terms.stdin].some((text) => text.includes(`{${placeholder}}`));
  }

  /** Starts the program. */
  start(values: Values): Subject {
    const subject = new Subject(wordsOf(this.terms.words, values));
    this.#subjects.push(subject);
    this.whenEnded(() => subject.kill());
    if (this.terms.stdin !== '') subject.types(textOf(this.terms.stdin, values));
    return subject;
  }

  /** Starts the program, and waits until it has opened its port. @throws Unmet when it does not */
  async startServing(transport: Said['transport'], port: number, values: Values): Promise<Subject> {
    const subject = this.start(values);
    const endMs = performance.now() + this.terms.startMs;
    const expected = `the program to open ${transport.toUpperCase()} port ${port}`;
    while (!(await isListening(transport, port))) {
      if (subject.status !== undefined)
        throw new Unmet(expected, `its end (${subject.status}): ${this.printed() || 'nothing printed'}`);
      if (performance.now() > endMs) throw new Unmet(`${expected} within ${this.terms.startMs / 1000} s`, 'nothing');
      await subject.within(20, () => subject.status !== undefined);
    }
    await subject.within(OPENED_MS, () => subject.status !== undefined);
    return subject;
  }

  /** What the programs printed, safe to show, and not all of much. */
  printed(): string {
    const all = this.#subjects.map((subject) => subject.output()).join('');
    return all.slice(0, SHOWN_MAX).split('\n').map(escapeText).join('\n').trimEnd();
  }

  async #take(ports: Ports): Promise<number> {
    const port = await ports.take();
    this.whenEnded(() => ports.giveBack(port));
    return port;
  }

  /** Ends and closes all. */
  async end(): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
  }
}

/** Of cases that have not ended. */
const folders = new Set<string>();

function removeAll(): void {
  folders.forEach(remove);
}

function remove(folder: string): void {
  folders.delete(folder);
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // A program that has got away may still write into it.
  }
}
