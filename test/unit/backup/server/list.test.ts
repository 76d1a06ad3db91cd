import { expect } from 'chai';
import * as fc from 'fast-check';
import { changed, lacking, type SummedRun } from '../../../../backup/agent/list';
import { entrySumOf, RunCutter, runSumOf } from '../../../../backup/list-runs';
import { comparePaths, type FileRecord, type TreeRecord } from '../../../../backup/record';
import { AgentError } from '../../../../backup/server/agent-error';
import { type Listed, listed, sumsOf } from '../../../../backup/server/list';
import type { ListLine } from '../../../../backup/wire';

const OWNED = { mode: 0o644, uid: 0, gid: 0, mtime: '5' };

/** Two trees of one mould: some files are in both, of those some are as they were. */
const trees = fc
  .uniqueArray(
    fc.record({
      path: fc.stringMatching(/^[a-c0-9]{1,3}(\/[a-c0-9]{1,3}){0,2}$/),
      before: fc.boolean(),
      after: fc.boolean(),
      changed: fc.boolean(),
    }),
    { selector: ({ path }) => path, maxLength: 300 },
  )
  .map((things) => {
    const tree = (isThere: 'before' | 'after'): FileRecord[] =>
      things
        .filter((thing) => thing[isThere])
        .map(({ path, changed }) => file(path, isThere === 'after' && changed ? 2 : 1))
        .sort((one, other) => comparePaths(one.path, other.path));
    return { before: tree('before'), after: tree('after') };
  });

/** How an agent leaves out of a list what a server has: runs, or entries where it remembers the last list. */
const ways: [what: string, lines: (before: FileRecord[], after: FileRecord[]) => Promise<ListLine[]>][] = [
  ['runs', async (before, after) => all(lacking(runsOf(after), await sumsOf(from(before))))],
  ['entries', async (before, after) => all(changed(runsOf(after), Float64Array.from(before.map(entrySumOf))))],
];

describe('a list of which only what changed travels', () => {
  for (const [what, linesOf] of ways) {
    it(`is the whole list, each entry beside the one of before: ${what}`, async () => {
      await fc.assert(
        fc.asyncProperty(trees, async ({ before, after }) => {
          const lines = await linesOf(before, after);
          const kept = before.map((record): FileRecord => ({ ...record, chunks: [] }));
          const ends: string[] = [];
          const found = await all(listed(from(lines), from(kept), (end) => ends.push(end)));
          const known = new Map(kept.map((record) => [record.path, record]));
          const expected = after.map((record): Listed => [record, known.get(record.path)]);
          expect(found.map(([entry, beside]) => [unreadOf(entry as FileRecord), beside])).to.deep.equal(expected);
          expect(ends).to.have.length(1);
        }),
      );
    });
  }

  it('is one entry and what stands beside it where one has changed', async () => {
    const before = Array.from({ length: 5000 }, (_, i) => file(`folder/${10_000 + i}`, 1));
    const after = before.map((record, i) => (i === 2345 ? { ...record, size: 7 } : record));
    const lines = await all(changed(runsOf(after), Float64Array.from(before.map(entrySumOf))));
    expect(lines.slice(0, -1)).to.deep.equal([entries(0, 2345), after[2345], entries(2346, 5000 - 2346)]);
  });

  it('never goes back in what the server has, whatever sums agree: those entries travel', async () => {
    const [one, other] = [file('a', 1), file('b', 1)];
    const lines = await all(changed(runsOf([one, other]), Float64Array.of(entrySumOf(other), entrySumOf(one))));
    expect(lines.slice(0, -1)).to.deep.equal([entries(1, 1), other]);
  });

  it('is hardly a line when little changed', async () => {
    const before = Array.from({ length: 5000 }, (_, i) => file(`folder/${10_000 + i}`, 1));
    const after = before.map((record, i) => (i === 2345 ? { ...record, size: 7 } : record));
    const lines = await all(lacking(runsOf(after), await sumsOf(from(before))));
    expect(lines.length).to.be.below(100);
    expect(lines.filter(({ type }) => type === 'file')).to.deep.include(after[2345]);
  });

  const before = Array.from({ length: 60 }, (_, i) => file(String(100 + i), 1));
  const wrong: [what: string, lines: object[]][] = [
    ['runs that are not there', [same(0, 1000)]],
    ['a run behind the last', [same(1000, 1)]],
    ['a run twice', [same(0, 1), same(0, 1)]],
    ['runs in another order', [same(1, 1), same(0, 1)]],
    ['no run', [same(0, 0)]],
    ['a run before the first', [same(-1, 1)]],
    ['a part of a run', [same(0.5, 1)]],
    ['what is no number', [{ type: 'same', first: '0', count: '1' }]],
    ['a run behind an entry that comes later', [file('999', 1), same(0, 1)]],
    ['a run of which an entry came before', [file('1000', 1), same(0, 1)]],
    ['entries that are not there', [entries(0, 61)]],
    ['an entry behind the last', [entries(60, 1)]],
    ['an entry twice', [entries(0, 2), entries(1, 1)]],
    ['no entry', [entries(0, 0)]],
    ['an entry before the first', [entries(-1, 1)]],
    ['a part of an entry', [entries(0.5, 1)]],
    ['entries whose number is none', [{ type: 'entries', first: '0', count: 1 }]],
    ['an entry behind another that comes later', [file('999', 1), entries(0, 1)]],
  ];
  for (const [what, lines] of wrong) {
    it(`is refused with ${what}`, async () => {
      const end = { type: 'end', sum: 'x' };
      const error = await all(listed(from([...lines, end]), from(before), () => {})).catch((cause: unknown) => cause);
      expect(error).to.be.instanceOf(AgentError);
    });
  }
});

function file(path: string, size: number): FileRecord {
  return { type: 'file', path, size, ...OWNED, ctime: '0', dev: 1, ino: '2' };
}

function same(first: number, count: number): object {
  return { type: 'same', first, count };
}

function entries(first: number, count: number): object {
  return { type: 'entries', first, count };
}

function unreadOf({ chunks: _chunks, ...record }: FileRecord): FileRecord {
  return record;
}

function runsOf(records: readonly TreeRecord[]): SummedRun[] {
  const cutter = new RunCutter<TreeRecord>();
  const runs = records.flatMap((record) => [cutter.add(record) ?? []].filter(({ length }) => length > 0));
  return [...runs, cutter.end()].map((entries) => ({
    sum: runSumOf(entries),
    entries,
    entrySums: entries.map(entrySumOf),
  }));
}

async function* from<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}
