/** The journal's bounds and borders: what is flushed together, kept beside it, named, read, and when it is closed. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Entry, EntryError, makeEntry, type Position, START } from '../../../../store/entry';
import { type Facts, readFacts, writeFacts } from '../../../../store/journal/facts';
import { type Files, realFiles } from '../../../../store/journal/files';
import { Journal } from '../../../../store/journal/journal';
import type { LogDamage } from '../../../../store/journal/scan';
import { inFolder } from '../../../support/store/engines';
import { ForgetfulDisk } from '../../../support/store/forgetful-disk';

const FOLDER = '/disk';
const NEW: Facts = { id: 'a', segments: 'log-1', base: START, marks: null };
const MIB = 1024 * 1024;
/** Of a segment, so that few entries cross it. */
const NEAR_THE_END: Position = { ...START, index: 8190, epoch: 1 };

describe('the journal', () => {
  it('flushes at most four mebibytes at once, or one that is larger', async () => {
    const { journal, disk } = await onDisk();
    const large = (index: number, length: number): Entry[] => [
      { ...START, index, op: ['noop'], request: undefined, line: 'x'.repeat(length - 1) },
    ];
    await journal.append(large(1, 1));
    const flushes = async (...groups: Entry[][]): Promise<number> => {
      const before = disk.calls;
      await Promise.all(groups.map((group) => journal.append(group)));
      return disk.calls - before;
    };
    expect(await flushes(large(2, 2 * MIB), large(3, 2 * MIB))).to.equal(1);
    expect(await flushes(large(4, 2 * MIB), large(5, 2 * MIB), large(6, 1))).to.equal(2);
    expect(await flushes(large(7, 5 * MIB), large(8, 1))).to.equal(2);
  });

  it('does in the order asked for what does not go together', async () => {
    const { journal } = await onDisk();
    const [first, second] = made(START, [1, 1]);
    const done: string[] = [];
    await Promise.all([
      journal.append([first!]).then(() => done.push('append')),
      journal.mark('between').then(() => done.push('mark')),
      journal.append([second!]).then(() => done.push('another append')),
      journal.truncate(1).then(() => done.push('truncate')),
    ]);
    expect(done).to.deep.equal(['append', 'mark', 'another append', 'truncate']);
    expect([journal.last, journal.facts]).to.deep.equal([placeOf(first!), { ...NEW, marks: 'between' }]);
  });

  it('refuses everything when it is closed, behind what was asked before', async () => {
    const { journal } = await onDisk();
    const [first] = made(START, [1]);
    const appended = journal.append([first!]);
    await Promise.all([appended, journal.close()]);
    expect(journal.last.index).to.equal(1);
    expect(await failureOf(journal.append([first!]))).to.have.property('message', 'the log is closed');
    await journal.close();
  });

  it('can be closed after a failure, which it goes on to tell', async () => {
    const { journal, disk } = await onDisk();
    disk.failsAt = disk.calls + 1;
    expect(await failureOf(journal.mark(1))).to.have.property('message', 'the disk failed');
    await journal.close();
    expect(await failureOf(journal.mark(1))).to.have.property('message', 'the disk failed');
  });

  it('knows where epochs end, whatever becomes of the log', async () => {
    const { journal, disk } = await onDisk({ ...NEW, base: NEAR_THE_END });
    const ends = (of = journal): string => of.epochs.map(({ epoch, last }) => `${epoch}: ${last}`).join(', ');
    await journal.append(made(NEAR_THE_END, [1, 2, 2, 4, 5]));
    expect(ends()).to.equal('1: 8191, 2: 8193, 4: 8194, 5: 8195');
    const again = await open(disk);
    expect(ends(again)).to.equal(ends());
    await journal.truncate(8194);
    expect(ends()).to.equal('1: 8191, 2: 8193, 4: 8194');
    await journal.drop(8192);
    expect([ends(), journal.base.index]).to.deep.equal(['2: 8193, 4: 8194', 8192]);
    await journal.truncate(8192);
    expect([ends(), journal.last.index, journal.last.epoch]).to.deep.equal(['', 8192, 2]);
    await journal.append(made(journal.last, [7]));
    expect(ends()).to.equal('7: 8193');
    await journal.restart({ ...START, index: 3, epoch: 9 }, async () => {});
    expect([ends(), journal.base.index, journal.last.index]).to.deep.equal(['', 3, 3]);
  });

  it('drops a segment when all in it is let go, and never the last', async () => {
    const { journal } = await onDisk({ ...NEW, base: NEAR_THE_END });
    await journal.append(made(NEAR_THE_END, [1, 1, 1]));
    await journal.drop(8191);
    expect(journal.base.index).to.equal(8190);
    await journal.drop(9999);
    expect(journal.base.index).to.equal(8192);
  });

  it('names the files in which entries are or will be', async () => {
    const { journal } = await onDisk({ ...NEW, base: NEAR_THE_END });
    const [one, two, three] = [8191, 8193, 8194].map((first) => `${String(first).padStart(16, '0')}.jsonl`);
    expect(journal.segmentsOf(8191, 8192)).to.deep.equal([one]);
    await journal.append(made(NEAR_THE_END, [1]));
    expect(journal.segmentsOf(8192, 8192)).to.deep.equal([one]);
    await journal.append(made(journal.last, [1]));
    // The next begins another.
    expect(journal.segmentsOf(8193, 8193)).to.deep.equal([two]);
    await journal.append(made(journal.last, [1]));
    expect(journal.segmentsOf(8191, 8192)).to.deep.equal([one]);
    expect(journal.segmentsOf(8192, 8193)).to.deep.equal([one, two]);
    expect(journal.segmentsOf(8193, 8193)).to.deep.equal([two]);
    expect(journal.segmentsOf(8193, 8194)).to.deep.equal([two]);
    expect(journal.segmentsOf(8191, 8194)).to.deep.equal([one, two]);
    expect(journal.segmentsOf(8194, 8194)).to.deep.equal([two]).and.not.include(three);
  });

  it('reads until the lines have so many bytes, from behind its beginning on', async () => {
    const { journal } = await onDisk({ ...NEW, base: NEAR_THE_END });
    const entries = made(NEAR_THE_END, [1, 1, 1, 1]);
    await journal.append(entries);
    const bytes = entries[0]!.line.length + entries[1]!.line.length;
    const indexes = async (from: number, count: number, maxBytes: number): Promise<number[]> =>
      (await journal.read(from, count, maxBytes)).map(({ index }) => index);
    expect(await indexes(8191, 9, bytes)).to.deep.equal([8191, 8192]);
    expect(await indexes(8191, 9, bytes + 1)).to.deep.equal([8191, 8192, 8193]);
    expect(await indexes(8193, 1, 1e9)).to.deep.equal([8193]);
    expect(await indexes(8194, 9, 1e9)).to.deep.equal([8194]);
    expect(await indexes(8190, 9, 1e9)).to.deep.equal([]);
    expect(await indexes(8195, 9, 1e9)).to.deep.equal([]);
  });

  it('cuts off nothing behind its end, and makes no file of it', async () => {
    const { journal, disk } = await onDisk();
    await journal.append(made(START, [1, 1]));
    const { calls } = disk;
    for (const after of [2, 3]) await journal.truncate(after);
    expect([disk.calls, journal.last.index]).to.deep.equal([calls, 2]);
  });

  it('goes on in the segment that was cut, and in another when that was cut off whole', async () => {
    const { journal, disk } = await onDisk({ ...NEW, base: NEAR_THE_END });
    await journal.append(made(NEAR_THE_END, [1, 1, 1, 1]));
    await journal.truncate(8193);
    await journal.append(made(journal.last, [2]));
    await journal.truncate(8192);
    await journal.append(made(journal.last, [3]));
    expect(journal.epochs).to.deep.equal([
      { epoch: 1, last: 8192 },
      { epoch: 3, last: 8193 },
    ]);
    const again = await open(disk);
    expect([placeOf(again.last), again.epochs]).to.deep.equal([journal.last, journal.epochs]);
    expect((await disk.list(`${FOLDER}/log-1`)).sort()).to.deep.equal([
      '0000000000008191.jsonl',
      '0000000000008193.jsonl',
    ]);
  });

  it('keeps eight files of what was cut off, those of the latest entries', () =>
    inFolder(async (folder) => {
      const journal = await open(realFiles, folder);
      for (const name of ['notes', 'cut-1-x.jsonl', 'cut-1-2.jsonl.old', 'xcut-1-2.jsonl'])
        writeFileSync(join(folder, name), '');
      await journal.append(made(START, Array(12).fill(1)));
      for (let after = 2; after <= 11; after++) {
        await journal.truncate(after - 1);
        await journal.append(made(journal.last, [after, after]));
      }
      const cut = readdirSync(folder).filter((name) => name.startsWith('cut-') && name.endsWith('.jsonl'));
      const kept = [4, 5, 6, 7, 8, 9, 10, 11].map((first) => `cut-${first}-${first}.jsonl`);
      expect(cut.sort()).to.deep.equal([...kept, 'cut-1-x.jsonl'].sort());
      expect(readdirSync(folder)).to.include.members(['notes', 'cut-1-2.jsonl.old', 'xcut-1-2.jsonl']);
      await journal.close();
    }));

  it('replaces what was cut off there before', () =>
    inFolder(async (folder) => {
      const journal = await open(realFiles, folder);
      for (const epoch of [1, 2]) {
        await journal.append(made(journal.last, [epoch]));
        await journal.truncate(0);
      }
      expect(readFileSync(join(folder, 'cut-1-1.jsonl'), 'utf8')).to.match(/^{"index":1,"epoch":2,.*}\n$/);
      await journal.close();
    }));

  it('reads its segments in the order of their entries, however its folder lists them', async () => {
    const { journal, disk } = await onDisk({ ...NEW, base: NEAR_THE_END });
    await journal.append(made(NEAR_THE_END, [1, 1, 1]));
    const list = disk.list.bind(disk);
    Object.assign(disk, { list: async (folder: string) => (await list(folder)).reverse() });
    expect((await open(disk)).last.index).to.equal(8193);
  });

  it('names file, line and cause of damage that it meets when it is read later', async () => {
    const { journal, disk } = await onDisk({ ...NEW, base: NEAR_THE_END });
    await journal.append(made(NEAR_THE_END, [1, 1, 1, 1]));
    const file = `${FOLDER}/log-1/0000000000008193.jsonl`;
    const text = (await disk.readText(file))!;
    const cases: [content: string | Uint8Array, what: string][] = [
      [
        text.replace(/noop(?=[^\n]*\n$)/, 'none'),
        'the sum of entry 8194 does not fit what it says and the entry before it',
      ],
      [Buffer.concat([Buffer.from(text.split('\n')[0]!), Buffer.from('\n\xff\n', 'latin1')]), 'it is not UTF-8'],
    ];
    for (const [content, what] of cases) {
      const damaged = await disk.openLog(file);
      await damaged.truncate(0);
      await damaged.append(Buffer.from(content));
      const failure = (await failureOf(journal.read(8193, 9, 1e9))) as LogDamage;
      expect(failure).to.include({ code: 'damage', file, line: 2 });
      expect(failure.message).to.equal(`the log is damaged in "${file}", line 2: ${what}`);
      expect(failure.cause instanceof EntryError).to.equal(what !== 'it is not UTF-8');
    }
  });

  it('closes every file that it opens', async () => {
    const disk = new ForgetfulDisk(() => 0);
    const opened = watched(disk);
    const journal = await open(disk, FOLDER, { ...NEW, base: NEAR_THE_END });
    await journal.append(made(NEAR_THE_END, [1, 1, 1, 1]));
    await journal.read(8191, 1, 1e9);
    await journal.read(8191, 9, 1e9);
    await journal.truncate(8193);
    await journal.truncate(8191);
    await journal.append(made(journal.last, [2]));
    await journal.restart(journal.last, async () => {});
    await journal.append(made(journal.last, [2]));
    await journal.close();
    const again = await open(disk);
    await again.close();
    await again.close();
    expect(opened.size).to.equal(0);
  });

  it('removes what was left of a restart or a removal that was not finished', () =>
    inFolder(async (folder) => {
      mkdirSync(join(folder, 'log-2'));
      writeFileSync(join(folder, 'log-2', '0000000000000008.jsonl'), 'of another time\n');
      const journal = await open(realFiles, folder);
      await journal.append(made(START, [1]));
      await journal.restart({ ...START, index: 7, epoch: 1 }, async () => {});
      expect([readdirSync(join(folder, 'log-2')), journal.facts.segments]).to.deep.equal([[], 'log-2']);
      expect(readdirSync(folder)).to.not.include('log-1');
      await journal.close();
      writeFileSync(join(folder, 'log-2', '0000000000000007.jsonl'), 'from before its beginning\n');
      writeFileSync(join(folder, 'log-2', 'notes'), '');
      await (await open(realFiles, folder)).close();
      expect(readdirSync(join(folder, 'log-2'))).to.deep.equal(['notes']);
    }));
});

