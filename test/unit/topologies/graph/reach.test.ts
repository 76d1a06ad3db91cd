import { expect } from 'chai';
import { generate, graphOfShape } from '../../../../topologies/graph/generators';
import { answerers, hopsFrom } from '../../../../topologies/graph/reach';

describe('reach', () => {
  it('counts hops along a line, three at most', () => {
    const line = graphOfShape(generate('line', { servents: 6 }));
    expect([...hopsFrom(line, 1)]).to.deep.equal([
      [1, 0],
      [0, 1],
      [2, 1],
      [3, 2],
      [4, 3],
    ]);
    expect(hopsFrom(line, 0, 1).size).to.equal(2);
  });

  it('counts the shortest way, and follows one-way links one way', () => {
    expect(hopsFrom(graphOfShape(generate('ring', { servents: 6 })), 0).get(4)).to.equal(2);
    expect([...hopsFrom(graphOfShape(generate('directed-ring', { servents: 6 })), 4).keys()]).to.deep.equal([
      4, 5, 0, 1,
    ]);
  });

  it('predicts who answers: those within reach who hold the key', () => {
    const line = graphOfShape(generate('line', { servents: 6 }));
    expect(answerers(line, 5, (servent) => servent !== 4)).to.deep.equal([2, 3, 5]);
  });
});
