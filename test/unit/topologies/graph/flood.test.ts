import { expect } from 'chai';
import { linkPaths, PERFECT_PATH } from '../../../../simulator/path';
import { drawFlood, drawTopology } from '../../../../topologies/draw';
import { findTopology } from '../../../../topologies/graph/catalogue';
import { type FloodOptions, flood } from '../../../../topologies/graph/flood';

const diamond = findTopology('diamond');

describe('a traced flood', () => {
  it('tells who heard when, over which link, and what became of each copy', () => {
    const queries = flood(diamond, options({ key: 'manet' })).filter(({ message }) => message === 'QUERY');
    expect(queries.map(({ atMs, from, to, ttl, copy }) => `${atMs} ${from} ${to} ${ttl} ${copy}`)).to.deep.equal([
      '6 s1 s3 3 first',
      '11 s3 s4 2 first',
      '16 s4 s5 1 first',
      '41 s1 s2 3 first',
      '81 s2 s5 2 higher',
      '86 s5 s4 1 duplicate',
      '86 s5 s6 1 first',
    ]);
  });

  it('asks the files of the topology: those who hold the key answer', () => {
    const responses = flood(diamond, options({ key: 'manet' })).filter(({ message }) => message === 'RESPONSE');
    expect(responses.map(({ from, to }) => `${from} ${to}`)).to.have.members([
      's1 client',
      's4 client',
      's5 client',
      's6 client',
    ]);
  });

  it('shows what is lost', () => {
    const path = { ...PERFECT_PATH, lossPercent: 100 };
    const steps = flood(diamond, options({ path }));
    expect(steps).to.deep.equal([
      { atMs: 0, message: 'CLIREQ', from: 'client', to: 's1', lost: true },
      { atMs: 4000, message: 'CLIREQ', from: 'client', to: 's1', lost: true },
    ]);
  });

  it('names a contact that is none', () => {
    expect(() => flood(diamond, options({ from: 's9' }))).to.throw('"s9"');
  });
});

describe('a picture', () => {
  it('of an overlay shows every servent and link, in colours for light and dark', async () => {
    const svg = await drawTopology(diamond);
    for (const { name } of diamond.servents) expect(svg).to.include(`<title>${name}</title>`);
    for (const { from, to } of diamond.links) expect(svg).to.include(`<title>${from}&#45;&gt;${to}</title>`);
    expect(svg).to.match(/prefers-color-scheme: dark/);
    expect(svg).to.include('40 ms');
  });

  it('of two hundred servents has them all', async () => {
    const topology = findTopology('scale-free-200');
    const svg = await drawTopology(topology);
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

  it('of names and keys with quotes, backslashes and markup is still a picture', async () => {
    const topology = { ...diamond, name: 'a "b" \\n <c>&', about: 'x\\' };
    expect(await drawTopology(topology)).to.include('a &quot;b&quot; \\n &lt;c&gt;&amp;');
  });
});

function options(changes: Partial<FloodOptions>): FloodOptions {
  const path = changes.path ?? PERFECT_PATH;
  const paths = linkPaths(diamond.links, path);
  return { from: 's1', key: 'tcpmux', seed: 1, literal: false, path, paths, ...changes };
}
