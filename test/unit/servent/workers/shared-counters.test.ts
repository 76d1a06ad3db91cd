import { expect } from 'chai';
import { countingIn, newCounters } from '../../../../servent/counters';
import { DEFENCE_REASONS } from '../../../../servent/defences';
import { countedError, countedIn, newCountedMemory, sumOf } from '../../../../servent/workers/shared-counters';
import { latin1 } from '../../../support/bytes';

describe('the shared counters', () => {
  it('are all of the counters, each in a place of its own', () => {
    const memory = newCountedMemory();
    const counted = countedIn(memory);
    expect(Object.keys(counted)).to.include.members(Object.keys(newCounters()));
    const groups = [counted, ...Object.values(counted).filter((value) => typeof value === 'object')];
    let number = 0;
    for (const group of groups as Record<string, number>[])
      for (const name of Object.keys(group)) if (typeof group[name] === 'number') group[name] = ++number;
    expect(new Set(new Float64Array(memory)).size, 'no two share a place').to.equal(number);
    expect(memory.byteLength).to.equal(8 * number);
  });

  it('are seen by who reads the same memory, and add up; send errors are told where there were any', () => {
    const memories = [newCountedMemory(), newCountedMemory()];
    for (const [i, memory] of memories.entries()) {
      const counted = countedIn(memory);
      const observer = countingIn(counted);
      observer.received(latin1('\0\x01ssh'), 0, 0);
      observer.dropped('seen', 0);
      for (let times = 0; times <= i; times++) observer.sendFailed('EPERM', 0);
      Object.assign(counted, { seen: 10, lost: i });
      counted.wouldDrop.stranger = 4;
    }
    const sum = sumOf(memories.map(countedIn));
    const { received, dropped } = newCounters();
    expect(sum).to.deep.equal({
      ...newCounters(),
      received: { ...received, CLIREQ: 2 },
      dropped: { ...dropped, seen: 2 },
      sendErrors: { EPERM: 3 },
      seen: 20,
      lost: 1,
      wouldDrop: { ...Object.fromEntries(DEFENCE_REASONS.map((reason) => [reason, 0])), stranger: 8 },
    });
  });

  it('count an error that the system has no name for as unknown', () => {
    const counted = countedIn(newCountedMemory());
    expect(countedError('EMSGSIZE', counted)).to.equal('EMSGSIZE');
    expect(countedError('Unknown system error -4095', counted)).to.equal('UNKNOWN');
  });
});
