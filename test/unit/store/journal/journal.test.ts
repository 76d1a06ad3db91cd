/** The write-ahead log: what it keeps, what it says of damage, and what is left of it after a power cut at any moment. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { type Entry, type Json, makeEntry, type Position, START } from '../../../../store/entry';
import { type Facts, readFacts, writeFacts } from '../../../../store/journal/facts';
import { type Files, realFiles } from '../../../../store/journal/files';
import { holdFolder, setAside } from '../../../../store/journal/folder';
import { Journal } from '../../../../store/journal/journal';
import { LogDamage, scanLog } from '../../../../store/journal/scan';
import { damagedLog } from '../../../support/store/damage';
import { inFolder } from '../../../support/store/engines';
import { ForgetfulDisk } from '../../../support/store/forgetful-disk';
import { LOG_START_US, TestLog } from '../../../support/store/log';

const NEW: Facts = { id: 'a', segments: 'log-1', base: START, marks: null };

describe('the journal', () => {
  it('keeps lines as they are, in segments that begin at the same entries everywhere', () =>
    inFolder(async (folder) => {
      const entries = logOf(20_000);
      const { journal } = await open(realFiles, folder);
      await Promise.all([journal.append(entries.slice(0, 9000)), journal.append(entries.slice(9000))]);
      await journal.close();
      const names = readdirSync(join(folder, 'log-1'));
      expect(names).to.deep.equal(['0000000000000001.jsonl', '0000000000008193.jsonl', '0000000000016385.jsonl']);
      const text = names.map((name) => readFileSync(join(folder, 'log-1', name), 'utf8')).join('');
      expect(text).to.equal(entries.map(({ line }) => `${line}\n`).join(''));
      const again = await open(realFiles, folder);
      expect(again.seen).to.deep.equal(entries);
      expect(again.journal.last.sum).to.equal(entries.at(-1)!.sum);
      await again.journal.close();
    }));

  it('flushes once for all that came together or meanwhile, and answers in order', async () => {
    const disk = new ForgetfulDisk(() => 0);
    const { journal } = await open(disk);
    const entries = logOf(100);
    const before = disk.calls;
    const order: number[] = [];
    const append = (entry: Entry): Promise<unknown> => journal.append([entry]).then(() => order.push(entry.index));
    const together = entries.slice(0, 50).map(append);
    await undefined;
    const meanwhile = entries.slice(50).map(append);
    await Promise.all([...together, ...meanwhile]);
    // The segment's file and its folder, what came together, what came meanwhile.
    expect(disk.calls - before).to.equal(4);
    expect(order).to.deep.equal([...order].sort((a, b) => a - b));
  });

  it('reads from anywhere, as much as is asked for', async () => {
    const { journal } = await open(new ForgetfulDisk(() => 0));
    const entries = logOf(10_000);
    await journal.append(entries);
    expect(await journal.read(5000, 3, 1e9)).to.deep.equal(entries.slice(4999, 5002));
    expect(await journal.read(8190, 10, 1e9)).to.deep.equal(entries.slice(8189, 8199));
    expect(await journal.read(9999, 10, 1e9)).to.deep.equal(entries.slice(9998));
    expect(await journal.read(1, 10, 1)).to.deep.equal(entries.slice(0, 1));
    expect(await journal.read(10_001, 10, 1e9)).to.deep.equal([]);
  });

  it('cuts off what was not committed and keeps it beside the log', () =>
    inFolder(async (folder) => {
      const { journal } = await open(realFiles, folder);
      const entries = logOf(9000);
      await journal.append(entries);
      await journal.truncate(8000);
      expect(journal.last.index).to.equal(8000);
      expect(journal.epochs).to.deep.equal([{ epoch: 1, last: 8000 }]);
      const cut = readFileSync(join(folder, 'cut-8001-9000.jsonl'), 'utf8');
      expect(cut).to.equal(
        entries
          .slice(8000)
          .map(({ line }) => `${line}\n`)
          .join(''),
      );
      const next = makeEntry(journal.last, 2, 0, ['other']);
      await journal.append([next]);
      expect(await journal.read(8000, 9, 1e9)).to.deep.equal([entries[7999], next]);
      expect(journal.epochs).to.deep.equal([
        { epoch: 1, last: 8000 },
        { epoch: 2, last: 8001 },
      ]);
      await journal.truncate(0);
      expect(journal.last).to.deep.equal(START);
      expect(journal.epochs).to.deep.equal([]);
      await journal.close();
      expect((await open(realFiles, folder)).seen).to.deep.equal([]);
    }));

  it('drops whole segments that nobody needs, and goes on from there', () =>
    inFolder(async (folder) => {
      const { journal } = await open(realFiles, folder);
      const entries = logOf(20_000);
      await journal.append(entries);
      await journal.drop(16_383);
      expect(journal.base.index).to.equal(8192);
      await journal.drop(20_000);
      expect(journal.base.index).to.equal(16_384);
      expect(await journal.read(16_384, 1, 1e9)).to.deep.equal([]);
      const facts = (await readFacts(realFiles, folder))!;
      await journal.close();
      const again = await open(realFiles, folder, facts);
      expect(again.seen).to.deep.equal(entries.slice(16_384));
      await again.journal.close();
    }));

  it('begins anew behind a snapshot', () =>
    inFolder(async (folder) => {
      const { journal } = await open(realFiles, folder);
      await journal.append(logOf(10));
      const entries = logOf(600);
      await journal.restart(entries[499]!, async () => {});
      await journal.append(entries.slice(500));
      await journal.mark({ epoch: 7 });
      await journal.close();
      const again = await open(realFiles, folder, (await readFacts(realFiles, folder))!);
      expect(again.seen).to.deep.equal(entries.slice(500));
      expect(again.journal.facts.marks).to.deep.equal({ epoch: 7 });
      expect(readdirSync(folder).sort()).to.deep.equal(['log-2', 'replica.json']);
      await again.journal.close();
    }));

  it('removes nothing before what stood there is kept in another form', async () => {
    const disk = new ForgetfulDisk(() => 0);
    const { journal } = await open(disk);
    const entries = logOf(4);
    await journal.append(entries);
    const calls = disk.calls;
    const kept = async (): Promise<void> => {
      await Promise.resolve();
      expect(disk.calls).to.equal(calls);
      throw new Error('the state cannot be flushed');
    };
    const [outcome] = await Promise.allSettled([journal.restart(entries[3]!, kept)]);
    expect(outcome).to.have.nested.property('reason.message', 'the state cannot be flushed');
    const again = await open(disk.afterPowerCut(), FOLDER, (await readFacts(disk, FOLDER))!);
    expect(again.seen).to.deep.equal(entries);
  });

  it('does nothing any more after the first failure', async () => {
    const disk = new ForgetfulDisk(() => 0.5);
    const { journal } = await open(disk);
    const entries = logOf(4);
    await journal.append([entries[0]!]);
    disk.failsAt = disk.calls + 1;
    const all = [journal.append([entries[1]!]), journal.append([entries[2]!]), journal.mark(1)];
    for (const result of await Promise.allSettled(all))
      expect(result).to.have.nested.property('reason.message', 'the disk failed');
    disk.failsAt = Number.POSITIVE_INFINITY;
    const later = await Promise.allSettled([journal.append([entries[3]!]), journal.truncate(0), journal.drop(1)]);
    for (const result of later) expect(result).to.have.nested.property('reason.message', 'the disk failed');
    expect(journal.last.index).to.equal(1);
  });

  it('has after a power cut all that it had acknowledged, and else only what was under way', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step(), { minLength: 1, maxLength: 20 }),
        fc.nat({ max: 60 }),
        fc.noShrink(fc.nat()),
        async (steps, failsAt, seed) => {
          const disk = new ForgetfulDisk(seeded(seed));
          const { journal } = await open(disk, FOLDER, NEAR_THE_END);
          disk.failsAt = disk.calls + 1 + failsAt;
          let before: Whole = { base: NEAR_THE_END.base, entries: [], marks: null };
          let under: Whole = before;
          try {
            for (const [name, size] of steps) {
              under = after(before, name, size);
              await perform(journal, name, before, under);
              before = under;
            }
          } catch (error) {
            expect((error as Error).message).to.equal('the disk failed');
          }
          const restarted = disk.afterPowerCut();
          const found = await open(restarted, FOLDER, (await readFacts(restarted, FOLDER))!);
          const { base, facts } = found.journal;
          const isBetween = [before, under].some(
            (state) => state.base.index === base.index && contains(state, found.seen, before, under),
          );
          expect(
            isBetween,
            JSON.stringify({
              base,
              seen: found.seen.length,
              before: before.entries.length,
              under: under.entries.length,
            }),
          ).to.equal(true);
          expect([before.marks, under.marks]).to.deep.include(facts.marks);
          await found.journal.append([makeEntry(found.journal.last, 9, 0, ['more'])]);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('damage in a log', () => {
  it('is cut off where a line is torn, at every byte of it', async () => {
    const entries = logOf(3);
    const bytes = bytesOf(entries);
    for (let length = 0; length < bytes.length; length++) {
      const whole = entries.filter((_, i) => bytesOf(entries.slice(0, i + 1)).length <= length);
      const { seen, journal } = await open(await damagedLog(bytes.subarray(0, length)), FOLDER);
      expect(seen, `cut at ${length}`).to.deep.equal(whole);
      await journal.append([makeEntry(journal.last, 1, 0, ['next'])]);
      expect((await journal.read(1, 9, 1e9)).length).to.equal(whole.length + 1);
    }
  });

  it('is named, at every bit, and nothing behind it is served', async () => {
    const entries = logOf(3);
    const bytes = bytesOf(entries);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const line = bytes.subarray(0, bit >> 3).filter((byte) => byte === 10).length;
      const seen: Entry[] = [];
      const error = await failureOf(scanLog(await damagedLog(flipped), FOLDER, NEW, (entry) => seen.push(entry)));
      expect(error, `bit ${bit}`).to.be.instanceOf(LogDamage);
      expect((error as LogDamage).line).to.equal(line + 1);
      expect(seen).to.deep.equal(entries.slice(0, line));
    }
  });

  it('is named by file, line and what', async () => {
    const entries = logOf(3);
    const text = entries.map(({ line }) => `${line}\n`);
    const cases: [content: string, message: RegExp][] = [
      [
        text[0]! + text[2]!,
        /^the log is damaged in "\/disk\/log-1\/0+1\.jsonl", line 2: it has index 3 where 2 is next$/,
      ],
      [`${text[0]}\n`, /line 2: it does not end with the sum of an entry$/],
      [text[0]! + text[0]!, /line 2: it has index 1 where 2 is next$/],
      [`${'x'.repeat(5 * 1024 * 1024)}`, /line 1: it has no end$/],
    ];
    for (const [content, message] of cases) {
      const error = await failureOf(open(await damagedLog(Buffer.from(content)), FOLDER));
      expect((error as Error).message).to.match(message);
    }
  });

  it('is named where a segment is missing or torn', () =>
    inFolder(async (folder) => {
      const { journal } = await open(realFiles, folder);
      await journal.append(logOf(20_000));
      await journal.close();
      const path = join(folder, 'log-1', '0000000000008193.jsonl');
      const content = readFileSync(path);
      writeFileSync(path, content.subarray(0, -1));
      expect(((await failureOf(open(realFiles, folder))) as Error).message).to.match(
        /8193\.jsonl", line 8192: it has no end$/,
      );
      await realFiles.remove(path);
      expect(((await failureOf(open(realFiles, folder))) as Error).message).to.match(
        /16385\.jsonl": it begins with entry 16385 where 8193 is next$/,
      );
    }));

  it('is noticed by who reads the log later', () =>
    inFolder(async (folder) => {
      const { journal } = await open(realFiles, folder);
      await journal.append(logOf(10));
      const path = join(folder, 'log-1', '0000000000000001.jsonl');
      writeFileSync(path, readFileSync(path, 'utf8').replace('"number",5', '"number",6'));
      expect(await failureOf(journal.read(1, 10, 1e9))).to.be.instanceOf(LogDamage);
      await journal.close();
    }));
});

describe("a replica's folder", () => {
  it('is held by one, and known again', () =>
    inFolder(async (folder) => {
      const held = await holdFolder(realFiles, folder, 'first');
      expect([held.isNew, held.facts.id]).to.deep.equal([true, 'first']);
      const error = await failureOf(holdFolder(realFiles, folder, 'second'));
      expect(error).to.have.property('code', 'lock');
      held.unlock();
      const again = await holdFolder(realFiles, folder, 'second');
      expect([again.isNew, again.facts.id]).to.deep.equal([false, 'first']);
      again.unlock();
    }));

  it('of another version, damaged, or without its facts is refused in one sentence', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'replica.json');
      await writeFacts(realFiles, folder, NEW);
      const text = readFileSync(path, 'utf8');
      const cases: [string, string][] = [
        [text.replace('"format": 1', '"format": 2'), 'format'],
        [text.replace('"id": "a"', '"id": "b"'), 'damage'],
        [text.slice(0, -10), 'damage'],
        ['null', 'format'],
      ];
      for (const [content, code] of cases) {
        writeFileSync(path, content);
        expect(await failureOf(holdFolder(realFiles, folder, 'x'))).to.have.property('code', code);
      }
      await realFiles.remove(path);
      mkdirSync(join(folder, 'log-1'));
      expect(await failureOf(holdFolder(realFiles, folder, 'x'))).to.have.property('code', 'damage');
      const { facts, aside } = await setAside(realFiles, folder, 'new');
      expect([facts.id, aside]).to.deep.equal(['new', join(folder, 'damaged-1')]);
      expect(readdirSync(folder).sort()).to.deep.equal(['damaged-1', 'lock', 'replica.json']);
      expect(readdirSync(aside)).to.deep.equal(['log-1']);
    }));
});

const FOLDER = '/disk';
/** Of a segment, so that few entries cross it. */
const NEAR_THE_END: Facts = { ...NEW, base: { ...START, index: 8186, epoch: 1, timeUs: 1 } };

