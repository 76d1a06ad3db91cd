import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Root } from '../../../../backup/agent/root';
import { walk } from '../../../../backup/agent/walk';
import { type ProblemRecord, type TreeRecord, textOf } from '../../../../backup/record';
import { temporaryFolders } from '../../../support/backup/folders';

const DESCRIPTORS = '/proc/self/fd';

describe('a walk', () => {
  const newFolder = temporaryFolders();
  let folder: string;
  beforeEach(() => (folder = newFolder()));

  it('gives a folder before what is in it, names in the order of their bytes', () => {
    mkdirSync(join(folder, 'b', 'in'), { recursive: true });
    writeFileSync(join(folder, 'b.txt'), '');
    writeFileSync(join(folder, 'b', 'é'), '');
    writeFileSync(join(folder, 'b', 'z'), '');
    writeFileSync(join(folder, 'B'), '');
    expect(all(folder).map(shown)).to.deep.equal([
      'folder ',
      'file B',
      'folder b',
      'folder b/in',
      'file b/z',
      'file b/é',
      'file b.txt',
    ]);
  });

  it('of a single file or link gives that alone', () => {
    writeFileSync(join(folder, 'file'), 'x');
    symlinkSync('/etc', join(folder, 'link'));
    expect(all(folder, 'file').map(shown)).to.deep.equal(['file ']);
    expect(all(folder, 'link').map(shown)).to.deep.equal(['link ']);
  });

  it('names what is no file, folder or link', () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(all(folder)).to.deep.include({ type: 'problem', path: 'pipe', message: 'a pipe: left out' });
  });

  it('does not leave the root by a folder that becomes a link meanwhile', () => {
    const outside = newFolder();
    writeFileSync(join(outside, 'secret'), '');
    mkdirSync(join(folder, 'a', 'inner'), { recursive: true });
    mkdirSync(join(folder, 'b'));
    writeFileSync(join(folder, 'a', 'inner', 'file'), '');
    const seen: string[] = [];
    for (const entry of walk(Root.of(folder))) {
      seen.push(shown(entry));
      if (seen.at(-1) === 'folder a') swap(join(folder, 'a'), outside);
      if (seen.at(-1) === 'folder a/inner') swap(join(folder, 'b'), outside);
    }
    // What was in the folder that was opened is still found; the link is no folder to look into.
    expect(seen).to.deep.equal(['folder ', 'folder a', 'folder a/inner', 'file a/inner/file', 'link b']);
  });

  it('does not begin at a path on which a folder became a link', () => {
    const outside = newFolder();
    mkdirSync(join(outside, 'inner'));
    writeFileSync(join(outside, 'inner', 'secret'), '');
    mkdirSync(join(folder, 'way', 'inner'), { recursive: true });
    const root = Root.of(folder).at('way/inner');
    swap(join(folder, 'way'), outside);
    expect(() => [...walk(root)]).to.throw(/expected folders on the way to the root, got a link/);
  });

  it('closes what it has opened when nobody wants the rest', function () {
    if (process.platform !== 'linux') this.skip();
    mkdirSync(join(folder, 'a', 'b', 'c'), { recursive: true });
    const before = readdirSync(DESCRIPTORS).length;
    for (const entry of walk(Root.of(folder))) if (shown(entry) === 'folder a/b/c') break;
    expect(readdirSync(DESCRIPTORS).length).to.equal(before);
  });
});

function all(folder: string, path = ''): (TreeRecord | ProblemRecord)[] {
  return [...walk(Root.of(folder).at(path))];
}

function shown({ type, path }: TreeRecord | ProblemRecord): string {
  return `${type} ${textOf(path)}`;
}

/** Puts a link to a folder into the place of another. */
function swap(path: string, outside: string): void {
  renameSync(path, `${path}-moved`);
  symlinkSync(outside, path);
}
