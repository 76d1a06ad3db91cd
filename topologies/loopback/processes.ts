/** Servents as processes on loopback: starts an overlay's worth of the real command, waits until all serve, ends them all. */

import { availableParallelism } from 'node:os';
import { OperatorError, usageError } from '../../shared/errors';
import { interrupted, type Streams } from '../../shared/program/run-main';
import { type Program, readyEvent, startProgram } from '../../shared/program/start-program';
import type { ServentPlan } from './plan';
import { type Reservation, reservePort } from './reserve-port';
import { sideBySide } from './side-by-side';

/** A servent that serves. */
export interface RunningServent extends ServentPlan {
  /** `ip:port`. */
  address: string;
  /** Keys held. */
  keys: number;
}

const LOOPBACK = '127.0.0.1';
const PORT_MAX = 65_535;
/** Each takes some 50 MiB of memory. */
const PROCESSES_MAX = 500;
/** Starting is work for the processor: more at a time would only make each slower. */
const STARTING_MAX = 2 * availableParallelism();
/** Between giving a port back and its servent's binding it another program may take it; this often in a row is no accident. */
const ATTEMPTS = 3;

/**
 * Starts all servents of a plan, lets `use` work with them, and ends every process: also after an error, and when the person
 * interrupts. Gives the exit status of `use`, or that of the interruption.
 * @param portFirst the first servent's port, the others have those behind it; undefined for ports that are free
 * @throws OperatorError `usage` for too many servents or ports, `start` or `port` when a servent cannot start
 */
export async function withOverlay(
  plan: readonly ServentPlan[],
  portFirst: number | undefined,
  streams: Streams,
  use: (servents: readonly RunningServent[]) => Promise<number>,
): Promise<number> {
  if (plan.length > PROCESSES_MAX)
    throw usageError(`expected at most ${PROCESSES_MAX} servents to run as processes, got ${plan.length}`);
  if (portFirst !== undefined && portFirst + plan.length - 1 > PORT_MAX)
    throw usageError(`expected ports up to ${PORT_MAX} for ${plan.length} servents, got "${portFirst}" for --port`);
  const overlay = new OverlayProcesses(plan, portFirst, (text) => streams.progress(text));
  try {
    return await Promise.race([interrupted(streams), overlay.start().then(use)]);
  } finally {
    await overlay.end();
  }
}

/** The processes of one overlay. */
class OverlayProcesses {
  readonly #plan: readonly ServentPlan[];
  readonly #portFirst: number | undefined;
  readonly #progress: (text: string) => void;
  /** Bounded by the plan; emptied before another attempt. */
  readonly #programs: Program[] = [];
  readonly #ending = new AbortController();

  constructor(plan: readonly ServentPlan[], portFirst: number | undefined, progress: (text: string) => void) {
    this.#plan = plan;
    this.#portFirst = portFirst;
    this.#progress = progress;
  }

  async start(): Promise<RunningServent[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#startAll();
      } catch (error) {
        await this.#endPrograms();
        const canMove = this.#portFirst === undefined && error instanceof OperatorError && error.code === 'port';
        if (!canMove || attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** Ends all processes, and starts no more. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.#endPrograms();
  }

  async #startAll(): Promise<RunningServent[]> {
    const reserved = new Map<string, Reservation>();
    try {
      for (const [i, { name }] of this.#plan.entries()) reserved.set(name, await this.#reserve(i));
      let serving = 0;
      const startOne = async (servent: ServentPlan): Promise<RunningServent> => {
        await reserved.get(servent.name)!.release();
        this.#ending.signal.throwIfAborted();
        const program = startServentOf(servent, (name) => reserved.get(name)!.address);
        this.#programs.push(program);
        const { keys } = await readyEvent<{ keys: number }>(program, `servent "${servent.name}"`);
        this.#progress(`${++serving} of ${this.#plan.length} servents serve`);
        return { ...servent, address: reserved.get(servent.name)!.address, keys };
      };
      return await sideBySide(this.#plan, STARTING_MAX, startOne, this.#ending.signal);
    } finally {
      this.#progress('');
      await Promise.all([...reserved.values()].map((reservation) => reservation.release()));
    }
  }

  async #reserve(index: number): Promise<Reservation> {
    if (this.#portFirst !== undefined)
      return { address: `${LOOPBACK}:${this.#portFirst + index}`, release: async () => {} };
    return reservePort();
  }

  async #endPrograms(): Promise<void> {
    await Promise.all(this.#programs.splice(0).map((program) => program.stop()));
  }
}

function startServentOf({ name, file, neighbours }: ServentPlan, addressOf: (name: string) => string): Program {
  const port = addressOf(name).split(':')[1]!;
  const servent = [require.resolve('../../servent/main'), port, file, ...neighbours.map(addressOf)];
  const words = [...process.execArgv, ...servent, '--bind', LOOPBACK, '--json'];
  return startProgram(process.execPath, words, { tied: true });
}
