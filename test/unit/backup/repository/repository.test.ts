/** Copies kept, found unchanged, let go, damaged and healed; what a crash or a flipped bit does to them. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { DamageError } from '../../../../backup/repository/damage-error';
import type { PackStore } from '../../../../backup/repository/pack-store';
import { clean, prune } from '../../../../backup/repository/prune';
import { Repository } from '../../../../backup/repository/repository';
import { verify } from '../../../../backup/repository/verify';
import type { VerifyLine } from '../../../../backup/server/admin-wire';
import { sumOf } from '../../../../backup/sum';
import { compressFrame } from '../../../../backup/zstd-frame';
import { isOperatorError } from '../../../support/backup/errors';
import { temporaryFolders } from '../../../support/backup/folders';
import { contentsOf, putCopy, recordsOf, SOURCE } from '../../../support/backup/small-repository';

describe('a repository', () => {
  const newFolder = temporaryFolders();
  const opened: Repository[] = [];

  async function open(folder: string): Promise<Repository> {
    const repository = await Repository.open(folder);
    opened.push(repository);
    return repository;
  }

  afterEach(async () => {
    for (const repository of opened.splice(0)) await repository.close();
  });

  it('gives copies back after it was closed and opened', async () => {
    const folder = newFolder();
    const first = await open(folder);
    await putCopy(first, { a: ['one', 'two'], b: ['two'] });
    await putCopy(first, { a: ['one', 'three'] });
    await opened.pop()!.close();
    const again = await open(folder);
    const copies = await again.copies.of(SOURCE);
    expect(copies.map(({ number }) => number)).to.deep.equal([1, 2]);
    expect(await contentsOf(again, copies[0]!)).to.deep.equal({ a: 'onetwo', b: 'two' });
    expect(await contentsOf(again, copies[1]!)).to.deep.equal({ a: 'onethree' });
    expect(again.packs.chunks).to.equal(3);
    expect(await damageIn(again)).to.deep.equal([]);
  });

  it('makes no copy when only times changed, and remembers what was seen', async () => {
    const repository = await open(newFolder());
    expect((await putCopy(repository, { a: ['one'] }, { list: 'first' })).copy).to.equal(1);
    expect((await putCopy(repository, { a: ['one'] }, { mtime: '1800000000000000000', list: 'second' })).copy).to.equal(
      undefined,
    );
    expect(await repository.copies.of(SOURCE)).to.have.length(1);
    const { list, records } = await repository.copies.last(SOURCE);
    expect(list).to.equal('second');
    expect((await recordsOf(records()))[1]).to.include({ path: 'a', mtime: '1800000000000000000' });
    expect((await putCopy(repository, { a: ['one', 'more'] }, { list: 'third' })).copy).to.equal(2);
    expect((await repository.copies.last(SOURCE)).list).to.equal('third');
    expect(await damageIn(repository)).to.deep.equal([]);
  });

  it('never gives a number twice, also after a purge', async () => {
    const repository = await open(newFolder());
    await putCopy(repository, { a: ['one'] });
    await putCopy(repository, { a: ['two'] });
    expect(await prune(repository, SOURCE, 0)).to.equal(2);
    expect(await repository.copies.of(SOURCE)).to.deep.equal([]);
    expect((await putCopy(repository, { a: ['one'] })).copy).to.equal(3);
  });

  it('is held by one at a time', async () => {
    const folder = newFolder();
    await open(folder);
    const error = await Repository.open(folder).catch((cause: unknown) => cause);
    expect(isOperatorError(error, 'lock'), String(error)).to.equal(true);
  });

  it('refuses a later format', async () => {
    const folder = newFolder();
    await open(folder);
    await opened.pop()!.close();
    writeFileSync(join(folder, 'format.json'), '{"format":"servent-backup","version":2}');
    const error = await Repository.open(folder).catch((cause: unknown) => cause);
    expect(isOperatorError(error, 'file'), String(error)).to.equal(true);
  });

  describe('prune and clean', () => {
    it('keep as many copies as asked for, and what they need', async () => {
      const repository = await open(newFolder());
      for (const word of ['one', 'two', 'three', 'four'])
        await putCopy(repository, { a: ['same', word], b: [`only ${word}`] });
      expect(await prune(repository, SOURCE, 2)).to.equal(2);
      await clean(repository);
      const copies = await repository.copies.of(SOURCE);
      expect(copies.map(({ number }) => number)).to.deep.equal([3, 4]);
      expect(await contentsOf(repository, copies[0]!)).to.deep.equal({ a: 'samethree', b: 'only three' });
      expect(repository.packs.has(sumOf(Buffer.from('only one')))).to.equal(false);
      expect(await damageIn(repository)).to.deep.equal([]);
    });

    it('keep the last good copy when those after it are damaged', async () => {
      const repository = await open(newFolder());
      for (const word of ['one', 'two', 'three']) await putCopy(repository, { a: [word] });
      const last = (await repository.copies.of(SOURCE)).at(-1)!;
      flip(join(repository.folder, last.file), 100);
      expect(await prune(repository, SOURCE, 1)).to.equal(1);
      expect((await repository.copies.of(SOURCE)).map(({ number }) => number)).to.deep.equal([2, 3]);
    });

    it('throw nothing away while a list cannot be read', async () => {
      const repository = await open(newFolder());
      await putCopy(repository, { a: ['one'] });
      flip(join(repository.folder, (await repository.copies.of(SOURCE))[0]!.file), 100);
      expect(await clean(repository).catch((error: unknown) => error)).to.be.instanceOf(DamageError);
      expect(repository.packs.has(sumOf(Buffer.from('one')))).to.equal(true);
    });

    it('leave what a run under way has asked for or added', async () => {
      const repository = await open(newFolder());
      await putCopy(repository, { a: ['old'] });
      await putCopy(repository, { a: ['new'] });
      const run = await repository.copies.begin({ node: 'other', path: '' }, 0);
      expect(repository.packs.has(sumOf(Buffer.from('old')))).to.equal(true);
      await repository.packs.add([[sumOf(Buffer.from('added')), 5]], await compressFrame(Buffer.from('added')));
      await prune(repository, SOURCE, 1);
      await clean(repository);
      await clean(repository);
      for (const word of ['old', 'new', 'added'])
        expect(repository.packs.has(sumOf(Buffer.from(word))), word).to.equal(true);
      await run.abandon();
      await clean(repository);
      for (const word of ['old', 'added']) expect(repository.packs.has(sumOf(Buffer.from(word))), word).to.equal(false);
      expect(repository.packs.has(sumOf(Buffer.from('new')))).to.equal(true);
    });

    it('do not take a copy from under its reader', async () => {
      const repository = await open(newFolder());
      await putCopy(repository, { a: ['one'] });
      await putCopy(repository, { a: ['two'] });
      const reading = repository.copies.records((await repository.copies.of(SOURCE))[0]!);
      await reading.next();
      expect(await prune(repository, SOURCE, 1)).to.equal(0);
      await reading.return(undefined);
      expect(await prune(repository, SOURCE, 1)).to.equal(1);
    });

    it('may take a pack from under a verify, which needs it only once', async () => {
      const repository = await open(newFolder());
      await putCopy(repository, { a: ['one'] });
      const pack = join(repository.folder, packsIn(repository.folder)[0]!);
      renameSync(pack, `${pack}.moved`);
      execFileSync('mkfifo', [pack]);
      // Gone as soon as somebody has opened it, and read to its end all the same.
      const writing = spawn('sh', ['-c', 'exec 3> "$0"; rm "$0"; cat "$0.moved" >&3', pack]);
      const ended = once(writing, 'close');
      const found: unknown[] = [];
      for await (const each of repository.packs.verify()) found.push(each);
      expect(found).to.deep.equal([{ bytes: statSync(`${pack}.moved`).size }]);
      await ended;
    });

    it('put many short packs together', async () => {
      const repository = await open(newFolder());
      for (let i = 0; i < 66; i++)
        await putCopy(
          repository,
          Object.fromEntries(Array.from({ length: i + 1 }, (_, j) => [`f${j}`, [`file ${j}`]])),
        );
      await clean(repository);
      expect(packsIn(repository.folder)).to.have.length(1);
      expect(Object.keys(await contentsOf(repository, (await repository.copies.of(SOURCE)).at(-1)!))).to.have.length(
        66,
      );
      expect(await damageIn(repository)).to.deep.equal([]);
    });
  });

  it('ends a pack when very many chunks are in it', async () => {
    const { packs, folder } = await open(newFolder());
    for (let i = 0; i < 3; i++) await addMany(packs, 8192, i);
    expect(packsIn(folder)).to.have.length(1);
    await packs.seal();
    expect(packsIn(folder)).to.have.length(2);
  });

  it('does not put packs together again that have many chunks, however few bytes', async () => {
    const { packs, folder } = await open(newFolder());
    const all: string[] = [];
    for (let i = 0; i < 66; i++) {
      all.push(...(await addMany(packs, 2048, i)));
      await packs.seal();
    }
    const before = packsIn(folder);
    await packs.clean(async () => {
      for (const sum of all) packs.has(sum);
    });
    expect(packsIn(folder)).to.deep.equal(before);
  });

  describe('damaged', () => {
    it('heals what the next run brings again', async () => {
      const folder = newFolder();
      await putCopy(await open(folder), { a: ['one'], b: ['two'] });
      await opened.pop()!.close();
      const pack = packsIn(folder)[0]!;
      flip(join(folder, pack), 80 * 8);
      const repository = await open(folder);
      expect(await damageIn(repository)).to.not.deep.equal([]);
      expect((await repository.copies.last(SOURCE)).list, 'the agent is asked for all of it').to.equal('');
      await putCopy(repository, { a: ['one'], b: ['two'] });
      await clean(repository);
      expect(await damageIn(repository)).to.deep.equal([]);
      expect(await contentsOf(repository, (await repository.copies.of(SOURCE))[0]!)).to.deep.equal({
        a: 'one',
        b: 'two',
      });
    });

    it('goes on with what arrived before a crash, as far as it is whole', async () => {
      const folder = newFolder();
      const repository = await open(folder);
      for (const word of ['one', 'two', 'three'])
        await repository.packs.add([[sumOf(Buffer.from(word)), word.length]], await compressFrame(Buffer.from(word)));
      const copy = newFolder();
      cpSync(folder, copy, { recursive: true });
      const part = join(copy, 'open', readdirSync(join(copy, 'open'))[0]!);
      truncateSync(part, statSync(part).size - 1);
      const crashed = await open(copy);
      expect(['one', 'two', 'three'].map((word) => crashed.packs.has(sumOf(Buffer.from(word))))).to.deep.equal([
        true,
        true,
        false,
      ]);
      expect(readdirSync(join(copy, 'open'))).to.deep.equal([]);
      expect(await damageIn(crashed)).to.deep.equal([]);
    });

    it('finds the newline that is another byte, and cuts off a line that a crash left torn', async () => {
      const folder = newFolder();
      const file = join(folder, 'history.jsonl');
      const made = await open(folder);
      await made.history.add({ ...SOURCE, atMs: 0, tookMs: 1, outcome: 'unchanged', travelled: 10 });
      await opened.pop()!.close();
      const line = readFileSync(file);
      for (let torn = 1; torn < line.length; torn++) {
        writeFileSync(file, Buffer.concat([line, line.subarray(0, torn)]));
        expect(await damageIn(await open(folder)), `${torn} bytes`).to.deep.equal([]);
        await opened.pop()!.close();
        expect(readFileSync(file).equals(line)).to.equal(true);
      }
      flip(file, (line.length - 1) * 8);
      for (let opening = 1; opening <= 2; opening++) {
        expect(await damageIn(await open(folder))).to.have.length(1);
        await opened.pop()!.close();
      }
    });

    const step = process.env.EVERY_BIT ? 1 : 997;
    it(`in any bit is found by verify and restored by none (one bit of ${step})`, async function () {
      this.timeout(0);
      const whole = newFolder();
      const tree = { a: ['one', 'two'], b: ['three'] };
      const made = await open(whole);
      await putCopy(made, tree);
      await putCopy(made, { ...tree, c: ['four'] });
      await putCopy(made, { ...tree, c: ['four'] }, { mtime: '1900000000000000000' });
      await made.saveRegistry([]);
      await made.history.add({ ...SOURCE, atMs: 0, tookMs: 1, outcome: 'copied', copy: 1, travelled: 10 });
      await opened.pop()!.close();
      const kept = { 1: { a: 'onetwo', b: 'three' }, 2: { a: 'onetwo', b: 'three', c: 'four' } };
      for (const file of filesIn(whole)) {
        const bytes = readFileSync(join(whole, file));
        for (let bit = 0; bit < bytes.length * 8; bit += step) {
          flip(join(whole, file), bit);
          const found = await findings(whole, kept);
          expect(found.damage, `${file} bit ${bit}`).to.not.deep.equal([]);
          expect(found.wrong, `${file} bit ${bit}`).to.deep.equal([]);
          writeFileSync(join(whole, file), bytes);
        }
      }
    });
  });
});

/** What opening and verifying a folder finds, and copies that came back other than they were. */
async function findings(folder: string, kept: Record<number, object>): Promise<{ damage: string[]; wrong: unknown[] }> {
  let repository: Repository;
  try {
    repository = await Repository.open(folder);
  } catch (error) {
    return { damage: [String(error)], wrong: [] };
  }
  try {
    const wrong: unknown[] = [];
    for (const copy of await repository.copies.of(SOURCE)) {
      const contents = await contentsOf(repository, copy).catch((error: unknown) => {
        if (!(error instanceof DamageError)) throw error;
      });
      if (contents && JSON.stringify(contents) !== JSON.stringify(kept[copy.number])) wrong.push(contents);
    }
    return { damage: await damageIn(repository), wrong };
  } finally {
    await repository.close();
  }
}

async function damageIn(repository: Repository): Promise<string[]> {
  const lines: VerifyLine[] = [];
  for await (const line of verify(repository)) lines.push(line);
  expect(lines.at(-1)!.type).to.equal('end');
  return lines.flatMap((line) => (line.type === 'damage' ? [line.message] : []));
}

function flip(path: string, bit: number): void {
  const bytes = readFileSync(path);
  bytes[bit >> 3]! ^= 1 << (bit & 7);
  writeFileSync(path, bytes);
}

function packsIn(folder: string): string[] {
  return filesIn(folder).filter((file) => file.endsWith('.pack'));
}

function filesIn(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[])
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();
}

/** Adds a block of chunks of a few bytes, which no other call adds. */
async function addMany(packs: PackStore, count: number, call: number): Promise<string[]> {
  const pieces = Array.from({ length: count }, (_, i) => Buffer.from(`${call} ${i}`));
  const chunks = pieces.map((piece) => [sumOf(piece), piece.length] as const);
  await packs.add(chunks, await compressFrame(Buffer.concat(pieces)));
  return chunks.map(([sum]) => sum);
}
