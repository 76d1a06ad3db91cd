/** What comes back of a copy, and that nothing gets out of the target, whatever a server sends. */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { LinesError, LineWriter } from '../../../../backup/lines';
import type { TreeRecord } from '../../../../backup/record';
import type { Source } from '../../../../backup/repository/copy';
import { encodeBlockHeader } from '../../../../backup/repository/pack';
import { Repository } from '../../../../backup/repository/repository';
import { listCopy } from '../../../../backup/restore/list';
import { type Restored, restore, restoreTree } from '../../../../backup/restore/restore';
import { restoreStream } from '../../../../backup/restore/send';
import { tarGz } from '../../../../backup/restore/tar';
import { sumOf } from '../../../../backup/sum';
import { compressFrame } from '../../../../backup/zstd-frame';
import { isOperatorError } from '../../../support/backup/errors';
import { temporaryFolders } from '../../../support/backup/folders';
import { recordsOf, SOURCE } from '../../../support/backup/small-repository';
import { backUp, make, snapshot, things } from '../../../support/backup/trees';

const OWNED = { mode: 0o644, uid: process.getuid!(), gid: process.getgid!(), mtime: '1700000000000000001' };
const FOLDER: TreeRecord = { type: 'folder', path: '', ...OWNED, mode: 0o755 };

