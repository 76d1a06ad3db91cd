import { expect } from 'chai';
import { CHUNK_MAX, CHUNK_MIN, firstCut } from '../../../../backup/repository/chunker';
import { drawsOf } from '../../../support/seeded';

describe('the chunker', () => {
  const bytes = randomBytes(2_000_000, 1);

  it('cuts where it always did: other cuts would store everything anew', () => {
    expect(cutsOf(bytes).slice(0, GOLDEN.length)).to.deep.equal(GOLDEN);
  });

  it('keeps chunks within their bounds, but the last', () => {
    const cuts = [0, ...cutsOf(bytes)];
    const lengths = cuts.slice(1).map((cut, i) => cut - cuts[i]!);
    expect(Math.min(...lengths.slice(0, -1))).to.be.at.least(CHUNK_MIN);
    expect(Math.max(...lengths)).to.be.at.most(CHUNK_MAX);
    expect(cuts.at(-1)).to.equal(bytes.length);
  });

  it('cuts what is all alike at the longest chunk', () => {
    expect(cutsOf(Buffer.alloc(CHUNK_MAX * 2 + 5))).to.deep.equal([CHUNK_MAX, CHUNK_MAX * 2, CHUNK_MAX * 2 + 5]);
  });

  it('gives what is no longer than the shortest chunk whole', () => {
    for (const length of [0, 1, CHUNK_MIN]) expect(firstCut(bytes, 7, 7 + length)).to.equal(length);
  });

  it('moves only cuts near an insertion', () => {
    const at = 1_000_000;
    const inserted = Buffer.concat([bytes.subarray(0, at), Buffer.from('a few bytes'), bytes.subarray(at)]);
    const [before, after] = [cutsOf(bytes), cutsOf(inserted)];
    expect(after.filter((cut) => cut <= at)).to.deep.equal(before.filter((cut) => cut <= at));
    const moved = new Set(after.map((cut) => cut - 11));
    const lost = before.filter((cut) => cut > at && !moved.has(cut));
    // Both find a common cut again within a few chunks.
    expect(Math.max(at, ...lost)).to.be.below(at + 3 * CHUNK_MAX);
  });
});

const GOLDEN = [76590, 203586, 228681, 305123, 407602, 476914, 556266, 636790];

function cutsOf(bytes: Buffer): number[] {
  const cuts: number[] = [];
  for (let at = 0; at < bytes.length; ) cuts.push((at += firstCut(bytes, at, bytes.length)));
  return cuts;
}

function randomBytes(length: number, seed: number): Buffer {
  const draws = drawsOf(seed);
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 4) bytes.writeInt32LE(draws.bits(), at);
  return bytes;
}
