/**
 * What a second worker brings: one worker and two by turns under the same load, a generator on each core that asks its half of the
 * workers. On a machine of two cores load and workers share them in both cases; processor time tells what the load took from whom.
 */

import { workerOf } from '../../servent/workers/distribution';
import { endpointOf } from '../../shared/endpoint';
import { type Program, startProgram } from '../../shared/program/start-program';
import { encodeClireq } from '../../shared/wire/overlay/clireq';
import { type Contender, type Running, serventWith } from './contenders';
import { cpuSeconds, outputOf } from './programs';
import { atLeast, median, type Section } from './sections';
import { which } from './tools';

export interface WorkersBench {
  generator: string;
  pairs: string;
  rounds: number;
  seconds: number;
}

/** What both generators together saw. */
interface Turn {
  perSecond: number;
  cpuUs: number;
  loadCpuUs: number;
  lost: number;
}

const WORKERS = 2;
const OUTSTANDING = 192;
/** Of each generator. */
const CLIENTS = 4096;
const WARM_UP_SECONDS = 0.6;

const CLIREQ = encodeClireq({ text: Buffer.from('key') });

/** Answers a second of one worker and of two. */
export async function workers({ generator, pairs, rounds, seconds }: WorkersBench): Promise<Section> {
  const contenders = [1, WORKERS].map((count) =>
    serventWith(count === 1 ? 'one worker' : 'two workers', 'batch', [], count),
  );
  const turns = new Map<Contender, Turn[]>(contenders.map((contender) => [contender, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) {
      const target = await contender.start(pairs);
      turns.get(contender)!.push(await turn(target, generator, pairs, seconds));
      await target.stop();
    }
  }
  const [one, two] = contenders.map((contender) => medians(turns.get(contender)!)) as [Turn, Turn];
  return {
    name: 'workers',
    title: `Answers a second, of one worker and of two, a generator on each of two cores; ${OUTSTANDING} questions outstanding of each`,
    rows: contenders.map(({ name }, i) => {
      const { perSecond, cpuUs, loadCpuUs, lost } = [one, two][i]!;
      return {
        contender: name,
        figures: { 'a second': perSecond, 'cpu us each': cpuUs, 'cpu us each, of the load': loadCpuUs, lost },
      };
    }),
    targets: [
      atLeast('two workers on two cores / one worker, with the load on both', two.perSecond / one.perSecond, 1.6),
      atLeast('the same by processor time a datagram: two cores of their own / one', (2 * one.cpuUs) / two.cpuUs, 1.6),
    ],
    notes: which('taskset') ? [] : ['without taskset the generators choose their cores themselves'],
  };
}

async function turn(target: Running, generator: string, pairs: string, seconds: number): Promise<Turn> {
  const generators: Program[] = [];
  for (let core = 0; core < WORKERS; core++) generators.push(await generatorOf(core, generator, pairs, seconds));
  for (const one of generators) one.say(target.address);
  await Promise.all(generators.map((one) => one.until(/measuring/)));
  const processes = [target.pid, ...generators.map(({ pid }) => pid)];
  const before = processes.map(cpuSeconds);
  // Both measure equally long, and began together but for some milliseconds.
  await Promise.race(generators.map((one) => one.until(/\}/)));
  const after = processes.map(cpuSeconds);
  const reports = await Promise.all(generators.map(reportOf));
  const sum = (of: (report: Report) => number): number => reports.reduce((all, report) => all + of(report), 0);
  const used = processes.map((_, i) => ((after[i] ?? NaN) - (before[i] ?? NaN)) * 1e6);
  const answers = sum(({ responses }) => responses);
  return {
    perSecond: sum(({ responsesPerSecond }) => responsesPerSecond),
    cpuUs: used[0]! / answers,
    loadCpuUs: (used[1]! + used[2]!) / answers,
    lost: sum(({ lost }) => lost),
  };
}

interface Report {
  responses: number;
  responsesPerSecond: number;
  lost: number;
}

/** A load generator on one core, whose questions belong to the worker of that number. */
async function generatorOf(core: number, generator: string, pairs: string, seconds: number): Promise<Program> {
  const words = ['ask', '-', pairs, ...[OUTSTANDING, seconds, WARM_UP_SECONDS, CLIENTS].map(String)];
  const taskset = which('taskset');
  for (;;) {
    const program = taskset
      ? startProgram(taskset, ['-c', String(core), generator, ...words])
      : startProgram(generator, words);
    const [, port] = await program.until(/^port (\d+)$/m);
    if (workerOf(CLIREQ, endpointOf(0, Number(port)), WORKERS) === core) return program;
    await program.stop();
  }
}

async function reportOf(generator: Program): Promise<Report> {
  return JSON.parse((await outputOf(generator)).trim().split('\n').at(-1)!) as Report;
}

function medians(turns: readonly Turn[]): Turn {
  const of = (figure: keyof Turn): number => median(turns.map((one) => one[figure]));
  return { perSecond: of('perSecond'), cpuUs: of('cpuUs'), loadCpuUs: of('loadCpuUs'), lost: of('lost') };
}
