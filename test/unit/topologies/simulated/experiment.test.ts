import { expect } from 'chai';
import { linkPaths, PERFECT_PATH } from '../../../../simulator/path';
import { findTopology } from '../../../../topologies/graph/catalogue';
import { graphOfTopology } from '../../../../topologies/graph/topology';
import { type ExperimentOptions, measure, summarize } from '../../../../topologies/simulated/experiment';

describe('an experiment', () => {
  it('on a line costs one QUERY a servent reached and one RESPONSE a holder', () => {
    for (const one of measure(options('line', { questions: 20 }))) {
      expect(one.duplicates).to.equal(0);
      expect(one.queries).to.equal(one.within - 1);
      expect(one.datagrams).to.equal(1 + one.queries + one.answered);
      expect(one.answered).to.equal(one.within);
      // CLIREQ, then RESPONSE: one millisecond each way.
      expect(one.firstMs).to.equal(2);
    }
  });

  it('on a full mesh of six costs 25 QUERYs, 20 of them duplicates', () => {
    const result = summarize([...measure(options('mesh', { questions: 5 }))]);
    // The contact sends 5, each of those 4 more, none of which is forwarded: all have heard.
    expect(result).to.deep.include({ queries: 25, duplicatesPercent: 80, answers: 6, datagrams: 1 + 25 + 6 });
  });

  it('shows what the bare rule misses on the diamond', () => {
    expect(summarize([...measure(options('diamond', { questions: 60 }))]).reachPercent).to.equal(100);
    expect(summarize([...measure(options('diamond', { literal: true, questions: 60 }))]).reachPercent).to.be.within(
      80,
      99,
    );
  });

  it('tells what the retransmission is worth under loss', () => {
    const path = { ...PERFECT_PATH, lossPercent: 30 };
    const { reachPercent, reachAskedOncePercent } = summarize([...measure(options('ring', { questions: 300, path }))]);
    expect(reachPercent).to.be.within(30, 70);
    expect(reachAskedOncePercent).to.be.below(reachPercent);
  });

  it('gives the same for the same seed, another for another', () => {
    const run = (seed: number) => [...measure(options('small-world-100', { questions: 10, seed, heldPercent: 30 }))];
    expect(run(5)).to.deep.equal(run(5));
    expect(run(5)).not.to.deep.equal(run(6));
  });

  it('has no times where nobody holds the key', () => {
    const result = summarize([...measure(options('ring', { heldPercent: 0, questions: 3 }))]);
    expect(result).to.deep.include({ reachPercent: 100, answers: 0, firstMsP50: undefined, lastMsP99: undefined });
  });
});

function options(overlay: string, changes: Partial<ExperimentOptions>): ExperimentOptions {
  const topology = findTopology(overlay);
  const path = changes.path ?? PERFECT_PATH;
  return {
    graph: graphOfTopology(topology),
    questions: 1,
    seed: 1,
    path,
    paths: linkPaths(topology.links, path),
    literal: false,
    heldPercent: 100,
    ...changes,
  };
}
