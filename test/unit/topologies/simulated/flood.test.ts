import { expect } from 'chai';
import { linkPaths, PERFECT_PATH } from '../../../../simulator/path';
import { findTopology } from '../../../../topologies/graph/catalogue';
import { type FloodOptions, flood } from '../../../../topologies/simulated/flood';

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

  it('of a key that nobody has is two floods, for the client asks twice: each copy is held against its own', () => {
    const queries = flood(diamond, options({ key: 'held-by-nobody' })).filter(({ message }) => message === 'QUERY');
    const copies = (flood: number) =>
      queries.filter((step) => step.flood === flood).map(({ from, to, ttl, copy }) => `${from} ${to} ${ttl} ${copy}`);
    expect(copies(1)).to.deep.equal([
      's1 s3 3 first',
      's3 s4 2 first',
      's4 s5 1 first',
      's1 s2 3 first',
      's2 s5 2 higher',
      's5 s4 1 duplicate',
      's5 s6 1 first',
    ]);
    expect(copies(2)).to.deep.equal(copies(1));
    expect(queries).to.have.length(14);
  });

  it('names a contact that is none', () => {
    expect(() => flood(diamond, options({ from: 's9' }))).to.throw('"s9"');
  });
});

function options(changes: Partial<FloodOptions>): FloodOptions {
  const path = changes.path ?? PERFECT_PATH;
  const paths = linkPaths(diamond.links, path);
  return { from: 's1', key: 'tcpmux', seed: 1, literal: false, path, paths, ...changes };
}
