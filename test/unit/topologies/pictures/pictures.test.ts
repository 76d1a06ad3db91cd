import { expect } from 'chai';
import { linkPaths, PERFECT_PATH } from '../../../../simulator/path';
import { findTopology } from '../../../../topologies/graph/catalogue';
import { drawFlood } from '../../../../topologies/pictures/draw-flood';
import { drawOverlay } from '../../../../topologies/pictures/draw-overlay';
import { type FloodOptions, flood } from '../../../../topologies/simulated/flood';

const diamond = findTopology('diamond');

describe('a picture', () => {
  it('of an overlay shows every servent and link, in colours for light and dark', async () => {
    const svg = await drawOverlay(diamond);
    for (const { name } of diamond.servents) expect(svg).to.include(`<title>${name}</title>`);
    for (const { from, to } of diamond.links) expect(svg).to.include(`<title>${from}&#45;&gt;${to}</title>`);
    expect(svg).to.match(/prefers-color-scheme: dark/);
    expect(svg).to.include('40 ms');
  });

  it('has a background, and fonts that every system has', async () => {
    const svg = await drawOverlay(diamond);
    expect(svg)
      .to.match(/<polygon fill="white" stroke="none"/)
      .and.include('.graph > polygon { fill: #0d1117; }');
    expect(svg).not.to.include('Courier');
  });

  it('leaves its caption room in the widest of usual fonts', async () => {
    const svg = await drawOverlay(diamond);
    const [, left, width] = /viewBox="([-\d.]+) [-\d.]+ ([\d.]+)/.exec(svg)!.map(Number);
    // DejaVu Sans takes 0.56 of its size for a letter of running text.
    const needed = diamond.about.length * 11 * 0.56;
    expect(left).to.equal(0);
    expect(width).to.be.greaterThan(needed);
  });

  it('of a line is straight', async () => {
    const svg = await drawOverlay(findTopology('line'));
    expect(new Set([...svg.matchAll(/<ellipse[^>]* cy="([-\d.]+)"/g)].map((match) => match[1]))).to.have.length(1);
  });

  it('of two hundred servents has them all', async () => {
    const topology = findTopology('scale-free-200');
    const svg = await drawOverlay(topology);
    expect(svg.match(/class="node"/g)).to.have.length(200);
  });

  it('of a flood tells first copies, duplicates and higher ones apart, and who never heard', async () => {
    const line = findTopology('line');
    expect(await drawFlood(line, flood(line, options({})), 'tcpmux')).to.match(
      /class="node unreached"(.|\n)*<title>s5<\/title>/,
    );
    const svg = await drawFlood(diamond, flood(diamond, options({})), 'tcpmux');
    expect(svg.match(/class="edge first"/g)).to.have.length(5);
    expect(svg.match(/class="edge duplicate"/g)).to.have.length(1);
    expect(svg.match(/class="edge higher"/g)).to.have.length(1);
    expect(svg).to.include('6 of 6 servents heard');
  });

  it('of a question asked twice draws each way once, and says so', async () => {
    const steps = flood(diamond, options({ key: 'held-by-nobody' }));
    const svg = await drawFlood(diamond, steps, 'held-by-nobody');
    expect(svg.match(/class="edge first"/g)).to.have.length(5);
    expect(svg.match(/class="edge duplicate"/g)).to.have.length(1);
    expect(svg.match(/class="edge higher"/g)).to.have.length(1);
    expect(svg).to.include('asked 2 times').and.to.include('0 answered');
  });

  it('of names and keys with quotes, backslashes and markup is still a picture', async () => {
    const topology = { ...diamond, name: 'a "b" \\n <c>&', about: 'x\\' };
    expect(await drawOverlay(topology)).to.include('a &quot;b&quot; \\n &lt;c&gt;&amp;');
  });
});

function options(changes: Partial<FloodOptions>): FloodOptions {
  const path = changes.path ?? PERFECT_PATH;
  const paths = linkPaths(diamond.links, path);
  return { from: 's1', key: 'tcpmux', seed: 1, literal: false, path, paths, ...changes };
}
