/** A replica of the lab: the real command as a process, its door, what it says of itself, and the end of its log. */

import { join } from 'node:path';
import { OperatorError } from '../../shared/errors';
import { packageFolder } from '../../shared/program/package-folder';
import { type Program, readyEvent, startProgram } from '../../shared/program/start-program';
import { connectClient, type Status, type StoreClient } from '../../store-client/index';
import type { ProcessState, ReplicaView } from '../store-view';
import type { Door } from './door';
import { LogTail } from './log-tail';

/** How long a replica may take to say what it is, milliseconds: one that is stopped says nothing. */
const STATUS_MS = 1000;

export class LabReplica {
  readonly name: string;
  readonly door: Door;
  process: ProcessState = 'starting';
  status: Status | undefined;
  readonly #path: string;
  readonly #changed: () => void;
  #program: Program | undefined;
  #port = 0;
  #tail: LogTail | undefined;
  #client: StoreClient | undefined;

  /** @param path folder of all replicas @param changed called when the process or the log is another */
  constructor(name: string, path: string, door: Door, changed: () => void) {
    this.name = name;
    this.#path = path;
    this.door = door;
    this.#changed = changed;
  }

  /** Starts the process: the first time, or again where it was before. @param leader to join; undefined to found a store, or to come back to it */
  async start(leader: string | undefined): Promise<void> {
    this.process = 'starting';
    this.#changed();
    const script = join(packageFolder(), 'dist', 'store', 'main.js');
    const words = [this.#path, `127.0.0.1:${this.#port}`, ...(leader === undefined ? [] : [leader])];
    const program = startProgram(process.execPath, [script, ...words, '--advertise', this.door.address, '--json'], {
      tied: true,
    });
    this.#program = program;
    void program.ended().then(() => this.#ended(program));
    const { folder } = await readyEvent<{ folder: string }>(program, `replica ${this.name}`);
    // The address it tells is its door's; its folder is called after the port it is bound to.
    this.#port = Number(/-(\d+)$/.exec(folder)![1]);
    this.door.target = this.#port;
    this.#tail ??= new LogTail(folder, this.#changed);
    this.process = 'running';
    this.#changed();
  }

  /** Ends the process as a power cut would. */
  kill(): void {
    this.#program?.child.kill('SIGKILL');
  }

  /** Stops the process where it stands. @throws OperatorError `refused` when it does not run */
  pause(): void {
    this.#signal('running', 'SIGSTOP', 'paused');
  }

  /** Lets it go on. @throws OperatorError `refused` when it is not paused */
  wake(): void {
    this.#signal('paused', 'SIGCONT', 'running');
  }

  /** Asks it what it is. */
  async look(): Promise<void> {
    if (this.process !== 'running') return void (this.status = undefined);
    try {
      this.#client ??= await connectClient(`127.0.0.1:${this.#port}`, { timeoutMs: STATUS_MS });
      this.status = await this.#client.status();
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      this.status = undefined;
      await this.#forgetClient();
    }
  }

  view(inSync: boolean): ReplicaView {
    const { status } = this;
    return {
      name: this.name,
      address: this.door.address,
      pid: this.#program?.pid ?? 0,
      process: this.process,
      status: status ? { role: status.role, epoch: status.epoch, position: status.position, lag: status.lag } : null,
      inSync,
      log: this.#tail?.lines ?? [],
    };
  }

  async close(): Promise<void> {
    this.#tail?.close();
    await this.#forgetClient();
    this.kill();
    await this.#program?.ended();
    await this.door.close();
  }

  #signal(from: ProcessState, signal: NodeJS.Signals, to: ProcessState): void {
    if (this.process !== from)
      throw new OperatorError('refused', `expected ${this.name} to be ${from}, it is ${this.process}`);
    this.#program!.child.kill(signal);
    this.process = to;
    this.#changed();
  }

  #ended(program: Program): void {
    if (program !== this.#program) return;
    this.process = 'ended';
    this.status = undefined;
    this.door.target = undefined;
    void this.#forgetClient();
    this.#changed();
  }

  async #forgetClient(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.close();
  }
}
