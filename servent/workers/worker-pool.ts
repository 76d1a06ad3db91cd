/**
 * Several workers that serve one port together, each a thread with a core and sockets of its own. They share the pairs, the
 * limits and nothing else: whatever belongs to one query meets one of them (`distribution.ts`).
 */

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type MessagePort, Worker } from 'node:worker_threads';
import type { Endpoint } from '../../shared/endpoint';
import { isSystemError, OperatorError } from '../../shared/errors';
import type { BoundSockets } from '../../shared/udp/batch-transport';
import { kernelDrops } from '../../shared/udp/kernel-drops';
import { loadLibc, NoBatchesError } from '../../shared/udp/libc';
import { openSocketGroup, type SocketGroup } from '../../shared/udp/socket-group';
import type { TransportOptions } from '../../shared/udp/transport';
import type { CoreOptions } from '../core';
import type { Counted } from '../counters';
import type { DefenceReason } from '../defences';
import type { HashKey } from '../half-siphash';
import type { PairTable, PairTableParts } from '../pair-table';
import type { ServedPort, ServingOptions } from '../serving';
import { portsBetween } from './handover';
import { newBudgetMemory } from './shared-budgets';
import { countedIn, newCountedMemory, type SharedCounted, sumOf } from './shared-counters';
import { socketProgram } from './socket-program';

/** What a worker is started with. */
export interface WorkerSetup {
  /** Its number, from 0, among so many. */
  worker: number;
  workers: number;
  core: Omit<CoreOptions, 'pairs' | 'budgets' | 'workspace'>;
  pairs: PairTableParts;
  counted: SharedArrayBuffer;
  budgets: { memory: SharedArrayBuffer; key: HashKey };
  /** To the others, for what reaches it and is theirs. */
  ports: readonly (MessagePort | undefined)[];
  waiting: SharedArrayBuffer;
  /** When the main thread's clock began, by Unix time: limits are kept by one clock. */
  clockStartMs: number;
}

/** What a worker is told: to serve these sockets, to answer from these pairs from now on, to end. */
export type Order = { sockets: BoundSockets } | { pairs: PairTableParts } | 'close';

/** What a worker says: that it is there, that an order is carried out, or that a limit bites. */
export type Report = 'there' | 'serving' | 'swapped' | 'closed' | { reason: DefenceReason; address: string };

/**
 * Opens a port with so many workers, at least two.
 * @throws the system's error when the port cannot be bound; OperatorError `io` where sockets cannot share a port
 */
export async function openWorkers(
  workers: number,
  options: TransportOptions,
  core: CoreOptions,
  onNotice: ServingOptions['onNotice'],
): Promise<ServedPort> {
  const counted = Array.from({ length: workers }, newCountedMemory);
  const threads = setupsOf(workers, core, counted).map(
    (setup) =>
      new Worker(require.resolve('./worker-thread'), {
        workerData: setup,
        transferList: setup.ports.filter((port) => port !== undefined),
      }),
  );
  try {
    await Promise.all(threads.map((thread) => once(thread, 'message')));
    // Only now: whoever finds the port bound finds somebody who serves it.
    const { local, hearing, speaking } = openGroup(workers, options, core);
    const pool = new WorkerPool(threads, local, counted.map(countedIn), onNotice);
    await pool.serve(
      threads.map((_, i) => ({ receiver: hearing[i]!, others: [hearing[workers + i]!], sender: speaking[i]! })),
    );
    return pool;
  } catch (error) {
    await Promise.all(threads.map((thread) => thread.terminate()));
    throw error;
  }
}

/** By worker: two sockets that hear, for everybody and for neighbours, and one that speaks. */
function openGroup(workers: number, options: TransportOptions, { neighbours }: CoreOptions): SocketGroup {
  const program = socketProgram(
    workers,
    neighbours.map(({ endpoint }) => endpoint),
  );
  try {
    return openSocketGroup(loadLibc(), options, { hearing: 2 * workers, speaking: workers }, program);
  } catch (error) {
    const isRefusal = error instanceof NoBatchesError || (isSystemError(error) && error.syscall !== 'bind');
    if (!isRefusal) throw error;
    const wanted = 'expected sockets that share a port, for several workers, which cannot be had here';
    throw new OperatorError('io', `${wanted}: ${error.message}`, { cause: error });
  }
}

