/** What can be said and taken from a replica's files alone. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Documents } from '../../../../store/documents/documents';
import { documentKey } from '../../../../store/documents/keys';
import { LmdbEngine } from '../../../../store/documents/lmdb-engine';
import { MemoryEngine } from '../../../../store/documents/memory-engine';
import { type Entry, makeEntry, type Operation } from '../../../../store/entry';
import { realFiles } from '../../../../store/journal/files';
import { holdFolder } from '../../../../store/journal/folder';
import { Journal } from '../../../../store/journal/journal';
import { readLog } from '../../../../store/offline/read-log';
import { exportLines, importOperations } from '../../../../store/offline/transfer';
import { verifyFolder } from '../../../../store/offline/verify';
import { inFolder } from '../../../support/store/engines';
import { TestLog } from '../../../support/store/log';

interface Replica {
  folder: string;
  journal: Journal;
  engine: LmdbEngine;
  log: TestLog;
}

function withReplica(work: (replica: Replica) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => {
    const { facts, unlock } = await holdFolder(realFiles, folder, 'me');
    const journal = await Journal.open(realFiles, folder, facts, () => {});
    const engine = new LmdbEngine(join(folder, 'state'));
    const log = new TestLog();
    log.append(['create', 'users', { '*age': 'int' }]);
    for (let i = 0; i < 8200; i++)
      log.append(['insert', 'users', { _id: `${i}`, age: i % 100 }], i % 2 ? undefined : `r${i}`);
    await journal.append(log.entries);
    new Documents(engine).apply(log.entries);
    // Who opens the file beside it sees what is flushed.
    await engine.flush();
    try {
      await work({ folder, journal, engine, log });
    } finally {
      await journal.close();
      await engine.close();
      unlock();
    }
  });
}

describe('a folder verified', () => {
  it('is told in numbers, beside a replica that runs', () =>
    withReplica(async ({ folder, log }) => {
      const reader = new LmdbEngine(join(folder, 'state'), { readOnly: true });
      const { id, last, torn, state } = await verifyFolder(realFiles, folder, reader);
      expect([id, last.index, torn, state?.documents, state?.applied.index]).to.deep.equal([
        'me',
        8201,
        false,
        8200,
        8201,
      ]);
      expect(last.sum).to.equal(log.last.sum);
      await reader.close();
    }));

  it('tells a state that differs from what was written, in documents, an index, or the log', () =>
    withReplica(async ({ folder, engine }) => {
      const message = () =>
        verifyFolder(realFiles, folder, engine).then(
          () => 'whole',
          (error) => error.message,
        );
      const put = (key: string, value: string | undefined) =>
        engine.write((writer) => (value === undefined ? writer.remove(key) : writer.put(key, value)));
      const key = documentKey(2, '7');
      const before = engine.get(key)!;
      put(key, '{"_id":"7","age":8}');
      expect(await message()).to.match(/document "7" of "users" is missing in an index$/);
      put(key, undefined);
      expect(await message()).to.match(/the documents of "users" are not those that were written$/);
      put(key, before);
      expect(await message()).to.equal('whole');
      const head = engine.get('\0\0\0\0head')!;
      put('\0\0\0\0head', head.replace(/"sum":"./, '"sum":"_'));
      expect(await message()).to.match(/it applied another entry 8201 than the log has$/);
    }));

  it("that is no replica's is told so", () =>
    inFolder(async (folder) => {
      const error = await verifyFolder(realFiles, folder, undefined).catch((thrown) => thrown);
      expect(error).to.have.property('code', 'file');
    }));
});

describe('the log read from its files', () => {
  it('is given from any index on, and goes on when more comes', () =>
    withReplica(async ({ folder, journal, log }) => {
      const seen: Entry[] = [];
      let rounds = 0;
      const more = async () => {
        rounds++;
        const next = makeEntry(journal.last, 1, 0, ['more', rounds]);
        if (rounds < 3) await journal.append([next]);
        return rounds < 3;
      };
      for await (const entry of readLog(realFiles, folder, 8190, more)) seen.push(entry);
      expect(seen.map(({ index }) => index)).to.deep.equal(Array.from({ length: 14 }, (_, i) => 8190 + i));
      expect(seen.slice(0, 12)).to.deep.equal(log.entries.slice(8189));
      expect(rounds).to.equal(3);
    }));

  it('goes on behind a snapshot that takes its place', () =>
    withReplica(async ({ folder, journal, log }) => {
      const seen: number[] = [];
      let looks = 0;
      const more = async () => {
        if (++looks > 1) return false;
        await journal.restart({ ...log.last, index: 9000 }, async () => {});
        await journal.append([makeEntry(journal.last, 1, 0, ['more'])]);
        return true;
      };
      for await (const { index } of readLog(realFiles, folder, 8200, more)) seen.push(index);
      expect(seen).to.deep.equal([8200, 8201, 9001]);
    }));

  it('names damage, and a segment that is missing', () =>
    withReplica(async ({ folder }) => {
      const read = async () => {
        for await (const _ of readLog(realFiles, folder, 1, async () => false));
      };
      const [first] = readdirSync(join(folder, 'log-1'));
      const path = join(folder, 'log-1', first!);
      const text = readFileSync(path, 'utf8');
      writeFileSync(path, text.slice(0, -1));
      expect(await read().catch((error) => error.message)).to.match(/it begins with entry 8193 where 8192 is next$/);
      writeFileSync(path, text.replace('"age":5', '"age":6'));
      expect(await read().catch((error) => error.message)).to.match(/line 7: the sum of entry 7 does not fit/);
    }));
});

describe('an export', () => {
  it('makes the same content elsewhere, and may be imported twice', () =>
    withReplica(async ({ engine }) => {
      const snapshot = new Documents(engine).snapshot();
      const lines = [...exportLines(snapshot)];
      snapshot.close();
      expect(lines).to.have.length(8201);
      const copy = new Documents(new MemoryEngine());
      const log = new TestLog();
      const operations: Operation[] = [];
      for (let i = 0; i < 2; i++) for await (const op of importOperations(each(lines), 'x')) operations.push(op);
      const replies = copy.apply(operations.map((op) => log.append(op)));
      expect(replies.filter(([kind]) => kind === 'ko')).to.deep.equal([
        ['ko', 'there is a collection "users" already'],
      ]);
      const again = copy.snapshot();
      expect([...exportLines(again)]).to.deep.equal(lines);
    }));

  it('that is none is told by its line', async () => {
    const cases: [string[], RegExp][] = [
      [['["document",{"_id":"a"}]'], /^expected a line of an export in "x", line 1, got another: it is neither/],
      [['["collection","a",{}]', '{'], /line 2, got another: it is neither/],
      [['["collection","a",{"b":"c"}]'], /line 1, got another: the type of "b" is one of/],
    ];
    for (const [lines, message] of cases) {
      const error = await (async () => {
        for await (const _ of importOperations(each(lines), 'x'));
      })().catch((thrown) => thrown);
      expect(error.message).to.match(message);
    }
  });
});

async function* each(lines: string[]): AsyncGenerator<string> {
  yield* lines;
}
