/** Datagrams a second and latency: contenders take turns under the same load. */

import { BATCH, type Contender, DGRAM, ECHO, OTHERS, REFERENCE, type Running } from './contenders';
import { type LoadReport, load, loadWithNeighbours } from './load';
import { atLeast, atMost, median, type Section, type Target } from './sections';

export interface Bench {
  contenders: readonly Contender[];
  /** The compiled load generator. */
  generator: string;
  /** 1,000 pairs. */
  pairs: string;
  /** 1,000 pairs whose keys have 18 lengths. */
  mixedLengths: string;
  /** The keys of `pairs`, and as many that nobody holds. */
  halfHeld: string;
  rounds: number;
  seconds: number;
}

/** Enough for full batches, and what the smallest receive buffer here holds: a system's default, of some 256 datagrams. */
const OUTSTANDING = 192;
/** Those who flood have buffers of some thousands. */
const FLOODS_OUTSTANDING = 512;
/** Each an address of its own, as many as a busy servent hears within a second. */
export const CLIENTS = 4096;

/** Questions for keys held, without neighbours: of many clients, and of one, whose answers can be grouped. */
export async function answers(bench: Bench): Promise<Section[]> {
  const many = await asked(bench, OUTSTANDING, CLIENTS);
  const one = await asked(bench, OUTSTANDING, 1);
  return [
    {
      name: 'answers',
      title: `Answers a second, keys held: 1,000 pairs, ${OUTSTANDING} questions outstanding, of ${CLIENTS} clients`,
      rows: rowsOf(many, 'responsesPerSecond'),
      targets: [
        ...cpuRatio(many, 'answers to many clients: batch / C reference', BATCH, REFERENCE, 0.92),
        ...OTHERS.flatMap((name) => cpuRatio(many, `answers to many clients: batch / ${name}`, BATCH, name, 1)),
        ...ratioTo(many, 'answers a second: dgram / bare dgram echo', DGRAM, ECHO, 'responsesPerSecond', 0.95),
        ...cpuRatio(many, 'answers to many clients: dgram / bare dgram echo', DGRAM, ECHO, 0.95),
      ],
      notes: [],
    },
    {
      name: 'answers to one',
      title: 'The same of one client',
      rows: rowsOf(one, 'responsesPerSecond'),
      targets: [],
      notes: [],
    },
  ];
}

/** One question outstanding. */
export async function latency(bench: Bench): Promise<Section> {
  // Half a turn holds some ten thousand questions.
  const reports = await asked({ ...bench, seconds: bench.seconds / 2 }, 1, 1);
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

/** QUERYs that go to seven neighbours: all of one length, and of 18; and between servents that group and ungroup. */
export async function floods(bench: Bench): Promise<Section[]> {
  const one = await flooded(bench, 'forward', { pairs: bench.pairs });
  const mixed = await flooded(bench, 'forward', { pairs: bench.mixedLengths });
  const between = await flooded(bench, 'forward', { pairs: bench.pairs, groups: true });
  return [
    {
      name: 'floods',
      title: 'Floods: QUERYs from one of 8 neighbours to the 7 others; QUERYs and answers sent a second, one length',
      rows: rowsOf(one, 'datagramsPerSecond'),
      targets: cpuRatio(one, 'floods, one length: batch / C forwarder', BATCH, REFERENCE, 2.5),
      notes: [],
    },
    {
      name: 'floods of 18 lengths',
      title: 'The same with QUERYs of 18 lengths',
      rows: rowsOf(mixed, 'datagramsPerSecond'),
      targets: cpuRatio(mixed, 'floods, 18 lengths: batch / C forwarder', BATCH, REFERENCE, 1.6),
      notes: [],
    },
    {
      name: 'floods between servents',
      title: 'The same with QUERYs of one length and neighbours that take groups apart as our own do',
      rows: rowsOf(between, 'datagramsPerSecond'),
      targets: cpuRatio(between, 'floods between servents that group: batch / C forwarder', BATCH, REFERENCE, 3.5),
      notes: [],
    },
  ];
}

/** CLIREQs and QUERYs by turns, half of the keys held. */
export async function mixed(bench: Bench): Promise<Section> {
  const reports = await flooded(bench, 'mixed', { pairs: bench.pairs, keys: bench.halfHeld });
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
async function asked(bench: Bench, amount: number, clients: number): Promise<Reports> {
  const { contenders, generator, pairs, rounds, seconds } = bench;
  const running: [Contender, Running][] = [];
  for (const contender of contenders) running.push([contender, await contender.start(pairs)]);
  const reports = new Map<string, LoadReport[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [{ name, ask }, target] of running) {
      reports.get(name)!.push(await load(target, { generator, mode: ask, keys: pairs, amount, seconds, clients }));
    }
  }
  await Promise.all(running.map(([, target]) => target.stop()));
  return reports;
}

async function flooded(
  { generator, rounds, seconds, ...bench }: Bench,
  mode: 'forward' | 'mixed',
  { pairs, keys = pairs, groups = false }: { pairs: string; keys?: string; groups?: boolean },
): Promise<Reports> {
  const contenders = bench.contenders.filter(({ forwards }) => forwards);
  const reports = new Map<string, LoadReport[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) {
      const options = { generator, mode, keys, amount: FLOODS_OUTSTANDING, seconds, clients: CLIENTS, groups };
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
