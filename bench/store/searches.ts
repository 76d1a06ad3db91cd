/**
 * Searches by index a second, over kept connections and over one each, beside Redis' GET and a bare socket of Node from the same
 * generator.
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Program, startProgram } from '../../shared/program/start-program';
import { connectClient } from '../../store-client/client';
import { cpuSeconds } from '../servent/programs';
import { atLeast, median, type Section } from '../servent/sections';
import { compileTs } from '../servent/tools';
import { type Contender, pour, startContenders, startStore } from './contenders';
import { type Asker, keptAsker, type LoadReport, load, oneEachAsker, type Speech } from './load';
import { COLLECTION, documentOf, echo, redisFilling, redisRead, storeSearch } from './speech';

const READERS = 64;
const DOCUMENTS = 10_000;

interface Row {
  contender: string;
  pid: number;
  open: () => Asker | Promise<Asker>;
  reports: (LoadReport & { cpuUs: number; ownUs: number })[];
}

/** The store without a follower, and with one whose confirmation each round of reads awaits; Redis; what Node can at most. */
export async function searches(
  folder: string,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<Section> {
  mkdirSync(folder);
  const { contenders, missing } = await startContenders(folder);
  const [alone] = await startStore(join(folder, 'alone'), 1);
  const [store] = contenders;
  const bare = startProgram(process.execPath, [compileTs('echo-peer', folder, __dirname)]);
  const rows = [
    ...(await storeRows('store, two in sync', store!.port, store!.programs[0]!.pid)),
    ...(await storeRows('store, alone', alone!.port, alone!.pid)),
    ...(await redisRows(contenders.find(({ name }) => name === 'redis'))),
    ...(await bareRows(bare)),
  ];
  for (let round = 0; round < rounds; round++) for (const row of rows) await measure(row, seconds);
  await Promise.all([alone!, bare, ...contenders.flatMap(({ programs }) => programs)].map((program) => program.stop()));
  const rate = (name: string): number =>
    median(rows.find(({ contender }) => contender === name)?.reports.map((one) => one.rate) ?? []);
  const redis = rate('Redis GET, kept');
  return {
    name: 'searches',
    title: `Searches by index, ${READERS} readers, ${DOCUMENTS} documents; medians of ${rounds} rounds`,
    rows: rows.map(({ contender, reports }) => ({
      contender,
      figures: {
        'answers/s': median(reports.map((one) => one.rate)),
        'p50 µs': median(reports.map((one) => one.p50Us)),
        'p99 µs': median(reports.map((one) => one.p99Us)),
        'cpu µs of the one asked': median(reports.map((one) => one.cpuUs)),
        'of who asks': median(reports.map((one) => one.ownUs)),
      },
    })),
    targets: Number.isNaN(redis)
      ? []
      : [
          atLeast('searches over kept connections : Redis GET', rate('store, two in sync, kept') / redis, 0.5),
          atLeast(
            'searches over one connection each : Redis GET kept',
            rate('store, two in sync, one each') / redis,
            0.5,
          ),
        ],
    notes: missing.map((name) => `${name} is not installed`),
  };
}

async function storeRows(name: string, port: number, pid: number): Promise<Row[]> {
  await using client = await connectClient(`127.0.0.1:${port}`);
  const numbers = Array.from({ length: DOCUMENTS }, (_, i) => i + 1);
  await Promise.all(numbers.map((number) => client.insert(COLLECTION, documentOf(number))));
  return rowsOf(name, pid, storeSearch(port, DOCUMENTS));
}

async function redisRows(redis: Contender | undefined): Promise<Row[]> {
  if (!redis) return [];
  await pour(redis.port, redisFilling(DOCUMENTS), (answers) => answers.split('\n').length > DOCUMENTS);
  return rowsOf('Redis GET', redis.programs[0]!.pid, redisRead(redis.port, DOCUMENTS));
}

async function bareRows(bare: Program): Promise<Row[]> {
  return rowsOf('bare socket', bare.pid, echo(Number(await bare.line())));
}

function rowsOf(name: string, pid: number, speech: Speech): Row[] {
  return [
    { contender: `${name}, kept`, pid, open: () => keptAsker(speech), reports: [] },
    { contender: `${name}, one each`, pid, open: () => oneEachAsker(speech), reports: [] },
  ];
}

async function measure({ pid, open, reports }: Row, seconds: number): Promise<void> {
  const askers = await Promise.all(Array.from({ length: READERS }, open));
  const cpu = (): number[] => [cpuSeconds(pid) ?? NaN, (process.cpuUsage().user + process.cpuUsage().system) / 1e6];
  let before = cpu();
  const report = await load(askers, seconds, { counted: () => (before = cpu()) });
  for (const asker of askers) asker.close();
  const [cpuUs, ownUs] = cpu().map((after, i) => ((after - before[i]!) / (report.rate * seconds)) * 1e6);
  reports.push({ ...report, cpuUs: cpuUs!, ownUs: ownUs! });
}
