/** Datagrams a second and latency: contenders take turns under the same load. */

import { BATCH, type Contender, DGRAM, ECHO, REFERENCE, type Running } from './contenders';
import { type LoadReport, load, loadWithNeighbours } from './load';
import { atLeast, atMost, median, type Section, type Target } from './sections';

export interface Bench {
  contenders: readonly Contender[];
  /** The compiled load generator. */
  generator: string;
  /** 1,000 pairs. */
  pairs: string;
  /** Their keys, and as many that nobody holds. */
  halfHeld: string;
  rounds: number;
  seconds: number;
}

/** Enough for full batches, and far from filling a receive buffer. */
const OUTSTANDING = 256;
/** Eight times as many datagrams come of each. */
const FLOODS_OUTSTANDING = 64;

/** Questions for keys held, without neighbours. */
export async function answers(bench: Bench): Promise<Section> {
  const reports = await asked(bench, OUTSTANDING);
  const rate = (name: string): number => medianOf(reports, name, 'responsesPerSecond');
  const best = Math.max(...['NSD', 'memcached'].map(rate).filter((value) => value > 0));
  return {
    name: 'answers',
    title: `Answers a second, keys held: 1,000 pairs, ${OUTSTANDING} questions outstanding`,
    rows: rowsOf(reports, 'responsesPerSecond'),
    targets: [
      ...ratioTo(reports, 'answers: batch / C reference', BATCH, REFERENCE, 'responsesPerSecond', 0.85),
      ...cpuRatio(reports, 'answers, by processor time: batch / C reference', BATCH, REFERENCE, 0.85),
      ...(Number.isFinite(best)
        ? [atLeast('answers: batch / faster of NSD and memcached', rate(BATCH) / best, 2)]
        : []),
      ...ratioTo(reports, 'answers: dgram / bare dgram echo', DGRAM, ECHO, 'responsesPerSecond', 0.95),
      ...cpuRatio(reports, 'answers, by processor time: dgram / bare dgram echo', DGRAM, ECHO, 0.95),
    ],
    notes: [],
  };
}

/** One question outstanding. */
export async function latency(bench: Bench): Promise<Section> {
  // Half a turn holds some ten thousand questions.
  const reports = await asked({ ...bench, seconds: bench.seconds / 2 }, 1);
  const p50 = (name: string): number => medianOf(reports, name, 'p50Us');
  const rows = [...reports].map(([contender, each]) => ({
    contender,
    figures: {
      'p50 us': p50(contender),
      'p99 us': median(each.map(({ p99Us }) => p99Us!)),
      'p50 ratio': p50(contender) / p50(ECHO),
    },
  }));
  return {
    name: 'latency',
    title: 'Latency, one question outstanding (ratio to the bare dgram echo)',
    rows,
    targets: [BATCH, DGRAM].map((name) =>
      atMost(`latency p50: ${name} / bare dgram echo`, p50(name) / p50(ECHO), 1.15),
    ),
    notes: [],
  };
}

/** Questions that go to eight neighbours. */
export async function floods(bench: Bench): Promise<Section> {
  const reports = await flooded(bench, 'forward', bench.pairs);
  return {
    name: 'floods',
    title: 'Floods: QUERYs from one of 8 neighbours to the 7 others; QUERYs and answers sent a second',
    rows: rowsOf(reports, 'datagramsPerSecond'),
    targets: [
      ...ratioTo(reports, 'floods: batch / C forwarder', BATCH, REFERENCE, 'datagramsPerSecond', 0.85),
      ...cpuRatio(reports, 'floods, by processor time: batch / C forwarder', BATCH, REFERENCE, 0.85),
    ],
    notes: [],
  };
}

/** CLIREQs and QUERYs by turns, half of the keys held. */
export async function mixed(bench: Bench): Promise<Section> {
  const reports = await flooded(bench, 'mixed', bench.halfHeld);
  return {
    name: 'mixed',
    title: 'Mixed: CLIREQs and QUERYs by turns, half of the keys held, 8 neighbours; datagrams sent a second',
    rows: rowsOf(reports, 'datagramsPerSecond'),
    targets: [],
    notes: [],
  };
}

type Reports = ReadonlyMap<string, LoadReport[]>;

/** All contenders run all the time, idle but for the one whose turn it is. */
async function asked({ contenders, generator, pairs, rounds, seconds }: Bench, amount: number): Promise<Reports> {
  const running: [Contender, Running][] = [];
  for (const contender of contenders) running.push([contender, await contender.start(pairs)]);
  const reports = new Map<string, LoadReport[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [{ name, ask }, target] of running) {
      reports.get(name)!.push(await load(target, { generator, mode: ask, keys: pairs, amount, seconds }));
    }
  }
  await Promise.all(running.map(([, target]) => target.stop()));
  return reports;
}

async function flooded(bench: Bench, mode: 'forward' | 'mixed', keys: string): Promise<Reports> {
  const { generator, pairs, rounds, seconds } = bench;
  const contenders = bench.contenders.filter(({ forwards }) => forwards);
  const reports = new Map<string, LoadReport[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) {
      const options = { generator, mode, keys, amount: FLOODS_OUTSTANDING, seconds };
      reports.get(contender.name)!.push(await loadWithNeighbours(contender, pairs, options));
    }
  }
  return reports;
}

type Figure = 'responsesPerSecond' | 'datagramsPerSecond' | 'cpuUs' | 'p50Us';

function medianOf(reports: Reports, contender: string, figure: Figure): number {
  return median((reports.get(contender) ?? []).map((report) => report[figure] ?? Number.NaN));
}

function rowsOf(reports: Reports, figure: Figure): Section['rows'] {
  return [...reports].map(([contender, each]) => ({
    contender,
    figures: {
      'a second': medianOf(reports, contender, figure),
      ratio: medianOf(reports, contender, figure) / medianOf(reports, REFERENCE, figure),
      'cpu us each': medianOf(reports, contender, 'cpuUs'),
      'cpu ratio': medianOf(reports, REFERENCE, 'cpuUs') / medianOf(reports, contender, 'cpuUs'),
      lost: each.reduce((sum, { lost }) => sum + lost, 0),
    },
  }));
}

function ratioTo(reports: Reports, what: string, name: string, to: string, figure: Figure, wanted: number): Target[] {
  const ratio = medianOf(reports, name, figure) / medianOf(reports, to, figure);
  return Number.isNaN(ratio) ? [] : [atLeast(what, ratio, wanted)];
}

/** A neighbour on the machine slows turns down, and hardly changes what a datagram takes of the processor. */
function cpuRatio(reports: Reports, what: string, name: string, to: string, wanted: number): Target[] {
  const ratio = medianOf(reports, to, 'cpuUs') / medianOf(reports, name, 'cpuUs');
  return Number.isNaN(ratio) ? [] : [atLeast(what, ratio, wanted)];
}
