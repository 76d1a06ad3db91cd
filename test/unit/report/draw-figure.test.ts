import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { colour, drawFigure, type Figure } from '../../../report/draw-figure';
import { packageFolder } from '../../../shared/program/package-folder';

const FIGURES = join(packageFolder(), 'report', 'figures');

const FIGURE: Figure = {
  name: 'tiny',
  title: 'Cost & reach',
  sentence: 'Cost < reach.',
  width: 200,
  panels: [
    {
      data: { values: [{ a: 1, b: 1 / 3 }] },
      mark: 'point',
      encoding: {
        x: { field: 'a', type: 'quantitative', title: 'ttl (hops)' },
        y: { field: 'b', type: 'quantitative', title: 'QUERYs (datagrams)' },
      },
    },
  ],
};

describe('a figure', () => {
  it('says what it is and what to see, to those who cannot see it too', async () => {
    const svg = await drawFigure(FIGURE);
    expect(svg).to.match(/^<svg [^>]*role="img">\n<title>Cost &amp; reach<\/title>\n<desc>Cost &lt; reach.<\/desc>\n/);
    for (const title of ['ttl (hops)', 'QUERYs (datagrams)']) expect(svg).to.include(`>${title}</text>`);
  });

  it('has another colour on a dark page for each that it is drawn with', async () => {
    // The flood is drawn by Graphviz, with colours of its own for both.
    const names = readdirSync(FIGURES).filter((name) => name !== 'flood.svg');
    const drawn = names.map((name) => readFileSync(join(FIGURES, name), 'utf8'));
    expect(drawn).to.have.length(6);
    for (const svg of [await drawFigure(FIGURE), ...drawn]) {
      const dark = /<style>@media \(prefers-color-scheme:dark\)\{(.*)\}<\/style>/.exec(svg)![1]!;
      const colours = svg.slice(svg.indexOf('</style>')).matchAll(/(?:fill|stroke)="#[^"]*"/g);
      const used = [...new Set([...colours].map(([attribute]) => `[${attribute}]`))];
      expect(used).to.include(`[fill="${colour('ground')}"]`);
      expect(used.filter((selector) => !dark.includes(selector))).to.deep.equal([]);
    }
  });

  it('is the same bytes every time', async () => {
    expect(await drawFigure(FIGURE)).to.equal(await drawFigure(FIGURE));
  });
});