async function open(files: Files, folder = FOLDER, facts = NEW): Promise<{ journal: Journal; seen: Entry[] }> {
  const seen: Entry[] = [];
  await files.makeFolder(folder);
  if ((await readFacts(files, folder)) === undefined) await writeFacts(files, folder, facts);
  return { journal: await Journal.open(files, folder, facts, (entry) => seen.push(entry)), seen };
}

interface Whole {
  base: Position;
  entries: Entry[];
  marks: Json;
}

type Step = ['append' | 'truncate' | 'restart' | 'drop' | 'mark', number];

function step(): fc.Arbitrary<Step> {
  const some = (name: Step[0], min: number, max: number) => fc.integer({ min, max }).map((size): Step => [name, size]);
  return fc.oneof(
    { weight: 6, arbitrary: some('append', 1, 8) },
    { weight: 2, arbitrary: some('truncate', 8186, 8200) },
    { weight: 1, arbitrary: some('restart', 8180, 8192) },
    { weight: 1, arbitrary: some('drop', 8186, 8200) },
    { weight: 1, arbitrary: some('mark', 0, 9) },
  );
}

/** What a step makes of a log. */
function after({ base, entries, marks }: Whole, name: Step[0], size: number): Whole {
  if (name === 'mark') return { base, entries, marks: size };
  if (name === 'truncate') return { base, entries: entries.filter(({ index }) => index <= size), marks };
  if (name === 'restart') return { base: { ...START, index: size, epoch: 1, timeUs: 1 }, entries: [], marks };
  const last = entries.at(-1) ?? base;
  if (name === 'append') {
    const more = new TestLog();
    more.last = last;
    for (let i = 0; i < size; i++) more.append(['n', i]);
    return { base, entries: [...entries, ...more.entries], marks };
  }
  const dropped = entries.filter(({ index }) => index % 8192 === 0 && index <= size && index < last.index);
  const { index, epoch, timeUs, sum } = dropped.at(-1) ?? base;
  return { base: { index, epoch, timeUs, sum }, entries: entries.filter((entry) => entry.index > index), marks };
}

