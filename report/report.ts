/** Everything in the report that is measured: which experiments, how large, from which seed; and the files that come of it. */

import { figuresOf } from './all-figures';
import { drawFigure } from './draw-figure';
import { EXPERIMENTS, type Numbers } from './experiments';
import { floodPicture } from './flood-picture';

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

/** JSON with a row a line, so that a change of one number is a change of one line. */
function formatNumbers(results: readonly [string, object | undefined, readonly object[]][]): string {
  const experiments = results.map(([name, sizes, rows]) => {
    const lines = rows.map((row) => `      ${JSON.stringify(row)}`).join(',\n');
    const head = sizes ? `"sizes": ${JSON.stringify(sizes)},\n    ` : '';
    return `  ${JSON.stringify(name)}: {\n    ${head}"rows": [\n${lines}\n    ]\n  }`;
  });
  return `{\n${experiments.join(',\n')}\n}\n`;
}
