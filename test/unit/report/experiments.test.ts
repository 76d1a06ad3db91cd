/** Experiments whose numbers are known by hand. */

import { expect } from 'chai';
import { degreeExperiment, reachBound } from '../../../report/experiments/degree';
import { delaySpreadExperiment, floodAll } from '../../../report/experiments/delay-spread';
import { costOf } from '../../../report/experiments/least-cost';
import { askWithLoss, lossExperiment } from '../../../report/experiments/loss';
import { sizeExperiment } from '../../../report/experiments/size';
import { predictFlood, ttlExperiment } from '../../../report/experiments/ttl';
import { Floods } from '../../../report/floods';
import { constant, PERFECT_PATH } from '../../../simulator/path';
import { findTopology } from '../../../topologies/graph/catalogue';
import { generate, graphOfShape } from '../../../topologies/graph/generators';

const graphOf = (kind: string, servents: number) => graphOfShape(generate(kind, { servents }));

describe('the report', () => {
  it('counts a flood down a line: a servent and a QUERY for each hop', () => {
    const floods = new Floods(graphOf('line', 9), { seed: 1 });
    expect(floods.ask(0)).to.deep.equal({ reached: 4, queries: 3 });
    expect(floods.ask(4)).to.deep.equal({ reached: 7, queries: 6 });
    for (const ttl of [0, 1, 2]) {
      expect(floods.askWithTtl(0, ttl)).to.deep.equal({ reached: 1 + ttl, queries: ttl });
      expect(floods.askWithTtl(4, ttl)).to.deep.equal({ reached: 1 + 2 * ttl, queries: 2 * ttl });
    }
  });

  it('predicts what the real cores do up to ttl 3', () => {
    for (const kind of ['line', 'ring', 'grid', 'random-regular', 'small-world', 'scale-free']) {
      const graph = graphOf(kind, 30);
      const floods = new Floods(graph, { seed: 1 });
      for (let contact = 0; contact < graph.size; contact++) {
        for (const ttl of [0, 1, 2]) {
          expect(floods.askWithTtl(contact, ttl), `${kind}, ttl ${ttl}`).to.deep.equal(
            predictFlood(graph, contact, ttl),
          );
        }
        expect(floods.ask(contact), kind).to.deep.equal(predictFlood(graph, contact, 3));
      }
    }
  });

  it('takes every ttl, and says which are predicted', () => {
    const rows = ttlExperiment({ servents: 25, contacts: 5, ttlMax: 10, seed: 3 });
    expect(rows).to.have.length(4 * 11);
    for (const row of rows) expect(row.source).to.equal(row.ttl <= 3 ? 'servents' : 'prediction');
    expect(
      rows.filter(({ ttl }) => ttl === 0).every(({ reached, queries }) => reached === 1 && queries === 0),
    ).to.equal(true);
    // A grid of 25 is 8 hops across at most: then all have heard, each servent but the contact has sent to all but one.
    expect(rows.at(-1)).to.deep.equal({
      overlay: 'grid',
      ttl: 10,
      source: 'prediction',
      reached: 25,
      reachedPercent: 100,
      queries: 80 - 24,
    });
  });

  it('bounds reach by the tree of a degree, and reaches the whole of a small mesh', () => {
    expect(degreeExperiment({ servents: 40, degrees: [2], contacts: 3, seed: 1 })[0]!.reachBound).to.equal(7);
    // Everybody of 11 knows everybody: the contact sends 10, each of those 9 more.
    expect(degreeExperiment({ servents: 11, degrees: [10], contacts: 2, seed: 1 })).to.deep.equal([
      { degree: 10, reached: 11, queries: 100, reachBound: 11 },
    ]);
    expect([2, 3, 4, 10].map(reachBound)).to.deep.equal([7, 22, 53, 911]);
  });

  it('reaches the same in a large grid whatever its size, and less at its edges', () => {
    const grids = sizeExperiment({ sizes: [9, 2500], contacts: 50, seed: 1 }).filter(
      ({ overlay }) => overlay === 'grid',
    );
    // Two steps lead from the middle of nine to any of them, three from the side, four from one corner to the other.
    expect(grids[0]!.reached).to.be.within(8, 9);
    // Within three steps of a servent far from the edge are 25, itself among them.
    expect(grids[1]!.reached).to.be.within(22, 25);
    expect(grids[1]!.reachedPercent).to.be.closeTo(1, 0.15);
  });

  it('gets every answer without loss and none when all is lost, and as many as theory says in between', () => {
    const line = graphOf('line', 4);
    const ask = (lossPercent: number) => askWithLoss(line, { lossPercent, questions: 2000, seed: 7, oneHolder: true });
    expect(ask(0)).to.deep.equal({ oncePercent: 100, twicePercent: 100 });
    expect(ask(100)).to.deep.equal({ oncePercent: 0, twicePercent: 0 });
    const rows = lossExperiment({ servents: 30, degree: 4, lossPercents: [20], questions: 2000, seed: 7 });
    // 0.8 to the power of 5, once and in two tries.
    expect(rows[0]).to.include({ onceExpected: 32.77, twiceExpected: 54.8 });
    expect(rows[0]!.oncePercent).to.be.closeTo(32.77, 4);
    expect(rows[0]!.twicePercent).to.be.closeTo(54.8, 4);
    expect(rows[1]!).not.to.have.property('onceExpected');
  });

  it('sees the bare rule miss who is behind the diamond, and the rule of the higher ttl pay one QUERY for it', () => {
    const shape = generate('diamond', {});
    const graph = graphOfShape(shape);
    const paths = shape.delaysMs!.map((ms) => ({ ...PERFECT_PATH, delay: constant(ms) }));
    expect(floodAll(graph, [0], { paths, rule: 'bare rule' })).to.deep.equal([{ within: 6, reached: 5, queries: 5 }]);
    expect(floodAll(graph, [0], { paths, rule: 'higher ttl' })).to.deep.equal([{ within: 6, reached: 6, queries: 7 }]);
  });

  it('sees nobody missed while three fast hops take longer than two slow ones', () => {
    const sizes = { servents: 36, spreadPercents: [0, 19, 100], overlays: 2, contacts: 20, seed: 1 };
    const rows = delaySpreadExperiment(sizes);
    for (const row of rows) {
      const mayMiss = row.rule === 'bare rule' && row.spreadPercent === 100;
      if (!mayMiss) expect(row.missingFloodsPercent, JSON.stringify(row)).to.equal(0);
      if (row.spreadPercent < 20) expect(row.queriesMorePercent, JSON.stringify(row)).to.equal(0);
    }
    const missed = rows.filter(({ rule, spreadPercent }) => rule === 'bare rule' && spreadPercent === 100);
    expect(missed.some(({ missedServentsPercent }) => missedServentsPercent > 0)).to.equal(true);
  });

  it('finds the least cost in a line, and how far from it a ring and a mesh are', () => {
    // From its ends a line of five reaches 4, from within all 5.
    expect(costOf(findTopology('line'))).to.deep.equal({
      topology: 'line',
      servents: 5,
      reached: 4.6,
      queries: 3.6,
      queriesLeast: 3.6,
      datagrams: 9.2,
      datagramsLeast: 9.2,
      queriesRatio: 1,
    });
    // Two copies meet on the far side of a ring of six; in a mesh of six five send to four each what those have heard.
    expect(costOf(findTopology('ring'))).to.include({ reached: 6, queries: 6, queriesLeast: 5, queriesRatio: 1.2 });
    expect(costOf(findTopology('mesh'))).to.include({ reached: 6, queries: 25, queriesLeast: 5, queriesRatio: 5 });
  });
});
