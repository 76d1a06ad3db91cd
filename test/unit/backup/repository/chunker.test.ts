import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { type ChunkLengths, firstCut, LONG, LONG_FROM, lengthsFor, USUAL } from '../../../../backup/repository/chunker';
import { chunksOf } from '../../../support/backup/chunks';
import { drawsOf } from '../../../support/seeded';

const MIB = 1024 * 1024;

describe('the chunker', () => {
  it('cuts where it always did: other cuts would store everything anew', () => {
    expect(cutsOf(randomBytes(2_000_000), USUAL).slice(0, GOLDEN.length)).to.deep.equal(GOLDEN);
    const bytes = createHash('shake256', { outputLength: 20 * MIB })
      .update('long')
      .digest();
    for (const [lengths, count, sum] of GOLDEN_SUMS) {
      const chunks = chunksOf(bytes, lengths);
      expect(chunks).to.have.length(count);
      expect(createHash('sha256').update(JSON.stringify(chunks)).digest('hex')).to.equal(sum);
    }
  });

  it('takes longer chunks for files of more than 8 GiB, and for no others', () => {
    for (const size of [0, 1, 100 * MIB, 8192 * MIB]) expect(lengthsFor(size, LONG_FROM), String(size)).to.equal(USUAL);
    for (const size of [8192 * MIB + 1, 1e13]) expect(lengthsFor(size, LONG_FROM), String(size)).to.equal(LONG);
  });

  const kinds: [what: string, lengths: ChunkLengths, bytes: Buffer][] = [
    ['usual', USUAL, randomBytes(2_000_000)],
    [
      'long',
      LONG,
      createHash('shake256', { outputLength: 24 * MIB })
        .update('more')
        .digest(),
    ],
  ];
  for (const [what, lengths, bytes] of kinds) {
    describe(`of ${what} chunks`, () => {
      const { min, normal, max } = lengths;

      it('keeps them within their bounds, but the last, and tends to the normal length', () => {
        const cuts = [0, ...cutsOf(bytes, lengths)];
        const found = cuts.slice(1).map((cut, i) => cut - cuts[i]!);
        expect(Math.min(...found.slice(0, -1))).to.be.at.least(min);
        expect(Math.max(...found)).to.be.at.most(max);
        expect(bytes.length / found.length).to.be.within(normal / 2, normal * 2);
        expect(cuts.at(-1)).to.equal(bytes.length);
      });

      it('cuts what is all alike at the longest', () => {
        expect(cutsOf(Buffer.alloc(max * 2 + 5), lengths)).to.deep.equal([max, max * 2, max * 2 + 5]);
      });

      it('gives what is no longer than the shortest whole', () => {
        for (const length of [0, 1, min]) expect(firstCut(bytes, 7, 7 + length, lengths)).to.equal(length);
      });

      it('moves only cuts near an insertion', () => {
        const at = bytes.length / 2;
        const inserted = Buffer.concat([bytes.subarray(0, at), Buffer.from('a few bytes'), bytes.subarray(at)]);
        const [before, after] = [cutsOf(bytes, lengths), cutsOf(inserted, lengths)];
        expect(after.filter((cut) => cut <= at)).to.deep.equal(before.filter((cut) => cut <= at));
        const moved = new Set(after.map((cut) => cut - 11));
        const lost = before.filter((cut) => cut > at && !moved.has(cut));
        // Both find a common cut again within a few chunks.
        expect(Math.max(at, ...lost)).to.be.below(at + 3 * max);
      });
    });
  }
});

const GOLDEN = [76590, 203586, 228681, 305123, 407602, 476914, 556266, 636790];
/** How many chunks, and the sum of their names and lengths. */
const GOLDEN_SUMS: [lengths: ChunkLengths, count: number, sum: string][] = [
  [USUAL, 283, 'ad61ef3dfa801a7a4a291042129fc24aefa6e40580a893860c8b45476f54420e'],
  [LONG, 17, '390ed2e37f9d344d1de461ff8c7232af31b784189021ee2f7e18624ae1995f99'],
];

function cutsOf(bytes: Buffer, lengths: ChunkLengths): number[] {
  const cuts: number[] = [];
  for (let at = 0; at < bytes.length; ) cuts.push((at += firstCut(bytes, at, bytes.length, lengths)));
  return cuts;
}

function randomBytes(length: number): Buffer {
  const draws = drawsOf(1);
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 4) bytes.writeInt32LE(draws.bits(), at);
  return bytes;
}
