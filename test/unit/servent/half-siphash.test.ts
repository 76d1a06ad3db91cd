import { expect } from 'chai';
import { digest, type HashKey, halfSipHash } from '../../../servent/half-siphash';

/** Key bytes 00 to 07, read as two little-endian words. */
const KEY: HashKey = [0x03020100, 0x07060504];

/** The authors' vectors of HalfSipHash-2-4 with 64 bits of output: entry n is the hash of the bytes 00, 01, ... n - 1. */
const VECTORS = [
  '218d1f59b9b83cc8',
  'be552412f8387315',
  '064f39ef7c50eb57',
  'ce0f1a45f7060679',
  'd5e78a175be52ea1',
  'cb9d7c3f2f3db580',
  'ce3e91358aa2bc25',
  'ff202728b07bc684',
  'edfee820bce4858c',
  '5b51cccc13888307',
  '95b0469f06a6f2ee',
  'ae26333994ddcd48',
  '7bc71f9faef5c799',
  '5a2352d75a0c3744',
  '3bb1a870eae8e658',
  '217d0bcb4e81c902',
  '7336aad25f7bf3b5',
  '37adc0641c4c4f6a',
];

describe('halfSipHash', () => {
  VECTORS.forEach((vector, length) => {
    it(`gives the official vector of ${length} bytes`, () => {
      expect(
        hashOf(
          KEY,
          Uint8Array.from({ length }, (_, i) => i),
          0,
          length,
        ),
      ).to.equal(vector);
    });
  });

  it('hashes the part asked for, and neither what stands before nor what stands behind it', () => {
    VECTORS.forEach((vector, length) => {
      for (const at of [1, 2, 3, 4, 7]) {
        const bytes = new Uint8Array(at + length + 5).fill(0xff);
        for (let i = 0; i < length; i++) bytes[at + i] = i;
        expect(hashOf(KEY, bytes, at, at + length)).to.equal(vector);
      }
    });
  });

  it('takes bytes above 127 and keys above 2^31 as unsigned', () => {
    const bytes = Uint8Array.of(0xff, 0xfe, 0x80, 0x90, 0xa0);
    expect(hashOf([0xffff_ffff, 0x8000_0000], bytes, 0, 5)).to.equal(hashOf([-1, -0x8000_0000], bytes, 0, 5));
    expect(digest.low).to.be.within(0, 0xffff_ffff);
    expect(digest.high).to.be.within(0, 0xffff_ffff);
  });

  it('depends on every bit of the key and of the message', () => {
    const message = Uint8Array.from({ length: 11 }, (_, i) => i);
    const hashes = new Set([hashOf(KEY, message, 0, 11)]);
    for (let bit = 0; bit < 32; bit++) {
      hashes.add(hashOf([KEY[0] ^ (1 << bit), KEY[1]], message, 0, 11));
      hashes.add(hashOf([KEY[0], KEY[1] ^ (1 << bit)], message, 0, 11));
    }
    for (let bit = 0; bit < 88; bit++) {
      const changed = message.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      hashes.add(hashOf(KEY, changed, 0, 11));
    }
    expect(hashes).to.have.property('size', 1 + 64 + 88);
  });
});

/** The hash as its eight bytes, little-endian, low word first. */
function hashOf(key: HashKey, bytes: Uint8Array, start: number, end: number): string {
  halfSipHash(...key, bytes, start, end);
  const output = Buffer.alloc(8);
  output.writeUInt32LE(digest.low, 0);
  output.writeUInt32LE(digest.high, 4);
  return output.toString('hex');
}