function setupsOf(
  workers: number,
  { pairs, ...core }: CoreOptions,
  counted: readonly SharedArrayBuffer[],
): WorkerSetup[] {
  const ports = portsBetween(workers);
  const shared = {
    workers,
    pairs: sharedParts(pairs),
    budgets: { memory: newBudgetMemory(), key: [randomInt(2 ** 32), randomInt(2 ** 32)] as const },
    waiting: new SharedArrayBuffer(workers * Int32Array.BYTES_PER_ELEMENT),
    clockStartMs: performance.timeOrigin,
  };
  return counted.map((memory, worker) => ({
    ...shared,
    worker,
    core: {
      ...core,
      // All together remember as many as one would.
      seenMax: Math.ceil(core.seenMax / workers),
      firstSequence: randomInt(2 ** 32),
      hashKey: [randomInt(2 ** 32), randomInt(2 ** 32)],
    },
    counted: memory,
    ports: ports[worker]!,
  }));
}

class WorkerPool implements ServedPort {
  readonly io = 'batch';
  readonly local: Endpoint;
  readonly #threads: readonly Worker[];
  readonly #counted: readonly SharedCounted[];
  #closed: Promise<void> | undefined;
  #kernelDrops: number | undefined;

  constructor(
    threads: readonly Worker[],
    local: Endpoint,
    counted: readonly SharedCounted[],
    onNotice: ServingOptions['onNotice'],
  ) {
    this.#threads = threads;
    this.local = local;
    this.#counted = counted;
    for (const thread of threads) {
      thread.on('message', (report: Report) => {
        if (typeof report === 'object') onNotice(report.reason, report.address);
      });
      // Its error may be told before its end or with it. Without it the clients that are its own would wait for nothing.
      let died: unknown;
      thread.on('error', (error) => (died = error));
      thread.on('exit', (status) => {
        if (died || !this.#closed) throw died ?? new Error(`a worker ended with status ${status}`);
      });
    }
  }

  counted(): Counted & { kernelDrops: number | undefined } {
    const { lost, ...counted } = sumOf(this.#counted);
    const dropped = this.#kernelDrops ?? kernelDrops(this.local);
    // What finds no room between two workers would have found none in a receive buffer.
    return { ...counted, kernelDrops: dropped === undefined ? undefined : dropped + lost };
  }

  /** Gives each its sockets; done when all serve. */
  async serve(sockets: readonly BoundSockets[]): Promise<void> {
    await this.#order('serving', (worker) => ({ sockets: sockets[worker]! }));
  }

  async setPairs(pairs: PairTable): Promise<void> {
    const order = { pairs: sharedParts(pairs) };
    await this.#order('swapped', () => order);
  }

  close(): Promise<void> {
    this.#kernelDrops ??= kernelDrops(this.local);
    this.#closed ??= this.#order('closed', () => 'close').then(async () => {
      await Promise.all(this.#threads.map((thread) => thread.terminate()));
    });
    return this.#closed;
  }

  /** Done when all have carried it out. */
  async #order(done: Report, orderOf: (worker: number) => Order): Promise<void> {
    const reports = this.#threads.map((thread) => said(thread, done));
    this.#threads.forEach((thread, worker) => void thread.postMessage(orderOf(worker)));
    await Promise.all(reports);
  }
}

function said(thread: Worker, report: Report): Promise<void> {
  return new Promise((done) => {
    const listen = (heard: Report): void => {
      if (heard !== report) return;
      thread.off('message', listen);
      done();
    };
    thread.on('message', listen);
  });
}

/** The parts of a table in memory that threads share. */
function sharedParts({ parts }: PairTable): PairTableParts {
  const text = new Uint8Array(new SharedArrayBuffer(parts.text.byteLength));
  const slots = new Uint32Array(new SharedArrayBuffer(parts.slots.byteLength));
  const tags = new Uint8Array(new SharedArrayBuffer(parts.tags.byteLength));
  text.set(parts.text);
  slots.set(parts.slots);
  tags.set(parts.tags);
  return { text, slots, tags, size: parts.size };
}
