/**
 * `backup demo`: a server, agents and content creators as programs on this machine, everybody's words in one terminal, until
 * Ctrl-C. First one agent alone, so that each line can be followed; then all.
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { interrupted, type Streams } from '../../shared/program/run-main';
import { endPrograms, type Program, startProgram } from '../../shared/program/start-program';
import type { DemoOptions } from '../options';

/** More creators than registrations: some share a folder. */
const CREATORS_MORE = 2;
/** Copies of the first agent before the others come. */
const COPIES_ALONE = 3;
const FREQUENCY = '5s';
const LOOPBACK = '127.0.0.1:0';
const NAME_WIDTH = 10;

/** Runs until it is interrupted, or nobody reads what it prints; all that it made is removed. Gives the exit status. */
export async function runDemo({ agents }: DemoOptions, streams: Streams): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'servent-backup-'));
  const closed = new Promise<void>((resolve) => streams.onOutputClosed(resolve));
  const ended = Promise.race([interrupted(streams), closed]);
  const cast = new Cast(folder, streams);
  try {
    await Promise.race([ended, cast.play(agents)]);
    await ended;
    return 0;
  } finally {
    cast.leave();
    await endPrograms();
    rmSync(folder, { recursive: true, force: true });
    streams.out('');
    streams.out('all have ended; what they made is removed');
  }
}

/** Everybody who takes part. */
class Cast {
  readonly #folder: string;
  readonly #streams: Streams;
  /** By name; bounded by what the demo starts. */
  readonly #programs = new Map<string, { program: Program; words: readonly string[] }>();
  #server = '';
  #hasLeft = false;

  constructor(folder: string, streams: Streams) {
    this.#folder = folder;
    this.#streams = streams;
  }

  async play(agents: number): Promise<void> {
    const { out } = this.#streams;
    out(`A server, one agent, one content creator. The agent's folder is fetched every ${FREQUENCY}.`);
    const server = this.#start('server', 'server', join(this.#folder, 'server'), '--listen', LOOPBACK);
    this.#server = await addressOf(server);
    await this.#enter(1);
    await server.until(new RegExp(`copy ${COPIES_ALONE},`));
    out(`Now ${agents} agents and registrations, ${agents + CREATORS_MORE} content creators.`);
    for (let number = 2; number <= agents; number++) await this.#enter(number);
    for (let more = 1; more <= CREATORS_MORE; more++) this.#startCreator(agents + more, 1 + ((more - 1) % agents));
    out(`Type "stop creator1" or "start creator1" (or agent1, server); Ctrl-C ends all. In another terminal:`);
    for (const question of ['list', 'history', 'query 127.0.0.1 files1']) {
      out(`    npx backup ${question} --server ${this.#server}`);
    }
    for await (const line of createInterface({ input: this.#streams.input })) this.#obey(line.trim());
  }

  leave(): void {
    this.#hasLeft = true;
  }

  /** An agent with its folder, a creator in it, and its registration. */
  async #enter(number: number): Promise<void> {
    const root = join(this.#folder, `agent${number}`);
    mkdirSync(join(root, `files${number}`), { recursive: true });
    const agent = this.#start(`agent${number}`, 'agent', '--root', root, '--listen', LOOPBACK);
    const port = (await addressOf(agent)).split(':')[1]!;
    this.#startCreator(number, number);
    const words = ['register', '127.0.0.1', port, `files${number}`, FREQUENCY, '--server', this.#server];
    this.#say('admin', `backup ${words.join(' ')}`);
    const admin = startBackup(words);
    this.#tell('admin', admin);
    await admin.ended();
  }

  #startCreator(number: number, agent: number): void {
    this.#start(`creator${number}`, 'creator', join(this.#folder, `agent${agent}`, `files${agent}`, `by${number}`));
  }

  #start(name: string, ...words: string[]): Program {
    const program = startBackup(words);
    this.#programs.set(name, { program, words });
    this.#tell(name, program);
    return program;
  }

  #obey(line: string): void {
    const [, what, name = ''] = /^(start|stop) (\w+)$/.exec(line) ?? [];
    const known = this.#programs.get(name);
    if (!known) return this.#say('demo', `expected start or stop and one of ${[...this.#programs.keys()].join(', ')}`);
    if (what === 'stop') void known.program.stop().then(() => this.#say(name, 'has ended'));
    else if (known.program.child.exitCode === null) this.#say(name, 'runs already');
    else this.#start(name, ...this.#again(name, known.words, known.program));
  }

  /** It comes back at the address that the others know. */
  #again(name: string, words: readonly string[], before: Program): string[] {
    const [, address] = LISTENING.exec(before.out()) ?? [];
    return words.map((word) => (word === LOOPBACK ? (address ?? this.#fail(name)) : word));
  }

  #fail(name: string): never {
    throw new Error(`${name} never listened`);
  }

  /** Prints each line of a program behind its name. */
  #tell(name: string, program: Program): void {
    for (const stream of [program.child.stdout, program.child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        if (!this.#hasLeft) this.#say(name, line);
      });
    }
  }

  #say(name: string, line: string): void {
    this.#streams.out(`${name.padEnd(NAME_WIDTH)} ${line}`);
  }
}

const LISTENING = /listening on (\S+),/;

async function addressOf(program: Program): Promise<string> {
  return (await program.until(LISTENING))[1]!;
}

/** The real command; it ends with this process, however that ends. */
function startBackup(words: readonly string[]): Program {
  return startProgram(process.execPath, [...process.execArgv, require.resolve('../main'), ...words], { tied: true });
}
