/** What loss takes, and what the client's one retransmission gives back. */

import { ANSWER_WAIT_MS } from '../../client/core';
import { PairTable } from '../../servent/pair-table';
import { PERFECT_PATH } from '../../simulator/path';
import { Random } from '../../simulator/random';
import { generate, graphOfShape } from '../../topologies/graph/generators';
import type { Graph } from '../../topologies/graph/graph';
import { HOPS_MAX, hopsFrom } from '../../topologies/graph/reach';
import { SimulatedOverlay } from '../../topologies/simulated/overlay';
import { HOLDER, KEY } from '../floods';
import { percent, range, rounded } from '../numbers';

export const LOSS_CASES = ['line, one holder', 'random regular, one holder', 'random regular, all hold'] as const;

export interface LossRow {
  case: (typeof LOSS_CASES)[number];
  /** Of each datagram, on every way, the client's too. */
  lossPercent: number;
  /** Answers of a hundred that there should have been: those of the first CLIREQ, and all. */
  oncePercent: number;
  twicePercent: number;
  /** The same in theory, where there is only one way. */
  onceExpected?: number;
  twiceExpected?: number;
}

export interface LossSizes {
  servents: number;
  degree: number;
  lossPercents: readonly number[];
  questions: number;
  seed: number;
}

/** CLIREQ, three QUERYs and RESPONSE, when the holder is three hops away. */
const DATAGRAMS_IN_A_ROW = HOPS_MAX + 2;

export function lossExperiment({ servents, degree, lossPercents, questions, seed }: LossSizes): LossRow[] {
  const line = graphOfShape(generate('line', { servents: HOPS_MAX + 1 }));
  const regular = graphOfShape(generate('random-regular', { servents, degree, seed }));
  const graphs = [line, regular, regular];
  return LOSS_CASES.flatMap((name, i) =>
    lossPercents.map((lossPercent) => {
      const oneHolder = name !== 'random regular, all hold';
      const shares = askWithLoss(graphs[i]!, { lossPercent, questions, seed, oneHolder });
      return { case: name, lossPercent, ...shares, ...(graphs[i] === line ? expectedInLine(lossPercent) : {}) };
    }),
  );
}

export interface LossyQuestions {
  lossPercent: number;
  questions: number;
  seed: number;
  /** Does one servent hold the key, three hops from the contact? Else all do. */
  oneHolder: boolean;
}

export function askWithLoss(graph: Graph, options: LossyQuestions): Pick<LossRow, 'oncePercent' | 'twicePercent'> {
  const { lossPercent, questions, seed, oneHolder } = options;
  const none = new PairTable();
  const overlay = new SimulatedOverlay({
    graph,
    seed,
    path: { ...PERFECT_PATH, lossPercent },
    pairs: () => (oneHolder ? none : HOLDER),
  });
  const random = new Random(seed);
  let [expected, once, twice] = [0, 0, 0];
  for (let i = 0; i < questions; i++) {
    const { contact, within, furthest } = contactWithFarServents(graph, random);
    const holder = furthest[random.below(furthest.length)]!;
    if (oneHolder) overlay.coreOf(holder)!.pairs = HOLDER;
    const { answers } = overlay.ask({ contact, key: KEY });
    overlay.run();
    if (oneHolder) overlay.coreOf(holder)!.pairs = none;
    expected += oneHolder ? 1 : within;
    // Answers take milliseconds: what comes later than the first wait is an answer to the second CLIREQ.
    once += answers.filter(({ ms }) => ms < ANSWER_WAIT_MS).length;
    twice += answers.length;
  }
  return { oncePercent: percent(once, expected), twicePercent: percent(twice, expected) };
}

/** A random contact that has servents three hops away. */
function contactWithFarServents(graph: Graph, random: Random): { contact: number; within: number; furthest: number[] } {
  for (;;) {
    const contact = random.below(graph.size);
    const hops = hopsFrom(graph, contact);
    const furthest = range(graph.size).filter((servent) => hops.get(servent) === HOPS_MAX);
    if (furthest.length > 0) return { contact, within: hops.size, furthest };
  }
}

/** All datagrams in a row must arrive; if one does not, nothing comes, and there is a second try. */
function expectedInLine(lossPercent: number): Pick<LossRow, 'onceExpected' | 'twiceExpected'> {
  const once = (1 - lossPercent / 100) ** DATAGRAMS_IN_A_ROW;
  return { onceExpected: rounded(100 * once), twiceExpected: rounded(100 * (1 - (1 - once) ** 2)) };
}
