/** Ports for programs that must be told one: free ones of the system, or those of a range that the programs insist on. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

export class Ports {
  readonly #fixed: number[] | undefined;
  /** So many can be taken at the same time. */
  readonly count: number;
  /** Given out and not given back: bounded by the cases that play side by side. */
  readonly #taken = new Set<number>();
  /** Cases that wait for a port of the range. */
  readonly #waiting: (() => void)[] = [];

  /** @param fixed the only ports to give out; undefined for any that are free */
  constructor(fixed: readonly number[] | undefined) {
    this.#fixed = fixed && [...fixed];
    this.count = fixed?.length ?? Number.POSITIVE_INFINITY;
  }

  /** A port that neither TCP nor UDP has in use; waits for one of a fixed range. */
  async take(): Promise<number> {
    const port = this.#fixed ? await this.#takeFixed(this.#fixed) : await freePort();
    if (this.#taken.has(port)) return this.take();
    this.#taken.add(port);
    return port;
  }

  giveBack(port: number): void {
    this.#taken.delete(port);
    this.#waiting.shift()?.();
  }

  async #takeFixed(fixed: readonly number[]): Promise<number> {
    for (;;) {
      const port = fixed.find((one) => !this.#taken.has(one));
      if (port !== undefined) return port;
      await new Promise<void>((wake) => this.#waiting.push(wake));
    }
  }
}

/**
 * Below the ports that systems give to whoever asks for any: one that is free now is not given to a socket of ours before the program
 * has bound it.
 */
const FIRST = 16_384;
const PORTS = 16_000;

/** Beside other runs on this machine, each begins somewhere else. */
let next = process.pid % PORTS;

async function freePort(): Promise<number> {
  for (;;) {
    next = (next + 1) % PORTS;
    const port = FIRST + next;
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const [datagrams, streams] = [createSocket('udp4'), createServer()];
  try {
    await once(datagrams.bind(port), 'listening');
    await once(streams.listen(port), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    datagrams.close();
    streams.close();
  }
}
