/**
 * A network namespace with one cable to this machine, that tests cut and mend: what runs in it is cut off as by a dead switch. Needs
 * root and `ip`. It is removed when the process ends, also when it is interrupted; what a killed one left goes with the next.
 */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PREFIX = 'store-';
const made = new Set<NetworkNamespace>();
let count = 0;

export class NetworkNamespace {
  /** This machine's end of the cable. */
  readonly hostAddress: string;
  /** The namespace's end. */
  readonly address: string;
  /** What a command has to begin with to run in it. */
  readonly before: readonly string[];
  readonly #name: string;
  readonly #cable: string;

  /** @throws Error where namespaces cannot be made */
  constructor() {
    removeForgotten();
    const number = count++;
    this.#name = `${PREFIX}${process.pid}-${number}`;
    // The name of a network interface has at most 15 characters.
    this.#cable = `st${process.pid}-${number}`;
    // Of the block for tests of network devices (RFC 2544): nobody's real addresses.
    const network = `198.18.${process.pid % 256}`;
    [this.hostAddress, this.address] = [`${network}.${4 * number + 1}`, `${network}.${4 * number + 2}`];
    this.before = ['ip', 'netns', 'exec', this.#name];
    if (made.size === 0) watchForTheEnd();
    made.add(this);
    ip('netns', 'add', this.#name);
    ip('link', 'add', this.#cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.#name);
    ip('addr', 'add', `${this.hostAddress}/30`, 'dev', this.#cable);
    ip('link', 'set', this.#cable, 'up');
    ip('-n', this.#name, 'addr', 'add', `${this.address}/30`, 'dev', 'eth0');
    ip('-n', this.#name, 'link', 'set', 'eth0', 'up');
    ip('-n', this.#name, 'link', 'set', 'lo', 'up');
  }

  /** Nothing comes through any more, and nobody is told. */
  cut(): void {
    ip('link', 'set', this.#cable, 'down');
  }

  mend(): void {
    ip('link', 'set', this.#cable, 'up');
  }

  close(): void {
    made.delete(this);
    if (made.size === 0) stopWatching();
    spawnSync('ip', ['link', 'del', this.#cable]);
    spawnSync('ip', ['netns', 'del', this.#name]);
  }
}

/** May this process make namespaces? An unprivileged container has a root that may not. */
export function canMakeNamespaces(): boolean {
  return process.getuid?.() === 0 && spawnSync('unshare', ['--net', 'ip', 'link']).status === 0;
}

function ip(...words: string[]): void {
  const { status, stderr, error } = spawnSync('ip', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${error ?? stderr}`);
}

function removeForgotten(): void {
  const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const [name, pid] of stdout.matchAll(new RegExp(`^${PREFIX}(\\d+)-\\d+`, 'gm'))) {
    if (!existsSync(`/proc/${pid}`)) spawnSync('ip', ['netns', 'del', name]);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function closeAll(): void {
  for (const namespace of [...made]) namespace.close();
}

/** The signal then does what it would have done. */
function closeAllAndEnd(signal: NodeJS.Signals): void {
  closeAll();
  process.kill(process.pid, signal);
}

function watchForTheEnd(): void {
  process.on('exit', closeAll);
  for (const signal of SIGNALS) process.on(signal, closeAllAndEnd);
}

function stopWatching(): void {
  process.off('exit', closeAll);
  for (const signal of SIGNALS) process.off(signal, closeAllAndEnd);
}
