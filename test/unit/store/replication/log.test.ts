/** What the core knows of the log: where its epochs end, what two logs have in common, and which entries are in memory. */

import { expect } from 'chai';
import { type Entry, makeEntry, type Position, START } from '../../../../store/entry';
import { ReplicaLog } from '../../../../store/replication/log';

const MIB = 1024 * 1024;
const NEW = { base: START, epochs: [], last: START, tail: [] };

describe("the core's log", () => {
  it('begins with what the journal held', () => {
    const entries = made(1, 1, 3);
    const epochs = [
      { epoch: 1, last: 2 },
      { epoch: 3, last: 3 },
    ];
    const log = new ReplicaLog({ base: START, epochs, last: entries[2]!, tail: entries.slice(1) });
    expect([log.base, log.last, log.flushed]).to.deep.equal([0, entries[2], 3]);
    expect(log.ends(9)).to.deep.equal([{ epoch: 0, last: 0 }, ...epochs]);
    expect([1, 2, 3, 4].map((index) => log.positionAt(index))).to.deep.equal([
      undefined,
      ...entries.slice(1),
      undefined,
    ]);
  });

  it('says where its newest epochs end', () => {
    const { log } = holding(1, 1, 2, 4, 4);
    const [first, second, fourth] = [
      { epoch: 1, last: 2 },
      { epoch: 2, last: 3 },
      { epoch: 4, last: 5 },
    ];
    expect(log.ends(2)).to.deep.equal([second, fourth]);
    expect(log.ends(9)).to.deep.equal([{ epoch: 0, last: 0 }, first, second, fourth]);
    // The place that it begins behind is of an epoch that goes on behind it.
    log.trim(1);
    expect(log.ends(9)).to.deep.equal([first, second, fourth]);
    log.trim(2);
    expect(log.ends(9)).to.deep.equal([first, second, fourth]);
    expect(log.ends(2)).to.deep.equal([second, fourth]);
  });

  it('has in common with another what comes before the earlier end of the newest epoch that both know', () => {
    const { log } = holding(1, 1, 2, 4, 4);
    const common = (...ends: [epoch: number, last: number][]): number | undefined =>
      log.common(ends.map(([epoch, last]) => ({ epoch, last })));
    expect(common([4, 4])).to.equal(4);
    expect(common([4, 9])).to.equal(5);
    expect(common([1, 2], [3, 7])).to.equal(2);
    expect(common([1, 1], [2, 3], [3, 7])).to.equal(3);
    expect(common([0, 0], [3, 2])).to.equal(0);
    expect(common([3, 7])).to.equal(undefined);
    expect(common()).to.equal(undefined);
  });

  it('has nothing in common that it can tell with one that ends before it begins', () => {
    const { log } = holding(1, 1, 2, 4, 4);
    log.trim(2);
    expect(log.common([{ epoch: 1, last: 1 }])).to.equal(undefined);
    expect(log.common([{ epoch: 1, last: 2 }])).to.equal(2);
    expect(log.common([{ epoch: 0, last: 0 }])).to.equal(undefined);
  });

  it('takes entries of an epoch behind each other, and of the next behind them', () => {
    const { log, entries } = holding(1, 1, 2);
    expect([log.last, log.flushed, log.base]).to.deep.equal([entries[2], 0, 0]);
    expect(log.ends(2)).to.deep.equal([
      { epoch: 1, last: 2 },
      { epoch: 2, last: 3 },
    ]);
  });

  it('ends, when cut off, where it was cut', () => {
    const begin = { epoch: 0, last: 0 };
    const { log, entries } = holding(1, 1, 2, 4, 4);
    log.flushed = 5;
    log.truncate(entries[3]!);
    expect([log.last, log.flushed, log.positionAt(5)]).to.deep.equal([entries[3], 4, undefined]);
    expect(log.ends(2).at(-1)).to.deep.equal({ epoch: 4, last: 4 });
    log.flushed = 3;
    log.truncate(entries[2]!);
    expect([log.flushed, log.ends(9).length]).to.deep.equal([3, 3]);
    expect(log.ends(1)).to.deep.equal([{ epoch: 2, last: 3 }]);
    log.flushed = 1;
    log.truncate(entries[1]!);
    expect([log.flushed, log.ends(9)]).to.deep.equal([1, [begin, { epoch: 1, last: 2 }]]);
    log.truncate(START);
    expect([log.last, log.ends(9)]).to.deep.equal([START, [begin]]);
    expect(log.read(1, 9, 9)).to.equal(undefined);
  });

  it('gives room back for what was cut off', () => {
    const log = new ReplicaLog(NEW);
    log.append(entryOf(1, 1));
    log.append(entryOf(2, 16 * MIB));
    expect(log.isFull).to.equal(true);
    log.truncate(entryOf(1, 1));
    expect(log.isFull).to.equal(false);
    log.append(entryOf(2, 16 * MIB));
    log.restart({ ...START, index: 9, epoch: 2 });
    log.append(entryOf(10, 16 * MIB - 1));
    expect(log.isFull).to.equal(false);
  });

  it('has nothing but its place behind a snapshot', () => {
    const { log } = holding(1, 1, 2);
    log.flushed = 3;
    const at: Position = { ...START, index: 9, epoch: 4 };
    log.restart(at);
    expect([log.last, log.base, log.flushed, log.ends(9)]).to.deep.equal([at, 9, 0, [{ epoch: 4, last: 9 }]]);
    expect([log.positionAt(9), log.positionAt(3), log.read(3, 9, 9)]).to.deep.equal([at, undefined, undefined]);
  });

  it('lets go of what stands before a place in it, and of nothing else', () => {
    const { log, entries } = holding(1, 1, 2, 4, 4);
    log.trim(0);
    expect(log.base).to.equal(0);
    for (let again = 0; again < 2; again++) log.trim(3);
    expect([log.base, log.ends(9)]).to.deep.equal([
      3,
      [
        { epoch: 2, last: 3 },
        { epoch: 4, last: 5 },
      ],
    ]);
    log.trim(2);
    log.trim(6);
    expect(log.base).to.equal(3);
    log.trim(5);
    expect([log.base, log.ends(9), log.last]).to.deep.equal([5, [{ epoch: 4, last: 5 }], entries[4]]);
  });

  it('gives entries from any index on, as many as are wanted', () => {
    const { log, entries } = holding(1, 1, 2, 4, 4);
    expect(log.read(2, 4, 9)).to.deep.equal(entries.slice(1, 4));
    expect(log.read(2, 9, 2)).to.deep.equal(entries.slice(1, 3));
    expect([log.read(6, 9, 9), log.read(0, 9, 9), new ReplicaLog(NEW).read(1, 1, 1)]).to.deep.equal(
      Array(3).fill(undefined),
    );
  });

  it('is full of entries, and keeps some of those that are applied, the newest', () => {
    const log = filled(19_999, 1);
    expect(log.isFull).to.equal(false);
    log.append(entryOf(20_000, 1));
    expect(log.isFull).to.equal(true);
    log.forget(5000);
    expect([log.isFull, log.positionAt(4999), log.positionAt(5000)?.index]).to.deep.equal([false, undefined, 5000]);
    // About half of them at once.
    log.forget(20_000);
    expect([log.positionAt(12_500), log.positionAt(12_501)?.index]).to.deep.equal([undefined, 12_501]);
    log.forget(20_000);
    expect(log.positionAt(12_501)?.index).to.equal(12_501);
  });

  it('forgets nothing while it has room', () => {
    const log = filled(9999, 1);
    log.forget(9999);
    expect(log.positionAt(1)?.index).to.equal(1);
    log.append(entryOf(10_000, 1));
    log.forget(9999);
    expect([log.positionAt(5000), log.positionAt(5001)?.index]).to.deep.equal([undefined, 5001]);
  });

  it('is full of characters too, and what was forgotten counts no more', () => {
    const log = filled(15, MIB);
    log.append(entryOf(16, MIB - 1));
    expect(log.isFull).to.equal(false);
    log.append(entryOf(17, 1));
    expect(log.isFull).to.equal(true);
    log.forget(17);
    expect([log.positionAt(9), log.positionAt(10)?.index]).to.deep.equal([undefined, 10]);
    for (let index = 18; index <= 25; index++) log.append(entryOf(index, MIB));
    log.append(entryOf(26, MIB - 1));
    expect(log.isFull).to.equal(false);
    log.append(entryOf(27, 1));
    expect(log.isFull).to.equal(true);
    // What the journal held counts as well.
    expect(new ReplicaLog({ ...NEW, last: log.last, tail: log.read(10, 99, 99)! }).isFull).to.equal(true);
  });
});

/** Entries one behind the other, of these epochs. */
function made(...epochs: readonly number[]): Entry[] {
  const entries: Entry[] = [];
  for (const epoch of epochs) entries.push(makeEntry(entries.at(-1) ?? START, epoch, 1, ['noop']));
  return entries;
}

function holding(...epochs: readonly number[]): { log: ReplicaLog; entries: Entry[] } {
  const log = new ReplicaLog(NEW);
  const entries = made(...epochs);
  for (const entry of entries) log.append(entry);
  return { log, entries };
}

function filled(count: number, length: number): ReplicaLog {
  const log = new ReplicaLog(NEW);
  for (let index = 1; index <= count; index++) log.append(entryOf(index, length));
  return log;
}

/** An entry of this length, for who does not look into its line. */
function entryOf(index: number, length: number): Entry {
  return { ...START, index, epoch: 1, op: ['noop'], request: undefined, line: 'x'.repeat(length) };
}
