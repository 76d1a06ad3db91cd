import { expect } from 'chai';
import { findTopology } from '../../../../topologies/graph/catalogue';
import { type Place, placesOf } from '../../../../topologies/pictures/places';

describe('places of servents in a picture', () => {
  it('of a line are a straight line', () => {
    expect(placesOf(findTopology('line'))).to.deep.equal([0, 1, 2, 3, 4].map((x) => ({ x, y: 0 })));
  });

  it('of a grid are rows and columns, the last row shorter', () => {
    const places = placesOf(findTopology('grid', { servents: 7 }))!;
    expect(places.map(({ x, y }) => `${x} ${y}`)).to.deep.equal(['0 0', '1 0', '2 0', '0 1', '1 1', '2 1', '0 2']);
  });

  it('of a ring are a circle, one step from each to the next', () => {
    const places = placesOf(findTopology('ring', { servents: 40 }))!;
    const steps = places.map((place, i) => distance(place, places[(i + 1) % places.length]!));
    for (const step of steps) expect(step).to.be.closeTo(1, 0.01);
  });

  it('of islands are two circles whose joined ends are the nearest', () => {
    const places = placesOf(findTopology('islands'))!;
    for (let a = 0; a < 6; a++)
      for (let b = 6; b < 12; b++) expect(distance(places[a]!, places[b]!)).to.be.at.least(0.999);
    expect(distance(places[0]!, places[6]!)).to.be.closeTo(1, 0.001);
  });

  it('are found by the links, whatever the name, and by nothing else', () => {
    expect(placesOf({ ...findTopology('line'), name: 'mine' })).to.have.length(5);
    const line = findTopology('line');
    expect(placesOf({ ...line, links: line.links.slice(1) })).to.equal(undefined);
    expect(placesOf({ ...line, links: line.links.map((link) => ({ ...link, oneWay: true })) })).to.equal(undefined);
    for (const name of ['tree', 'diamond', 'scale-free-200']) expect(placesOf(findTopology(name))).to.equal(undefined);
  });

  it('are different for any two servents', () => {
    for (const name of ['line', 'ring', 'directed-ring', 'mesh', 'star', 'grid', 'islands']) {
      const places = placesOf(findTopology(name))!;
      for (const [i, a] of places.entries())
        for (const b of places.slice(i + 1)) expect(distance(a, b), name).to.be.at.least(0.6);
    }
  });
});

function distance(a: Place, b: Place): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
