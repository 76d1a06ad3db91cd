import { createHash } from 'node:crypto';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { areBlockSums, blockSumsOf, freshOf, made, type Recipe, recipeOf } from '../../../backup/parts';
import { LONG, USUAL } from '../../../backup/repository/chunker';
import { drawsOf } from '../../support/seeded';

/** Something, and what became of it: pieces of it were taken out and others put in, here and there. */
const changes = fc
  .record({
    seed: fc.nat(),
    length: fc.integer({ min: 1, max: 20_000 }),
    alphabet: fc.constantFrom(1, 2, 256),
    edits: fc.array(fc.record({ at: fc.nat(), out: fc.nat({ max: 3000 }), put: fc.uint8Array({ maxLength: 300 }) }), {
      maxLength: 4,
    }),
  })
  .map(({ seed, length, alphabet, edits }) => {
    const was = noise(length, seed, alphabet);
    let now = was;
    for (const { at, out, put } of edits) {
      const place = at % (now.length + 1);
      now = Buffer.concat([now.subarray(0, place), put, now.subarray(place + out)]);
    }
    return { was, now };
  });

describe('parts of what has changed', () => {
  it('and what was there before make what is there now', () => {
    fc.assert(
      fc.property(changes, ({ was, now }) => {
        expect(again(was, now).equals(now)).to.equal(true);
      }),
    );
  });

  const was = noise(64 * 1024, 1);
  const little: [what: string, now: Buffer][] = [
    ['a few bytes written anew', Buffer.concat([was.subarray(0, 30_000), noise(20, 2), was.subarray(30_020)])],
    ['a few bytes put in', Buffer.concat([was.subarray(0, 30_000), noise(20, 2), was.subarray(30_000)])],
    ['a few bytes taken out', Buffer.concat([was.subarray(0, 30_000), was.subarray(30_020)])],
    ['a few bytes in front', Buffer.concat([noise(20, 2), was])],
    ['a few bytes behind', Buffer.concat([was, noise(20, 2)])],
    ['two pieces in the other order', Buffer.concat([was.subarray(32_000), was.subarray(0, 32_000)])],
  ];
  for (const [what, now] of little) {
    it(`are few: ${what}`, () => {
      const sums = blockSumsOf(was, now.length);
      expect(sums.length).to.be.below(was.length / 100);
      expect(areBlockSums(sums, was.length, now.length)).to.equal(true);
      expect(areBlockSums(sums.slice(1), was.length, now.length)).to.equal(false);
      const { recipe, fresh } = recipeOf(now, was.length, sums);
      expect(Buffer.concat(fresh)).to.have.length(freshOf(recipe));
      expect(freshOf(recipe)).to.be.below(2000);
      expect(recipe.length).to.be.at.most(10);
      expect(again(was, now).equals(now)).to.equal(true);
    });
  }

  it('are all of it where nothing is as it was, and nothing where all is', () => {
    expect(recipeOf(was, 5000, blockSumsOf(noise(5000, 3), was.length)).recipe).to.deep.equal([was.length]);
    expect(freshOf(recipeOf(was, was.length, blockSumsOf(was, was.length)).recipe)).to.equal(0);
  });

  it('are none of sums that are no sums', () => {
    expect(recipeOf(was, 100, '\u{1F600}?-=!x$%'.padEnd(10)).recipe).to.deep.equal([was.length]);
  });

  it('of a long file are found by longer sums: in so many places a block would often seem to stand', () => {
    const [one, other] = [longNoise('one'), longNoise('other')];
    expect(recipeOf(other, one.length, blockSumsOf(one, other.length)).recipe).to.deep.equal([other.length]);
    const now = Buffer.concat([one.subarray(0, 2_000_000), Buffer.from('a few bytes'), one.subarray(2_000_050)]);
    const sums = blockSumsOf(one, now.length);
    expect(areBlockSums(sums, one.length, now.length)).to.equal(true);
    expect(areBlockSums(sums, one.length, USUAL.max)).to.equal(false);
    expect(freshOf(recipeOf(now, one.length, sums).recipe)).to.be.below(10_000);
    expect(again(one, now).equals(now)).to.equal(true);
  });

  // A base of 1,000 bytes has 12 blocks, of 90 bytes; the last has 10.
  const base = noise(1000, 4);
  const wrong: [what: string, recipe: Recipe, length: number][] = [
    ['a block that is not there', [0, 12, 1, 0], 90],
    ['blocks behind the last', [0, 11, 2, 0], 100],
    ['more new bytes than came', [51], 51],
    ['too few bytes', [10], 11],
    ['too many bytes', [10, 0, 1, 0], 10],
    ['far too many bytes', [0, ...Array.from({ length: 1000 }, () => [0, 12, 0]).flat()], 100_000],
    ['an end without its beginning', [0, 0], 90],
  ];
  for (const [what, recipe, length] of wrong) {
    it(`are refused with ${what}`, () => {
      expect(() => made(recipe, base, Buffer.alloc(50), 0, length)).to.throw(RangeError);
    });
  }

  it('take their new bytes one behind the other', () => {
    const fresh = noise(50, 5);
    const expected = Buffer.concat([fresh.subarray(20, 25), base.subarray(990), base.subarray(90, 270)]);
    expect(made([5, 11, 1, 0, 1, 2, 0], base, fresh, 20, expected.length).equals(expected)).to.equal(true);
  });
});

/** What comes out at the other end. */
function again(was: Buffer, now: Buffer): Buffer {
  const { recipe, fresh } = recipeOf(now, was.length, blockSumsOf(was, now.length));
  return made(recipe, was, Buffer.concat(fresh), 0, now.length);
}

function longNoise(name: string): Buffer {
  return createHash('shake256', { outputLength: LONG.max }).update(name).digest();
}

function noise(length: number, seed: number, alphabet = 256): Buffer {
  const draws = drawsOf(seed);
  return Buffer.from(Array.from({ length }, () => draws.below(alphabet)));
}
