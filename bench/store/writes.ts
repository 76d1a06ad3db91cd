/** Durable writes a second by 64 writers, beside etcd and Redis; and one writer, beside the flushes that its writes need. */

import { mkdirSync } from 'node:fs';
import { cpuSeconds } from '../servent/programs';
import { atLeast, atMost, median, type Section } from '../servent/sections';
import { type Contender, startContenders } from './contenders';
import { twoFilesUs, twoProcessesUs } from './flushes';
import { type LoadReport, load } from './load';

const WRITERS = 64;

interface Round {
  report: LoadReport;
  /** Processor time of all its processes for a write, microseconds. */
  cpuUs: number;
}

/** All contenders run through, and are loaded in turn: whatever else the machine does meets all. */
export async function writes(
  folder: string,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<Section[]> {
  mkdirSync(folder);
  const { contenders, missing } = await startContenders(folder);
  const many = new Map<string, Round[]>(contenders.map(({ name }) => [name, []]));
  const one = new Map<string, Round[]>(contenders.map(({ name }) => [name, []]));
  const filesUs: number[] = [];
  const processesUs: number[] = [];
  // Uncounted: what compiles as it runs is slow at first.
  for (const contender of contenders) await measure(contender, WRITERS, seconds);
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) many.get(contender.name)!.push(await measure(contender, WRITERS, seconds));
    for (const contender of contenders) one.get(contender.name)!.push(await measure(contender, 1, seconds));
    filesUs.push(await twoFilesUs(folder, seconds));
    processesUs.push(await twoProcessesUs(folder, seconds));
  }
  await Promise.all(contenders.flatMap(({ programs }) => programs.map((program) => program.stop())));
  const notes = missing.map((name) => `${name} is not installed`);
  const rate = (name: string): number => middle(many.get(name), ({ report }) => report.rate);
  const [files, processes] = [median(filesUs), median(processesUs)];
  const p50 = middle(one.get('store'), ({ report }) => report.p50Us);
  return [
    {
      name: 'writes',
      title: `Durable inserts, ${WRITERS} writers; the store and Redis with two replicas, etcd with three members; medians of ${rounds} rounds`,
      rows: rowsOf(many),
      targets: [
        ...(many.has('etcd') ? [atLeast('inserts a second : etcd', rate('store') / rate('etcd'), 2)] : []),
        ...(many.has('redis')
          ? [atLeast('inserts a second : Redis with WAIT 1', rate('store') / rate('redis'), 1)]
          : []),
      ],
      notes,
    },
    {
      name: 'one writer',
      title: 'One writer',
      rows: [
        ...rowsOf(one),
        flushesRow('two files flushed at once', files),
        flushesRow('two processes that flush and tell', processes),
      ],
      targets: [
        atMost('p50 of one writer : two files flushed at once', p50 / files, 1.5),
        atMost('p50 of one writer : two processes that flush and tell', p50 / processes, 1.5),
      ],
      notes: [],
    },
  ];
}

async function measure({ programs, writers }: Contender, count: number, seconds: number): Promise<Round> {
  const askers = await writers(count);
  const cpu = (): number => programs.reduce((sum, { pid }) => sum + (cpuSeconds(pid) ?? NaN), 0);
  let before = NaN;
  const report = await load(askers, seconds, { counted: () => (before = cpu()) });
  for (const asker of askers) asker.close();
  return { report, cpuUs: ((cpu() - before) / (report.rate * seconds)) * 1e6 };
}

function rowsOf(rounds: Map<string, Round[]>): Section['rows'] {
  return [...rounds].map(([contender, of]) => ({
    contender,
    figures: {
      'writes/s': middle(of, ({ report }) => report.rate),
      'p50 µs': middle(of, ({ report }) => report.p50Us),
      'p99 µs': middle(of, ({ report }) => report.p99Us),
      'cpu µs': middle(of, ({ cpuUs }) => cpuUs),
    },
  }));
}

function flushesRow(contender: string, us: number): Section['rows'][number] {
  return { contender, figures: { 'writes/s': 1e6 / us, 'p50 µs': us, 'p99 µs': NaN, 'cpu µs': NaN } };
}

function middle(rounds: readonly Round[] | undefined, figure: (round: Round) => number): number {
  return median((rounds ?? []).map(figure));
}
