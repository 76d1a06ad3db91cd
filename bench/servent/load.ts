/** Drives the load generator (load.c) against one contender. */

import { startProgram } from '../../shared/program/start-program';
import type { Contender, LoadMode, Running } from './contenders';
import { cpuSeconds, outputOf } from './programs';

export interface LoadOptions {
  /** The compiled generator. */
  generator: string;
  mode: LoadMode;
  /** The keys to ask for. */
  keys: string;
  /** Questions kept unanswered; for `pace`, questions a second. */
  amount: number;
  seconds: number;
  /** Whose questions they are by turns. Default: 1. */
  clients?: number;
  /** Whether the neighbours it plays take groups apart themselves, as our own do. Default: the kernel does. */
  groups?: boolean;
}

/** What the generator says at its end. */
export interface LoadReport {
  lost: number;
  responsesPerSecond: number;
  queriesPerSecond: number;
  datagramsPerSecond: number;
  /** With one question outstanding. */
  p50Us?: number;
  p99Us?: number;
  /** Processor time of the contender a datagram, microseconds; NaN where the system does not show it. */
  cpuUs: number;
}

/** What it says of `pace`. */
export interface PaceReport {
  sent: number;
  answered: number;
  wrong: number;
  longestMs: number;
  versions: string;
}

/** Long enough for the engine to have compiled what is hot. */
const WARM_UP_SECONDS = 0.6;
const FANOUT = 8;

/** Loads a contender that runs already. */
export async function load(target: Running, options: LoadOptions): Promise<LoadReport> {
  const generator = startProgram(options.generator, words(target.address, options));
  return measured(generator, target);
}

/** Starts a contender with the load generator as its neighbours, loads it and ends it. */
export async function loadWithNeighbours(
  contender: Contender,
  pairs: string,
  options: LoadOptions,
): Promise<LoadReport> {
  const generator = startProgram(options.generator, words('-', options));
  const [, port] = await generator.until(/^port (\d+)$/m);
  const neighbours = Array.from({ length: FANOUT }, (_, i) => `127.0.0.${i + 1}:${port}`);
  const running = await contender.start(pairs, neighbours);
  generator.say(running.address);
  const report = await measured(generator, running);
  await running.stop();
  return report;
}

/** Asks at an even pace while `meanwhile` goes on. */
export async function pace(
  target: Running,
  options: Omit<LoadOptions, 'mode'>,
  meanwhile: () => Promise<void>,
): Promise<PaceReport> {
  const generator = startProgram(options.generator, words(target.address, { ...options, mode: 'pace' }));
  await meanwhile();
  return JSON.parse((await outputOf(generator)).split('\n')[1]!) as PaceReport;
}

function words(target: string, { mode, keys, amount, seconds, clients = 1, groups = false }: LoadOptions): string[] {
  const words = [mode, target, keys, ...[amount, seconds, WARM_UP_SECONDS, clients].map(String)];
  return groups ? [...words, 'groups'] : words;
}

async function measured(generator: ReturnType<typeof startProgram>, target: Running): Promise<LoadReport> {
  await generator.until(/measuring/);
  const before = cpuSeconds(target.pid);
  await generator.until(/\}/);
  const after = cpuSeconds(target.pid);
  const report = JSON.parse((await outputOf(generator)).trim().split('\n').at(-1)!) as LoadReport & { seconds: number };
  const datagrams = report.datagramsPerSecond * report.seconds;
  return { ...report, cpuUs: before === undefined || after === undefined ? NaN : ((after - before) / datagrams) * 1e6 };
}
