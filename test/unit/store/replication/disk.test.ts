/** What counts as flushed, while entries are cut off or replaced that are still on their way to the disk. */

import { expect } from 'chai';
import { START } from '../../../../store/entry';
import { Disk } from '../../../../store/replication/disk';
import { ReplicaLog } from '../../../../store/replication/log';
import type { Outbox, Write } from '../../../../store/replication/outbox';
import { TestLog } from '../../../support/store/log';

const MARKS: Write = { kind: 'marks', marks: { epoch: 1, tried: 1, known: undefined } };

describe('the disk of a replica', () => {
  it('is told everything in order, and tells those who wait for no less than all before them', () => {
    const { disk, log, given, append } = busyDisk();
    const order: string[] = [];
    disk.whenFlushed(() => order.push('nothing to wait for'));
    append(2, () => order.push('first'));
    disk.whenFlushed(() => order.push('behind the first'));
    append(1, () => order.push('second'));
    disk.write(MARKS, () => order.push('marks'));
    expect(given).to.deep.equal(['1 append', '2 append', '3 marks']);
    expect([order, log.flushed, disk.isBusy]).to.deep.equal([['nothing to wait for'], 0, true]);
    disk.done(1);
    expect([order.slice(1), log.flushed]).to.deep.equal([['first', 'behind the first'], 2]);
    disk.done(3);
    expect([order.slice(3), log.flushed, disk.isBusy]).to.deep.equal([['second', 'marks'], 3, false]);
  });

  it('does not count what was cut off before it was flushed', () => {
    const { disk, log, append } = busyDisk();
    append(2);
    append(3);
    disk.write({ kind: 'truncate', after: 3 });
    disk.done(1);
    expect(log.flushed).to.equal(2);
    disk.done(2);
    expect(log.flushed).to.equal(3);
    disk.done(3);
    expect(log.flushed).to.equal(3);
  });

  it('does not count what a snapshot took the place of', () => {
    const { disk, log, entries, append } = busyDisk();
    append(5);
    disk.write({ kind: 'restart', at: entries[3]! });
    disk.done(1);
    expect(log.flushed).to.equal(0);
    disk.done(2);
    expect(log.flushed).to.equal(4);
  });
});

function busyDisk() {
  const given: string[] = [];
  const persist = (ticket: number, { kind }: Write): unknown => given.push(`${ticket} ${kind}`);
  const log = new ReplicaLog({ base: START, epochs: [], last: START, tail: [] });
  const disk = new Disk(log, { persist } as unknown as Outbox);
  const made = new TestLog();
  const append = (count: number, then?: () => void): void =>
    disk.write({ kind: 'append', entries: Array.from({ length: count }, () => made.append(['lead', 'a'])) }, then);
  return { disk, log, given, entries: made.entries, append };
}
