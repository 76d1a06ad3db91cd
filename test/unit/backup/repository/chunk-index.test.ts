import { expect } from 'chai';
import { ChunkIndex, type Place } from '../../../../backup/repository/chunk-index';
import { sumOf } from '../../../../backup/sum';

const COUNT = 5000;
const sums = Array.from({ length: COUNT }, (_, i) => sumOf(Buffer.from(`chunk ${i}`)));
const place = (i: number): Place => ({ pack: i % 7, block: i % 11, at: i * 3, length: i + 1 });

describe('the index of chunks', () => {
  let index: ChunkIndex;

  beforeEach(() => {
    index = new ChunkIndex();
    for (const [i, sum] of sums.entries()) index.put(sum, place(i), 1);
  });

  it('finds each chunk where it was put, also after it has grown, and no other', () => {
    expect(index.size).to.equal(COUNT);
    for (const [i, sum] of sums.entries()) expect(index.find(sum)).to.deep.equal(place(i));
    expect(index.find(sumOf(Buffer.from('another')))).to.equal(undefined);
  });

  it('moves a chunk that is put again', () => {
    index.put(sums[3]!, place(4), 2);
    expect(index.size).to.equal(COUNT);
    expect(index.find(sums[3]!)).to.deep.equal(place(4));
  });

  it('remembers when a chunk was asked for, and nothing of one that is not there', () => {
    index.touch(sums[0]!, 9);
    index.touch(sumOf(Buffer.from('another')), 9);
    const touched: Place[] = [];
    index.each((each, at) => {
      if (at === 9) touched.push(each);
    });
    expect(touched).to.deep.equal([place(0)]);
  });

  it('forgets what is not to be kept, and finds all else', () => {
    index.touch(sums[8]!, 5);
    index.keep(({ pack }) => pack === 1);
    for (const [i, sum] of sums.entries()) expect(index.find(sum)).to.deep.equal(i % 7 === 1 ? place(i) : undefined);
    expect(index.size).to.equal(sums.filter((_, i) => i % 7 === 1).length);
    const ages = new Set<number>();
    index.each((_, touched) => ages.add(touched));
    expect([...ages].sort()).to.deep.equal([1, 5]);
  });
});
