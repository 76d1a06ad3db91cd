/** A flood by beats, what is to be seen at one, and what it came to. */

import { expect } from 'chai';
import { beatsOf, lastBeat } from '../../../../lab/page/beats';
import { heardBy, totalsOf, wordsOf } from '../../../../lab/page/findings';
import { sceneAt } from '../../../../lab/page/scene';
import type { Copy } from '../../../../lab/view';
import { copy } from '../../../support/lab/copies';

/** s1 knows s2 over a slow link, and s3, who knows s2 over a fast one: the copy with more hops left comes last. */
const SLOW_AND_FAST: Copy[] = [
  copy(0, 'client', 's1', { arrivedMs: 1 }),
  copy(1, 's1', 's2', { cause: 0, ttl: 3, sentMs: 1, arrivedMs: 40, fate: 'higher' }),
  copy(2, 's1', 's3', { cause: 0, ttl: 3, sentMs: 1, arrivedMs: 2, fate: 'first' }),
  copy(3, 's3', 's2', { cause: 2, ttl: 2, sentMs: 2, arrivedMs: 3, fate: 'first' }),
  copy(4, 's2', 's4', { cause: 3, ttl: 1, sentMs: 3, arrivedMs: 4, fate: 'first' }),
  copy(5, 's4', 'client', { cause: 4, sentMs: 4, arrivedMs: null }),
  copy(6, 's2', 's4', { cause: 1, ttl: 2, sentMs: 40, arrivedMs: 41, fate: 'duplicate' }),
];

describe('a flood by beats', () => {
  const timed = beatsOf(SLOW_AND_FAST);
  const beats = (id: number): number[] => {
    const { leaves, comes } = timed.find((one) => one.copy.id === id)!;
    return [leaves, comes];
  };

  it('takes a beat a hop, and more where something came there first', () => {
    expect([0, 2, 3, 4, 5].map(beats)).to.deep.equal([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 5],
    ]);
    expect(beats(1)).to.deep.equal([1, 3]);
    expect(beats(6)).to.deep.equal([3, 4]);
    expect(lastBeat(timed)).to.equal(5);
  });

  it('begins a question that is asked again behind the first time', () => {
    const again = beatsOf([...SLOW_AND_FAST, copy(7, 'client', 's1', { sentMs: 4000, arrivedMs: 4001 })]);
    expect(again.at(-1)).to.include({ leaves: 5, comes: 6 });
  });

  it('is at each beat who has heard and answered, and what is under way', () => {
    const start = sceneAt(timed, 0);
    expect([start.marks.size, start.moving.length, start.done.length]).to.deep.equal([0, 0, 0]);
    const middle = sceneAt(timed, 1.5);
    expect([...middle.marks]).to.deep.equal([['s1', 'contact']]);
    expect(middle.moving.map(({ timed: { copy: { id } }, share }) => [id, share])).to.have.deep.members([[1, 0.25], [2, 0.5]]); // biome-ignore format: one table
    const end = sceneAt(timed, 5);
    expect([...end.marks.keys()]).to.have.members(['s1', 's2', 's3', 's4']);
    expect([...end.answered]).to.deep.equal(['s4']);
    expect(end.moving).to.deep.equal([]);
  });

  it('marks nobody for what was lost', () => {
    const scene = sceneAt(beatsOf([copy(0, 'client', 's1', { fate: 'lost', arrivedMs: null })]), 1);
    expect(scene.marks.size).to.equal(0);
  });

  it('comes to who heard it at which hop, and to what it cost beside the least', () => {
    expect(heardBy(SLOW_AND_FAST).map(({ name, hop, copies, duplicates, answered }) => [name, hop, copies, duplicates, answered])).to.deep.equal([
      ['s1', 0, 0, 0, false],
      ['s3', 1, 1, 0, false],
      ['s2', 2, 2, 0, false],
      ['s4', 3, 2, 1, true],
    ]); // biome-ignore format: one table
    const question = { id: 1, key: 'k', contact: 's1', own: true, copies: SLOW_AND_FAST, answers: [], end: null };
    expect(totalsOf(question, 6)).to.equal(
      '4 of 6 servents heard, 1 answered. 5 QUERYs were sent where 3 would have done; 1 duplicates were dropped; 70 bytes in all.',
    );
  });

  it('is told in words, a line a datagram', () => {
    expect(timed.filter(({ copy: { id } }) => id === 1 || id === 5).map(wordsOf)).to.have.members([
      '3. s1 to s2: QUERY with ttl 3 after 40 ms, a later copy with a higher ttl: it goes on',
      '5. s4 to client: RESPONSE',
    ]);
  });
});
