/** The experiments of the report, each with its sizes and seed. */

import { degreeExperiment } from './experiments/degree';
import { delaySpreadExperiment } from './experiments/delay-spread';
import { leastCostExperiment } from './experiments/least-cost';
import { lossExperiment } from './experiments/loss';
import { sizeExperiment } from './experiments/size';
import { ttlExperiment } from './experiments/ttl';

const SEED = 1;
const TENTHS = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100];

export const EXPERIMENTS = {
  ttl: sized(ttlExperiment, { servents: 1024, contacts: 200, ttlMax: 10, seed: SEED }),
  degree: sized(degreeExperiment, {
    servents: 1024,
    degrees: [2, 3, 4, 5, 6, 7, 8, 9, 10],
    contacts: 200,
    seed: SEED,
  }),
  size: sized(sizeExperiment, {
    sizes: [16, 36, 64, 144, 256, 576, 1024, 2500, 4900, 10_000],
    contacts: 500,
    seed: SEED,
  }),
  loss: sized(lossExperiment, {
    servents: 100,
    degree: 6,
    lossPercents: [0, 1, 2, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50],
    questions: 1000,
    seed: SEED,
  }),
  'delay-spread': sized(delaySpreadExperiment, {
    servents: 196,
    spreadPercents: TENTHS,
    overlays: 20,
    contacts: 25,
    seed: SEED,
  }),
  'least-cost': sized(leastCostExperiment, undefined),
};

/** What each experiment found. */
export type Numbers = { [Name in keyof typeof EXPERIMENTS]: ReturnType<(typeof EXPERIMENTS)[Name]['run']> };

function sized<Sizes, Row>(experiment: (sizes: Sizes) => Row[], sizes: Sizes): { sizes: Sizes; run: () => Row[] } {
  return { sizes, run: () => experiment(sizes) };
}
