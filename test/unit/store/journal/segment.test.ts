/** A segment of the log: when it ends, and which places in it are remembered. */

import { expect } from 'chai';
import { type Position, START } from '../../../../store/entry';
import { firstIndexOf, Segment, segmentName } from '../../../../store/journal/segment';

const KIB = 1024;
const at = (index: number): Position => ({ ...START, index, epoch: 1 });

describe('a segment of the log', () => {
  it('is full at the same entries everywhere, and at 16 MiB', () => {
    const segment = new Segment('x', at(8192));
    expect(segment.isFull).to.equal(false);
    for (let index = 8193; index < 16_384; index++) segment.added(at(index), 1);
    expect(segment.isFull).to.equal(false);
    segment.added(at(16_384), 1);
    expect(segment.isFull).to.equal(true);
    const large = new Segment('x', START);
    large.added(at(1), 16 * KIB * KIB - 1);
    expect(large.isFull).to.equal(false);
    large.added(at(2), 1);
    expect(large.isFull).to.equal(true);
  });

  it('remembers a place every 64 KiB, and none behind where it was cut', () => {
    const segment = new Segment('x', START);
    for (let index = 1; index <= 6; index++) segment.added(at(index), 32 * KIB);
    const places = (): string[] =>
      [0, 1, 2, 3, 4, 5, 6, 7].map((index) => {
        const place = segment.placeBefore(index);
        return `${place.behind.index} at ${place.at / KIB}`;
      });
    const [first, second, third] = ['0 at 0', '2 at 64', '4 at 128'];
    expect(places()).to.deep.equal([first, first, first, second, second, third, third, third]);
    segment.cut({ behind: at(3), at: 96 * KIB });
    expect([segment.bytes, segment.last]).to.deep.equal([96 * KIB, at(3)]);
    expect(places().slice(4)).to.deep.equal([second, second, second, second]);
    segment.cut({ behind: at(2), at: 64 * KIB });
    expect(places().slice(2, 4)).to.deep.equal([first, second]);
  });

  it('is named by its first entry, and nothing else is a segment', () => {
    expect(firstIndexOf(`/a/log-1/${segmentName(8193)}`)).to.equal(8193);
    for (const name of ['a0000000000008193.jsonl', '0000000000008193.jsonl.next', '8193.jsonl', 'notes']) {
      expect(firstIndexOf(`/a/log-1/${name}`), name).to.equal(undefined);
    }
  });
});
