import { expect } from 'chai';
import fc from 'fast-check';
import { OperatorError } from '../../../../shared/errors';
import { NEIGHBOURS_MAX } from '../../../../shared/wire/overlay/query';
import { generate, graphOfShape, KINDS } from '../../../../topologies/graph/generators';
import { type Graph, neighboursOf } from '../../../../topologies/graph/graph';
import { hopsFrom } from '../../../../topologies/graph/reach';

describe('generators', () => {
  for (const kind of KINDS.keys()) {
    it(`make a ${kind} that keeps the limits, whatever the sizes`, () => {
      fc.assert(
        fc.property(fc.nat(40), fc.option(fc.nat(10), { nil: undefined }), fc.nat(), (servents, degree, seed) => {
          const graph = made(kind, { servents, degree, seed });
          if (!graph) return;
          expect(graph.size).to.equal(servents);
          for (let servent = 0; servent < servents; servent++) {
            const neighbours = neighboursOf(graph, servent);
            expect(new Set(neighbours)).to.have.length(neighbours.length);
            expect(neighbours.length).to.be.at.most(NEIGHBOURS_MAX);
            expect(neighbours).not.to.include(servent);
            if (kind === 'directed-ring') continue;
            for (const neighbour of neighbours) expect(neighboursOf(graph, neighbour)).to.include(servent);
          }
        }),
        { numRuns: 200 },
      );
    });
  }

  it('give every servent of a random regular overlay the degree asked for, dense ones too', () => {
    for (const [servents, degree] of [
      [50, 4],
      [7, 6],
      [11, 10],
      [12, 10],
      [20, 9],
      [9, 2],
      [5, 0],
    ] as const) {
      const graph = graphOfShape(generate('random-regular', { servents, degree, seed: 7 }));
      expect(degrees(graph)).to.deep.equal(Array(servents).fill(degree));
    }
  });

  it('make the same of the same seed, and another of another', () => {
    for (const kind of ['random-regular', 'small-world', 'scale-free']) {
      expect(generate(kind, { seed: 3 })).to.deep.equal(generate(kind, { seed: 3 }));
      expect(generate(kind, { seed: 3 })).not.to.deep.equal(generate(kind, { seed: 4 }));
    }
  });

  it('join all servents of every kind of usual size', () => {
    for (const kind of KINDS.keys()) {
      const graph = graphOfShape(generate(kind, {}));
      expect(hopsFrom(graph, 0, Number.POSITIVE_INFINITY).size, kind).to.equal(graph.size);
    }
  });

  it('prefer those who know many in a scale-free overlay: a few know ten, most know few', () => {
    const counts = degrees(graphOfShape(generate('scale-free', { servents: 200 })));
    expect(counts.filter((count) => count === NEIGHBOURS_MAX).length).to.be.within(5, 60);
    expect(counts.filter((count) => count <= 3).length).to.be.greaterThan(100);
  });

  it('make rows and columns of a grid, and children of a tree', () => {
    const grid = graphOfShape(generate('grid', { servents: 7 }));
    expect(neighboursOf(grid, 4)).to.have.members([1, 3, 5]);
    expect(neighboursOf(grid, 2)).to.have.members([1, 5]);
    const tree = graphOfShape(generate('tree', { servents: 13, degree: 3 }));
    expect(neighboursOf(tree, 1)).to.deep.equal([0, 4, 5, 6]);
  });

  for (const [kind, sizes, word] of [
    ['nix', {}, '"nix"'],
    ['star', { servents: 12 }, '"12"'],
    ['mesh', { servents: 12 }, '"12"'],
    ['line', { degree: 2 }, '--degree'],
    ['random-regular', { servents: 5, degree: 3 }, '"5" servents of --degree 3'],
    ['random-regular', { servents: 50, degree: 11 }, '"11"'],
    ['small-world', { degree: 3 }, '"3"'],
    ['scale-free', { degree: 5 }, '"5"'],
    ['diamond', { servents: 14 }, '"14"'],
  ] as const) {
    it(`refuse ${kind} ${JSON.stringify(sizes)}, naming the word`, () => {
      expect(() => generate(kind, sizes))
        .to.throw(OperatorError, word)
        .with.property('code', 'usage');
    });
  }
});

/** Undefined where the sizes are refused, as an operator's error. */
function made(kind: string, sizes: Parameters<typeof generate>[1]): Graph | undefined {
  try {
    return graphOfShape(generate(kind, sizes));
  } catch (error) {
    if (error instanceof OperatorError) return undefined;
    throw error;
  }
}

function degrees(graph: Graph): number[] {
  return Array.from({ length: graph.size }, (_, servent) => neighboursOf(graph, servent).length);
}