function perform(journal: Journal, name: Step[0], before: Whole, under: Whole): Promise<void> {
  if (name === 'mark') return journal.mark(under.marks);
  if (name === 'restart') return journal.restart(under.base, async () => {});
  if (name === 'truncate') return journal.truncate(under.entries.at(-1)?.index ?? under.base.index);
  if (name === 'drop') return journal.drop(under.base.index);
  return journal.append(under.entries.slice(before.entries.length));
}

/** Is what was found the state, or between the two? */
function contains(state: Whole, found: Entry[], before: Whole, under: Whole): boolean {
  const [shorter, longer] = [before, under].map(({ entries }) => entries).sort((a, b) => a.length - b.length);
  const sameBase = before.base.index === under.base.index && before.base.sum === under.base.sum;
  const of = sameBase ? longer! : state.entries;
  const least = sameBase ? shorter!.length : state.entries.length;
  return found.length >= least && found.every((entry, i) => entry.line === of[i]?.line);
}

function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

function logOf(count: number): Entry[] {
  const log = new TestLog();
  for (let i = 1; i <= count; i++) log.append(['number', i], undefined, LOG_START_US + i);
  return log.entries;
}

function bytesOf(entries: readonly Entry[]): Buffer {
  return Buffer.from(entries.map(({ line }) => `${line}\n`).join(''));
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error) => error,
  );
}
