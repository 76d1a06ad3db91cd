/** Asks many questions of one simulated overlay, one after the other, and measures what each of them reached and cost. */

import { parseKeyValueFile } from '../../servent/key-value-file';
import { PairTable } from '../../servent/pair-table';
import { typeOf } from '../../shared/wire/overlay/header';
import { QUERY } from '../../shared/wire/overlay/query';
import type { Path } from '../../simulator/path';
import { Random } from '../../simulator/random';
import type { Graph } from '../graph/graph';
import { answerers } from '../graph/reach';
import { SimulatedOverlay } from './overlay';

export interface ExperimentOptions {
  graph: Graph;
  questions: number;
  /** Decides who holds the key, who is asked, and everything that happens on the way. */
  seed: number;
  path: Path;
  /** Of each link, where links differ. */
  paths?: readonly Path[];
  literal: boolean;
  /** Servents of a hundred that hold the key. */
  heldPercent: number;
}

/** What one question reached and cost. */
export interface Measurement {
  /** Who holds the key within three hops of the contact. */
  within: number;
  /** Who answered. */
  answered: number;
  /** CLIREQs sent: 1 or 2. */
  asked: number;
  /** Datagrams sent by anybody, and their bytes (of UDP's payload). */
  datagrams: number;
  bytes: number;
  /** QUERYs delivered, and those of them that were not the first to their servent. */
  queries: number;
  duplicates: number;
  /** Milliseconds from the question to its first and last answer; undefined when there was none. */
  firstMs: number | undefined;
  lastMs: number | undefined;
}

const KEY = Buffer.from('key');

/** Asks at random servents, and gives each question's measurement when the network is quiet again. */
export function* measure(options: ExperimentOptions): Generator<Measurement> {
  const { graph, questions, seed, heldPercent, ...network } = options;
  const random = new Random(seed);
  const holds = Array.from({ length: graph.size }, () => random.chance(heldPercent));
  const tables = { held: parseKeyValueFile(Buffer.from('key\tvalue')).pairs, empty: new PairTable() };
  const counts = { datagrams: 0, bytes: 0, queries: 0, duplicates: 0 };
  /** For each servent, the last question that it heard. */
  const heard = new Int32Array(graph.size).fill(-1);
  let question = -1;
  const simulated = new SimulatedOverlay({
    ...network,
    graph,
    seed: random.word(),
    pairs: (servent) => (holds[servent] ? tables.held : tables.empty),
    observers: [
      {
        sent(datagram) {
          counts.datagrams++;
          counts.bytes += datagram.length;
        },
        received(servent, datagram) {
          if (typeOf(datagram) === QUERY) {
            counts.queries++;
            if (heard[servent] === question) counts.duplicates++;
          }
          heard[servent] = question;
        },
      },
    ],
  });
  for (question = 0; question < questions; question++) {
    Object.assign(counts, { datagrams: 0, bytes: 0, queries: 0, duplicates: 0 });
    const contact = random.below(graph.size);
    const asked = simulated.ask({ contact, key: KEY });
    simulated.run();
    const { answers, summary } = asked;
    yield {
      within: answerers(graph, contact, (servent) => holds[servent]!).length,
      answered: answers.length,
      asked: summary!.asked,
      ...counts,
      firstMs: answers[0]?.ms,
      lastMs: answers.at(-1)?.ms,
    };
  }
}

/** Many measurements as one row of numbers. */
export interface Result {
  questions: number;
  /** Answers of a hundred that there should have been. */
  reachPercent: number;
  /** The same, had the client not asked once more where nothing came. */
  reachAskedOncePercent: number;
  /** The following four: means over the questions. */
  answers: number;
  queries: number;
  datagrams: number;
  bytes: number;
  /** Of a hundred QUERYs delivered, those that were not the first to their servent. */
  duplicatesPercent: number;
  /** Of the questions that were answered: the median, and what 90 and 99 of a hundred stay below. */
  firstMsP50: number | undefined;
  firstMsP90: number | undefined;
  firstMsP99: number | undefined;
  lastMsP50: number | undefined;
  lastMsP90: number | undefined;
  lastMsP99: number | undefined;
}

/** All questions of an overlay as one row: shares and means, and the spread of the times. */
export function summarize(measurements: readonly Measurement[]): Result {
  const total = (of: (one: Measurement) => number) => measurements.reduce((sum, one) => sum + of(one), 0);
  const mean = (of: (one: Measurement) => number) => rounded(total(of) / measurements.length);
  const share = (part: number, whole: number) => (whole === 0 ? 100 : rounded((100 * part) / whole));
  const within = total((one) => one.within);
  const queries = total((one) => one.queries);
  const first = ascending(measurements.map((one) => one.firstMs));
  const last = ascending(measurements.map((one) => one.lastMs));
  return {
    questions: measurements.length,
    reachPercent: share(
      total((one) => one.answered),
      within,
    ),
    reachAskedOncePercent: share(
      total((one) => (one.asked === 1 ? one.answered : 0)),
      within,
    ),
    answers: mean((one) => one.answered),
    queries: mean((one) => one.queries),
    datagrams: mean((one) => one.datagrams),
    bytes: mean((one) => one.bytes),
    duplicatesPercent: queries === 0 ? 0 : share(total((one) => one.duplicates), queries), // biome-ignore format: as above
    firstMsP50: percentile(first, 50),
    firstMsP90: percentile(first, 90),
    firstMsP99: percentile(first, 99),
    lastMsP50: percentile(last, 50),
    lastMsP90: percentile(last, 90),
    lastMsP99: percentile(last, 99),
  };
}

function ascending(values: readonly (number | undefined)[]): number[] {
  return values.filter((value) => value !== undefined).sort((a, b) => a - b);
}

/** The least value that so many of a hundred do not exceed. */
function percentile(sorted: readonly number[], percent: number): number | undefined {
  const value = sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
  return value === undefined ? undefined : rounded(value);
}

/** Two decimals are more than any of these numbers means. */
function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
