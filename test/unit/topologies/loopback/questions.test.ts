import { expect } from 'chai';
import { findTopology } from '../../../../topologies/graph/catalogue';
import { hopsFrom } from '../../../../topologies/graph/reach';
import { graphOfTopology, type Topology } from '../../../../topologies/graph/topology';
import { HELD_BY_ALL, markerOf, questionsFor } from '../../../../topologies/loopback/questions';

describe('the questions of a check', () => {
  it('of a small overlay are every key at every servent', () => {
    const questions = questionsFor(findTopology('line'));
    expect(questions).to.have.length(30);
    expect(new Set(questions.map(({ at, key }) => `${at} ${key}`))).to.have.length(30);
    expect(questions.find(({ at, key }) => at === 's1' && key === HELD_BY_ALL)!.expected).to.deep.equal(['s1', 's2', 's3', 's4']); // biome-ignore format: one sentence
    expect(questions.find(({ at, key }) => at === 's1' && key === markerOf('s5'))!.expected).to.deep.equal([]);
    expect(questions.find(({ at, key }) => at === 's5' && key === markerOf('s2'))!.expected).to.deep.equal(['s2']);
  });

  for (const name of ['small-world-100', 'scale-free-200', 'grid']) {
    it(`of ${name} are two a servent: what all hold, and its own key where it is heard from farthest`, () => {
      const topology = findTopology(name);
      const graph = graphOfTopology(topology);
      const names = topology.servents.map((servent) => servent.name);
      const questions = questionsFor(topology);
      expect(questions).to.have.length(2 * names.length);
      expect(questions.filter(({ key }) => key === HELD_BY_ALL).map(({ at }) => at)).to.deep.equal(names);
      for (const [holder, own] of names.entries()) {
        const { at, expected } = questions.find(({ key }) => key === markerOf(own))!;
        expect(expected).to.deep.equal([own]);
        const hops = names.map((_, contact) => hopsFrom(graph, contact).get(holder) ?? -1);
        expect(hops[names.indexOf(at)]).to.equal(Math.max(...hops));
      }
    });
  }

  it('of a large overlay tell a link too few or too many where all questions together would', () => {
    const grid = findTopology('grid', { servents: 25 });
    for (const [i, link] of grid.links.entries()) {
      const without = { ...grid, links: grid.links.filter((_, other) => other !== i) };
      expect(isTold(grid, without), `${link.from} ${link.to}`).to.equal(allReach(grid) !== allReach(without));
      const more = { ...grid, links: [...grid.links, { from: link.from, to: 's25' }] };
      expect(isTold(grid, more), `${link.from} s25`).to.equal(allReach(grid) !== allReach(more));
    }
  });
});

/** Would the real overlay `is`, held against the prediction of `meant`, answer some question otherwise? */
function isTold(meant: Topology, is: Topology): boolean {
  const expected = questionsFor(is).filter(({ key }) => key === HELD_BY_ALL);
  return questionsFor(meant)
    .filter(({ key }) => key === HELD_BY_ALL)
    .some((question, i) => question.expected.join() !== expected[i]!.expected.join());
}

/** Whom a question reaches, from everywhere. */
function allReach(topology: Topology): string {
  const graph = graphOfTopology(topology);
  return topology.servents.map((_, i) => [...hopsFrom(graph, i).keys()].sort((a, b) => a - b).join()).join(' ');
}
