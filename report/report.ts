/** Everything in the report that is measured: which experiments, how large, from which seed; and the files that come of it. */

import { figuresOf } from './all-figures';
import { drawFigure } from './draw-figure';
import { degreeExperiment } from './experiments/degree';
import { delaySpreadExperiment } from './experiments/delay-spread';
import { leastCostExperiment } from './experiments/least-cost';
import { lossExperiment } from './experiments/loss';
import { sizeExperiment } from './experiments/size';
import { ttlExperiment } from './experiments/ttl';
import { floodPicture } from './flood-picture';

const SEED = 1;
const TENTHS = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100];

const EXPERIMENTS = {
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

/** Texts by path, relative to the folder of the report; the same bytes every time. `progress` hears what is being done. */
export async function makeReport(progress: (what: string) => void): Promise<Map<string, string>> {
  const results: [name: string, sizes: object | undefined, rows: readonly object[]][] = [];
  for (const [name, { sizes, run }] of Object.entries(EXPERIMENTS)) {
    progress(name);
    results.push([name, sizes, run()]);
  }
  const files = new Map([['figures.json', formatNumbers(results)]]);
  files.set('figures/flood.svg', await floodPicture());
  const numbers = Object.fromEntries(results.map(([name, , rows]) => [name, rows])) as unknown as Numbers;
  for (const figure of figuresOf(numbers)) {
    progress(figure.name);
    files.set(`figures/${figure.name}.svg`, await drawFigure(figure));
  }
  return files;
}

function sized<Sizes, Row>(experiment: (sizes: Sizes) => Row[], sizes: Sizes): { sizes: Sizes; run: () => Row[] } {
  return { sizes, run: () => experiment(sizes) };
}

/** JSON with a row a line, so that a change of one number is a change of one line. */
function formatNumbers(results: readonly [string, object | undefined, readonly object[]][]): string {
  const experiments = results.map(([name, sizes, rows]) => {
    const lines = rows.map((row) => `      ${JSON.stringify(row)}`).join(',\n');
    const head = sizes ? `"sizes": ${JSON.stringify(sizes)},\n    ` : '';
    return `  ${JSON.stringify(name)}: {\n    ${head}"rows": [\n${lines}\n    ]\n  }`;
  });
  return `{\n${experiments.join(',\n')}\n}\n`;
}
