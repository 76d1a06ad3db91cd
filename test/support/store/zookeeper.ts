/** Apache ZooKeeper as Debian installs it, started without a service manager on free ports of loopback, and always ended. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ZOOKEEPER_JARS, zookeeperCommand } from '../../../store/zookeeper-beside';
import { freePorts } from '../free-ports';

/** Are Java and ZooKeeper installed? */
export function isZookeeperInstalled(): boolean {
  return ['/usr/bin/java', ...ZOOKEEPER_JARS].every((path) => existsSync(path));
}

export interface ZookeeperOptions {
  /** One, or three for an ensemble. */
  servers?: number;
  /** Where the clients' port is opened. */
  address?: string;
}

/** A server, or an ensemble of them. */
export class Zookeeper {
  /** `host:port,...`, as clients name it. */
  readonly servers: string;
  readonly #folder: string;
  readonly #ports: readonly number[];
  readonly #address: string;
  readonly #processes: (ChildProcess | undefined)[] = [];

  private constructor(folder: string, address: string, ports: readonly number[]) {
    this.#folder = folder;
    this.#address = address;
    this.#ports = ports;
    this.servers = ports.map((port) => `${address}:${port}`).join(',');
  }

  /** Starts servers, and waits until they serve. */
  static async start({ servers = 1, address = '127.0.0.1' }: ZookeeperOptions = {}): Promise<Zookeeper> {
    const zookeeper = await Zookeeper.prepare({ servers, address });
    await Promise.all(zookeeper.#ports.map((_port, index) => zookeeper.startServer(index)));
    return zookeeper;
  }

  /** Chooses ports and writes what servers are started with. */
  static async prepare({ servers = 1, address = '127.0.0.1' }: ZookeeperOptions = {}): Promise<Zookeeper> {
    const folder = mkdtempSync(join(tmpdir(), 'zookeeper-'));
    const ports = await freePorts(3 * servers);
    const quorum = Array.from({ length: servers }, (_, index) => {
      return `server.${index + 1}=127.0.0.1:${ports[servers + index]}:${ports[2 * servers + index]}`;
    });
    for (let index = 0; index < servers; index++) {
      const data = join(folder, `${index}`);
      mkdirSync(data);
      writeFileSync(join(data, 'myid'), `${index + 1}`);
      const lines = [
        `dataDir=${data}`,
        `clientPort=${ports[index]}`,
        `clientPortAddress=${address}`,
        'admin.enableServer=false',
        '4lw.commands.whitelist=ruok,srvr',
        'minSessionTimeout=1000',
        'maxSessionTimeout=20000',
        ...(servers === 1 ? ['tickTime=500'] : ['tickTime=200', 'initLimit=50', 'syncLimit=15', ...quorum]),
      ];
      writeFileSync(join(folder, `${index}.cfg`), `${lines.join('\n')}\n`);
    }
    return new Zookeeper(folder, address, ports.slice(0, servers));
  }

  /** Starts one server anew, with what it had on disk, and waits until it serves. */
  async startServer(index = 0): Promise<void> {
    const child = this.launch(index);
    // `ruok` would say yes too early, and an ensemble serves only once it has a quorum.
    while (!/Mode:/.test(await this.#ask(index, 'srvr'))) {
      if (child.exitCode !== null) throw new Error(`ZooKeeper ended with status ${child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Starts one server, and does not wait: it may have no quorum. */
  launch(index: number): ChildProcess {
    const [file, ...words] = zookeeperCommand(join(this.#folder, `${index}.cfg`));
    const child = spawn(file, words, { stdio: 'ignore' });
    this.#processes[index] = child;
    return child;
  }

  /** As by a crash. */
  async stopServer(index = 0): Promise<void> {
    const child = this.#processes[index];
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** It answers nothing, and its connections stay. */
  freeze(index = 0): void {
    this.#processes[index]?.kill('SIGSTOP');
  }

  thaw(index = 0): void {
    this.#processes[index]?.kill('SIGCONT');
  }

  /** The server of an ensemble that leads it. */
  async leader(): Promise<number> {
    const modes = await Promise.all(this.#ports.map((_port, index) => this.#ask(index, 'srvr')));
    return modes.findIndex((mode) => /Mode: leader/.test(mode));
  }

  /** Ends all servers, and removes what they wrote. */
  async close(): Promise<void> {
    await Promise.all(this.#processes.map((_child, index) => this.stopServer(index)));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What a server answers to one of its four-letter words; empty when it does not. */
  #ask(index: number, word: string): Promise<string> {
    return new Promise((resolve) => {
      let answer = '';
      const socket = connect(this.#ports[index]!, this.#address, () => socket.write(word));
      socket.setTimeout(1000, () => socket.destroy());
      socket.on('data', (bytes) => {
        answer += bytes;
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(answer));
    });
  }
}
