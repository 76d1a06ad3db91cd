import { expect } from 'chai';
import { diamond, directedRing, line, mesh, overlayOf, ring } from '../../support/servent/overlay';

describe('a flood', () => {
  it('reaches three hops down a line and no further', () => {
    const overlay = line(6).holding('ssh', [3, 4]);
    expect(overlay.ask('ssh', { at: 0 }))
      .to.include({ asked: 1 })
      .and.deep.include({ answerers: [3] });
    expect(overlay.ask('ssh', { at: 1 }).answerers).to.deep.equal([3, 4]);
    expect(overlay.ask('ssh', { at: 5 }).answerers).to.deep.equal([3, 4]);
  });

  it('goes round a ring both ways, and brings one answer where its copies meet', () => {
    expect(ring(6).holding('ssh', [0, 1, 3]).ask('ssh', { at: 0 }).answerers).to.deep.equal([0, 1, 3]);
    expect(ring(9).holding('ssh', [3, 4, 5, 6]).ask('ssh', { at: 0 }).answerers).to.deep.equal([3, 6]);
  });

  it('brings one answer from each of a full mesh', () => {
    const all = [0, 1, 2, 3, 4, 5];
    expect(mesh(6).holding('ssh', all).ask('ssh', { at: 2 }).answerers).to.deep.equal(all);
  });

  it('follows one-way links one way', () => {
    const overlay = directedRing(6).holding('ssh', [0, 1, 2, 3, 4, 5]);
    expect(overlay.ask('ssh', { at: 4 }).answerers).to.deep.equal([1, 4, 5, 0].sort());
    const oneWay = overlayOf(3, [
      [0, 1, 'one-way'],
      [1, 2],
    ]).holding('ssh', [0, 1, 2]);
    expect(oneWay.ask('ssh', { at: 0 }).answerers).to.deep.equal([0, 1, 2]);
    expect(oneWay.ask('ssh', { at: 2 }).answerers).to.deep.equal([1, 2]);
  });

  it('reaches who is behind the diamond, though the fast copy came first with no hop left', () => {
    expect(diamond().holding('ssh', [4, 5]).ask('ssh', { at: 0 }).answerers).to.deep.equal([4, 5]);
  });

  it('misses who is behind the diamond under the bare rule', () => {
    expect(diamond().literal().holding('ssh', [4, 5]).ask('ssh', { at: 0 }).answerers).to.deep.equal([4]);
  });

  it('reaches who is behind the diamond under the bare rule when no way is faster', () => {
    const even = diamond().delays([]).literal().holding('ssh', [4, 5]);
    expect(even.ask('ssh', { at: 0 }).answerers).to.deep.equal([4, 5]);
  });

  it('asked for a key that nobody holds, brings nothing, and the client asks once more', () => {
    expect(ring(6).ask('ssh', { at: 0 })).to.deep.include({ answerers: [], asked: 2, ms: 8000 });
  });

  it('of one question leaves the next one alone', () => {
    const overlay = ring(6).holding('ssh', [3]);
    expect(overlay.ask('ssh', { at: 0 }).answerers).to.deep.equal([3]);
    expect(overlay.ask('ssh', { at: 0 }).answerers).to.deep.equal([3]);
  });
});
