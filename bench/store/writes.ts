/** Durable writes a second by 64 writers, beside etcd and Redis; and one writer, beside the flushes that its writes need. */

import { constants, mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { cpuSeconds } from '../servent/programs';
import { atLeast, atMost, median, type Section } from '../servent/sections';
import { type Contender, startContenders } from './contenders';
import { type LoadReport, load } from './load';

const WRITERS = 64;
/** What a line of the log has, bytes, more or less. */
const LINE_BYTES = 330;

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
  const flushesUs: number[] = [];
  // Uncounted: what compiles as it runs is slow at first.
  for (const contender of contenders) await measure(contender, WRITERS, seconds);
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) many.get(contender.name)!.push(await measure(contender, WRITERS, seconds));
    for (const contender of contenders) one.get(contender.name)!.push(await measure(contender, 1, seconds));
    flushesUs.push(await flushUs(folder, seconds));
  }
  await Promise.all(contenders.flatMap(({ programs }) => programs.map((program) => program.stop())));
  const notes = missing.map((name) => `${name} is not installed`);
  const rate = (name: string): number => middle(many.get(name), ({ report }) => report.rate);
  const flush = median(flushesUs);
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
        {
          contender: 'two files flushed at once',
          figures: { 'writes/s': 1e6 / flush, 'p50 µs': flush, 'p99 µs': NaN, 'cpu µs': NaN },
        },
      ],
      targets: [atMost('p50 of one writer : the flushes it needs', p50 / flush, 1.5)],
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

function middle(rounds: readonly Round[] | undefined, figure: (round: Round) => number): number {
  return median((rounds ?? []).map(figure));
}

/** The median time in which two files, as the logs of two replicas, have taken a line each, flushed; microseconds. */
async function flushUs(folder: string, seconds: number): Promise<number> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_DSYNC;
  const files = await Promise.all(['one', 'other'].map((name) => open(join(folder, name), flags)));
  const line = Buffer.alloc(LINE_BYTES, 'a');
  const timesUs: number[] = [];
  const endMs = performance.now() + seconds * 1000;
  for (let fromMs = performance.now(); fromMs < endMs; ) {
    await Promise.all(files.map((file) => file.write(line)));
    const nowMs = performance.now();
    timesUs.push((nowMs - fromMs) * 1000);
    fromMs = nowMs;
  }
  await Promise.all(files.map((file) => file.close()));
  return median(timesUs);
}
