/** The backup programs that are measured, behind one face: this project's server and agent, restic and borg, each with a folder of its own. */

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '../../backup/repository/history';
import { type Program, readyEvent } from '../../shared/program/start-program';
import { scriptOf, start } from '../../test/support/commands';
import { type Usage, usageOf } from './usage';

/** One program with an empty repository. */
export interface Contender {
  /** Its version. */
  about: string;
  /** Makes a copy of the tree; the first, or one more. */
  copy(): Promise<Usage>;
  /** Bytes that came over the network in the last copy; undefined where nothing is counted. */
  travelled?: number;
  /** Puts the latest copy into an empty folder. */
  restore(target: string): Promise<Usage>;
  /** Where it keeps everything. */
  repository: string;
  end(): Promise<void>;
}

/** Makes a contender for a tree, in an empty folder. */
export type Maker = (tree: string, folder: string) => Promise<Contender>;

/** Those that are installed. */
export function makers(): Record<string, Maker> {
  return {
    backup: (tree, folder) => Ours.start(tree, folder),
    ...(isInstalled('restic') ? { restic } : {}),
    ...(isInstalled('borg') ? { borg } : {}),
  };
}

/** A server and an agent that live on, and a command for each turn: all three are counted, and the command's start. */
export class Ours implements Contender {
  readonly about = 'server, agent and the command';
  readonly repository: string;
  readonly #server: Program;
  readonly #agent: Program;
  readonly #to: readonly string[];
  readonly #node: string;
  #isRegistered = false;
  travelled = 0;

  private constructor(repository: string, server: Program, agent: Program, at: string, node: string) {
    this.repository = repository;
    this.#server = server;
    this.#agent = agent;
    this.#to = ['--server', at];
    this.#node = node;
  }

  static async start(tree: string, folder: string): Promise<Ours> {
    const repository = join(folder, 'repository');
    const listen = ['--listen', '127.0.0.1:0', '--json'];
    const server = start('backup', ['server', repository, ...listen]);
    const agent = start('backup', ['agent', '--root', tree, ...listen]);
    const at = await readyEvent<{ address: string }>(server, 'the server');
    const node = await readyEvent<{ address: string }>(agent, 'the agent');
    return new Ours(repository, server, agent, at.address, node.address);
  }

  get serverPid(): number {
    return this.#server.pid;
  }

  async copy(): Promise<Usage> {
    const register = command('register', this.#node.split(':')[0]!, this.#node.split(':')[1]!, '.', '1d', ...this.#to);
    const run = command('run', this.#node, '.', '--json', ...this.#to);
    const usage = await usageOf(this.#isRegistered ? [run] : [register, run], { helpers: this.#pids });
    this.#isRegistered = true;
    const { outcome, travelled, error } = JSON.parse(usage.out.trim().split('\n').at(-1)!) as Run;
    if (outcome === 'failed') throw new Error(error);
    this.travelled = travelled;
    return usage;
  }

  restore(target: string): Promise<Usage> {
    return usageOf([command('restore', this.#node, '.', target, ...this.#to)], { helpers: this.#pids });
  }

  async end(): Promise<void> {
    await Promise.all([this.#server.stop(), this.#agent.stop()]);
  }

  get #pids(): number[] {
    return [this.#server.pid, this.#agent.pid];
  }
}

function command(...words: string[]): string[] {
  return [process.execPath, scriptOf('backup'), ...words];
}

async function restic(tree: string, folder: string): Promise<Contender> {
  const repository = join(folder, 'repository');
  const environment = {
    RESTIC_PASSWORD: 'bench',
    RESTIC_CACHE_DIR: join(folder, 'cache'),
    RESTIC_REPOSITORY: repository,
  };
  const run = (...words: string[]): Promise<Usage> => usageOf([['restic', ...words]], { environment });
  await run('init');
  return {
    about: versionOf('restic', 'version'),
    repository,
    copy: () => run('backup', '--quiet', tree),
    restore: (target) => run('restore', '--quiet', 'latest', '--target', target),
    end: async () => {},
  };
}

async function borg(tree: string, folder: string): Promise<Contender> {
  const repository = join(folder, 'repository');
  const environment = { BORG_BASE_DIR: join(folder, 'base'), BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: 'yes' };
  // What it compresses with is the same as the others'.
  const create = ['borg', 'create', '--compression', 'zstd,3'];
  await usageOf([['borg', 'init', '--encryption', 'none', repository]], { environment });
  let made = 0;
  return {
    about: versionOf('borg', '--version'),
    repository,
    copy: () => usageOf([[...create, `${repository}::${++made}`, tree]], { environment }),
    restore: (target) => {
      mkdirSync(target, { recursive: true });
      return usageOf([['borg', 'extract', `${repository}::${made}`]], { environment, cwd: target });
    },
    end: async () => {},
  };
}

function versionOf(program: string, word: string): string {
  return execFileSync(program, [word], { encoding: 'utf8' }).trim().split(' ').slice(0, 2).join(' ');
}

function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