async function onDisk(facts = NEW): Promise<{ journal: Journal; disk: ForgetfulDisk }> {
  const disk = new ForgetfulDisk(() => 0);
  return { journal: await open(disk, FOLDER, facts), disk };
}

async function open(files: Files, folder = FOLDER, facts = NEW): Promise<Journal> {
  await files.makeFolder(folder);
  const found = await readFacts(files, folder);
  if (!found) await writeFacts(files, folder, facts);
  return Journal.open(files, folder, found ?? facts, () => {});
}

/** The files of a disk that are open now. */
function watched(disk: ForgetfulDisk): Set<object> {
  const opened = new Set<object>();
  const watch = <T extends { close(): Promise<void> }>(open: (path: string) => Promise<T>) => {
    return async (path: string): Promise<T> => {
      const file = await open(path);
      opened.add(file);
      return Object.assign(file, {
        close: async () => void expect(opened.delete(file), `${path} is closed twice`).to.equal(true),
      });
    };
  };
  const [openLog, openToRead] = [disk.openLog.bind(disk), disk.openToRead.bind(disk)];
  Object.assign(disk, { openLog: watch(openLog), openToRead: watch(openToRead) });
  return opened;
}

/** Entries one behind the other, of these epochs. */
function made(behind: Position, epochs: readonly number[]): Entry[] {
  const entries: Entry[] = [];
  for (const epoch of epochs) entries.push(makeEntry(entries.at(-1) ?? behind, epoch, 1, ['noop']));
  return entries;
}

function placeOf({ index, epoch, timeUs, sum }: Position): Position {
  return { index, epoch, timeUs, sum };
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error) => error,
  );
}