describe('a restore', () => {
  const newFolder = temporaryFolders();
  let repository: Repository;

  /** Copies of a source of which only times have changed are none: each test that compares times has a source of its own. */
  let source: Source = SOURCE;
  let sources = 0;
  const newSource = (): Source => (source = { node: 'node', path: String(sources++) });
  beforeEach(newSource);

  before(async () => (repository = await Repository.open(newFolder())));
  after(() => repository.close());

  async function restored(target: string, { below = '', overwrite = false, back = 1 } = {}): Promise<Restored> {
    const copy = (await repository.copies.of(source)).at(-back)!;
    return restore(restoreStream(repository, copy, below), target, { overwrite, name: 'single' }, () => {});
  }

  const runs = Number(process.env.TREES ?? 100);
  it(`gives back what was there: ${runs} trees`, async function () {
    this.timeout(0);
    await fc.assert(
      fc.asyncProperty(things, async (tree) => {
        const [from, to] = [newFolder(), newFolder()];
        newSource();
        make(tree, Buffer.from(from));
        await backUp(from, repository, source);
        const { missing } = await restored(to);
        expect(missing).to.deep.equal([]);
        expect(snapshot(Buffer.from(to))).to.deep.equal(snapshot(Buffer.from(from)));
        for (const folder of [from, to]) rmSync(folder, { recursive: true });
        await repository.copies.purge(source);
      }),
      { numRuns: runs },
    );
  });

  it('of 200 folders one in the other, of an empty file, of holes', async () => {
    const [from, to] = [newFolder(), newFolder()];
    const deep = join(from, ...Array.from({ length: 200 }, (_, i) => `d${i}`));
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(deep, 'empty'), '');
    writeFileSync(join(deep, 'holes'), 'begin');
    truncateSync(join(deep, 'holes'), 40 * 1024 * 1024);
    await backUp(from, repository, source);
    expect((await restored(to)).missing).to.deep.equal([]);
    expect(snapshot(Buffer.from(to))).to.deep.equal(snapshot(Buffer.from(from)));
    expect(statSync(join(to, deep.slice(from.length), 'holes')).blocks * 512).to.be.below(1024 * 1024);
  });

  it('of a single path, with hard links to files elsewhere', async () => {
    const [from, to] = [newFolder(), newFolder()];
    make([{ type: 'folder', name: Buffer.from('a'), mode: 0o755, mtime: 5, things: [] }], Buffer.from(from));
    mkdirSync(join(from, 'b', 'c'), { recursive: true });
    writeFileSync(join(from, 'a', 'first'), 'contents');
    linkSync(join(from, 'a', 'first'), join(from, 'b', 'second'));
    linkSync(join(from, 'a', 'first'), join(from, 'b', 'third'));
    writeFileSync(join(from, 'ba'), 'no');
    await backUp(from, repository, source);
    expect((await restored(to, { below: 'b' })).missing).to.deep.equal([]);
    expect(snapshot(Buffer.from(to))).to.deep.equal(snapshot(Buffer.from(join(from, 'b'))));
    const single = newFolder();
    await restored(single, { below: 'b/third' });
    expect(readFileSync(join(single, 'single'), 'utf8')).to.equal('contents');
    const none = await restored(newFolder(), { below: 'b/none' }).catch((error: unknown) => error);
    expect(isOperatorError(none, 'file'), String(none)).to.equal(true);
    const copy = (await repository.copies.of(source)).at(-1)!;
    expect((await recordsOf(listCopy(repository, copy, 'b'))).map(({ path }) => path)).to.deep.equal([
      'b',
      'b/c',
      'b/second',
      'b/third',
    ]);
  });

  it('leaves what exists, but with overwrite', async () => {
    const [from, to] = [newFolder(), newFolder()];
    writeFileSync(join(from, 'file'), 'kept');
    symlinkSync('kept', join(from, 'link'));
    mkdirSync(join(from, 'folder'));
    writeFileSync(join(from, 'folder', 'inner'), 'kept');
    await backUp(from, repository, source);
    writeFileSync(join(to, 'file'), 'mine');
    writeFileSync(join(to, 'link'), 'mine');
    writeFileSync(join(to, 'folder'), 'mine');
    const first = await restored(to);
    expect(first.missing.map(([path]) => path)).to.deep.equal(['file', 'folder', 'folder/inner', 'link']);
    expect(['file', 'link', 'folder'].map((name) => readFileSync(join(to, name), 'utf8'))).to.deep.equal([
      'mine',
      'mine',
      'mine',
    ]);
    expect((await restored(to, { overwrite: true })).missing).to.deep.equal([]);
    expect(snapshot(Buffer.from(to))).to.deep.equal(snapshot(Buffer.from(from)));
    expect(readdirSync(to)).to.deep.equal(['file', 'folder', 'link']);
  });

  it('writes over what a crash left half written, and leaves nothing of it', async () => {
    const [from, to] = [newFolder(), newFolder()];
    for (const folder of ['files', 'links', 'names']) mkdirSync(join(from, folder));
    for (const folder of ['files', 'links', 'names']) mkdirSync(join(to, folder));
    writeFileSync(join(from, 'files', 'file'), 'kept');
    symlinkSync('kept', join(from, 'links', 'link'));
    linkSync(join(from, 'files', 'file'), join(from, 'names', 'name'));
    await backUp(from, repository, source);
    for (const folder of ['files', 'links', 'names']) writeFileSync(join(to, folder, '.backup-restore.part'), 'half');
    expect((await restored(to, { overwrite: true })).missing).to.deep.equal([]);
    expect(snapshot(Buffer.from(to))).to.deep.equal(snapshot(Buffer.from(from)));
  });

  it('never writes through links that are there already', async () => {
    const [from, to, outside] = [newFolder(), newFolder(), newFolder()];
    mkdirSync(join(from, 'folder'));
    writeFileSync(join(from, 'folder', 'file'), 'contents');
    writeFileSync(join(from, 'name'), 'contents');
    await backUp(from, repository, source);
    symlinkSync(outside, join(to, 'folder'));
    symlinkSync(join(outside, 'through'), join(to, 'name'));
    expect((await restored(to)).missing.map(([path]) => path)).to.deep.equal(['folder', 'folder/file', 'name']);
    expect((await restored(to, { overwrite: true })).missing).to.deep.equal([]);
    expect(readdirSync(outside)).to.deep.equal([]);
    expect(lstatSync(join(to, 'folder')).isDirectory()).to.equal(true);
    expect(readFileSync(join(to, 'name'), 'utf8')).to.equal('contents');
  });

  describe('from a hostile server', () => {
    const contents = Buffer.from('evil');
    const evil = (path: string): TreeRecord => ({
      type: 'file',
      path,
      size: 4,
      ...OWNED,
      ctime: '0',
      dev: 0,
      ino: '0',
      chunks: [[sumOf(contents), 4]],
    });
    const read = (): Promise<Buffer> => Promise.resolve(contents);
    let target = '';

    async function tried(
      records: readonly TreeRecord[],
      overwrite = false,
    ): Promise<{ inside: string[]; outside: string[]; missing: string[] }> {
      const folder = newFolder();
      target = join(folder, 'target');
      writeFileSync(join(folder, 'untouched'), 'mine');
      async function* coming(): AsyncGenerator<TreeRecord> {
        yield* records;
      }
      const { missing } = await restoreTree(coming(), read, target, { overwrite, name: 'single' }, () => {});
      expect(readFileSync(join(folder, 'untouched'), 'utf8')).to.equal('mine');
      expect(lstatSync(join(folder, 'untouched')).nlink).to.equal(1);
      return { inside: readdirSync(target), outside: readdirSync(folder), missing: missing.map(([path]) => path) };
    }

    for (const path of ['../out', '/out', 'a/../../out', '..', '.', 'a//b', './out', 'nul\0', 'no/folder']) {
      it(`a file named ${JSON.stringify(path)} is left out`, async () => {
        const found = await tried([FOLDER, evil(path)]);
        expect(found).to.deep.equal({ inside: [], outside: ['target', 'untouched'], missing: [path] });
      });
    }

    it('a file below a link that it sent is left out', async () => {
      const link: TreeRecord = { type: 'link', path: 'link', target: '..', ...OWNED };
      const found = await tried([FOLDER, link, evil('link/out'), evil('link/untouched')], true);
      expect(found).to.deep.equal({
        inside: ['link'],
        outside: ['target', 'untouched'],
        missing: ['link/out', 'link/untouched'],
      });
    });

    it('a folder in the place of a link that it sent is a folder', async () => {
      const link: TreeRecord = { type: 'link', path: 'link', target: '..', ...OWNED };
      const found = await tried([FOLDER, link, { ...FOLDER, path: 'link' } as TreeRecord, evil('link/out')], true);
      expect(found).to.deep.equal({ inside: ['link'], outside: ['target', 'untouched'], missing: [] });
    });

    it('a name that came before stays what it is, with nothing beside it', async () => {
      const folder: TreeRecord = { ...FOLDER, path: 'folder' } as TreeRecord;
      const link: TreeRecord = { type: 'link', path: 'folder/a', target: '..', ...OWNED };
      const name: TreeRecord = { type: 'hardlink', path: 'folder/a', of: 'folder/a' };
      const found = await tried([FOLDER, folder, evil('folder/a'), evil('folder/a'), link, name]);
      expect(found.missing).to.deep.equal(['folder/a', 'folder/a', 'folder/a']);
      expect(readdirSync(join(target, 'folder'))).to.deep.equal(['a']);
    });

    it('a hard link to something outside is left out', async () => {
      const link: TreeRecord = { type: 'link', path: 'link', target: '..', ...OWNED };
      for (const of of ['../untouched', 'link/untouched', '/etc/passwd', 'link', '']) {
        const found = await tried([FOLDER, link, { type: 'hardlink', path: 'name', of }]);
        expect(found, of).to.deep.equal({ inside: ['link'], outside: ['target', 'untouched'], missing: ['name'] });
      }
    });

    it('contents without their sum are not written', async () => {
      const other = Buffer.from('other');
      async function* stream(): AsyncGenerator<Buffer> {
        const writer = new LineWriter();
        for (const line of [FOLDER, { ...evil('file'), size: 5, chunks: [[sumOf(contents), 5]] }])
          await writer.add(line);
        yield await writer.end();
        const frame = await compressFrame(other);
        yield Buffer.concat([encodeBlockHeader([[sumOf(contents), 5]], frame.length), frame]);
        await writer.add(evil('never came'));
        await writer.add({ type: 'end', entries: 3 });
        yield await writer.end();
      }
      const target = newFolder();
      const { missing } = await restore(stream(), target, { overwrite: false, name: 'single' }, () => {});
      expect(missing.map(([path]) => path)).to.deep.equal(['file', 'never came']);
      expect(readdirSync(target)).to.deep.equal([]);
    });

    it('a record that is none ends it', async () => {
      for (const line of [
        null,
        7,
        {},
        { ...FOLDER, mode: -1 },
        { ...evil('a'), size: 5 },
        { ...evil('a'), mtime: 'now' },
      ]) {
        const writer = new LineWriter();
        await writer.add({ line });
        const text = JSON.stringify(line);
        async function* stream(): AsyncGenerator<Buffer> {
          const frame = await compressFrame(Buffer.from(`${text}\n`));
          const lead = Buffer.alloc(16);
          for (const [i, word] of [0x184d2a5c, 8, frame.length, Buffer.byteLength(text) + 1].entries())
            lead.writeUInt32LE(word, i * 4);
          yield Buffer.concat([lead, frame]);
        }
        const error = await restore(stream(), newFolder(), { overwrite: false, name: 'single' }, () => {}).catch(
          (cause: unknown) => cause,
        );
        expect(error, text).to.be.instanceOf(LinesError);
      }
    });
  });

  it('of a stream cut off anywhere is an error, and what has a name is whole', async function () {
    this.timeout(120_000);
    const from = newFolder();
    writeFileSync(join(from, 'a'), 'a'.repeat(300_000));
    writeFileSync(join(from, 'b'), 'b'.repeat(100));
    await backUp(from, repository, source);
    const copy = (await repository.copies.of(source)).at(-1)!;
    const pieces: Buffer[] = [];
    for await (const piece of restoreStream(repository, copy, '')) pieces.push(piece);
    const all = Buffer.concat(pieces);
    for (let end = 0; end < all.length; end += 7) {
      const to = newFolder();
      const error = await restore(cut(all.subarray(0, end)), to, { overwrite: false, name: 'single' }, () => {}).catch(
        (cause: unknown) => cause,
      );
      expect(error, `${end} bytes of ${all.length}`).to.be.instanceOf(Error);
      for (const name of readdirSync(to))
        expect(readFileSync(join(to, name)).equals(readFileSync(join(from, name)))).to.equal(true);
      rmSync(to, { recursive: true });
    }
  });

  it('names what a damaged pack took, and gives the rest back', async () => {
    const folder = newFolder();
    const from = newFolder();
    const own = await Repository.open(folder);
    writeFileSync(join(from, 'a'), 'first');
    writeFileSync(join(from, 'b'), 'second');
    writeFileSync(join(from, 'c'), 'first');
    await backUp(from, own, SOURCE);
    await own.close();
    const pack = (readdirSync(folder, { recursive: true }) as string[]).find((path) => path.endsWith('.pack'))!;
    const bytes = readFileSync(join(folder, pack));
    // In the first block's frame, behind its header.
    bytes[bytes.indexOf('first')]! ^= 1;
    writeFileSync(join(folder, pack), bytes);
    const damaged = await Repository.open(folder);
    try {
      const copy = (await damaged.copies.of(SOURCE))[0]!;
      const to = newFolder();
      const { missing } = await restore(
        restoreStream(damaged, copy, ''),
        to,
        { overwrite: false, name: 'single' },
        () => {},
      );
      expect(missing.map(([path]) => path)).to.deep.equal(['a', 'c']);
      expect(readdirSync(to)).to.deep.equal(['b']);
    } finally {
      await damaged.close();
    }
  });

  it('as a tar.gz is unpacked by tar to what was there', async function () {
    if (!existsSync('/usr/bin/tar') && !existsSync('/bin/tar')) this.skip();
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(things, async (tree) => {
        const [from, to, archives] = [newFolder(), newFolder(), newFolder()];
        newSource();
        make(tree, Buffer.from(from));
        mkdirSync(join(from, 'long'.repeat(40)));
        writeFileSync(join(from, 'long'.repeat(40), 'é'.repeat(100)), 'long');
        chmodSync(from, 0o755);
        await backUp(from, repository, source);
        const archive = join(archives, 'copy.tgz');
        const pieces: Buffer[] = [];
        for await (const piece of tarGz(repository, (await repository.copies.of(source)).at(-1)!)) pieces.push(piece);
        writeFileSync(archive, Buffer.concat(pieces));
        execFileSync('tar', ['--warning=no-timestamp', '-xpzf', archive, '-C', to]);
        const seen = (folder: string): string[] =>
          snapshot(Buffer.from(folder)).map((line) => line.replace(/ (whole|with holes)/, ''));
        expect(seen(to)).to.deep.equal(seen(from));
        for (const folder of [from, to, archives]) rmSync(folder, { recursive: true });
      }),
      { numRuns: 15 },
    );
  });

  it('keeps links as they were', async () => {
    const [from, to] = [newFolder(), newFolder()];
    symlinkSync('/etc/passwd', join(from, 'out'));
    await backUp(from, repository, source);
    await restored(to);
    expect(readlinkSync(join(to, 'out'))).to.equal('/etc/passwd');
  });
});

async function* cut(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
