import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeFolder } from '../../../shared/make-folder';

describe('a folder to be made', () => {
  let folder: string;

  before(() => (folder = mkdtempSync(join(tmpdir(), 'make-folder-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('is there then, with all above it, each with the mode asked for', () => {
    const inner = join(folder, 'a', 'b', 'c');
    makeFolder(inner, 0o700);
    for (const path of [join(folder, 'a'), inner]) expect(statSync(path).mode & 0o777).to.equal(0o700);
    makeFolder(inner);
    expect(statSync(inner).mode & 0o777).to.equal(0o700);
  });

  it('is none where a file is, or below one', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(() => makeFolder(file))
      .to.throw()
      .with.property('code', 'EEXIST');
    expect(() => makeFolder(join(file, 'inner')))
      .to.throw()
      .with.property('code', 'ENOTDIR');
  });

  it('is an error where the system makes none, though what it would be in is there', function () {
    if (process.platform !== 'linux') this.skip();
    expect(() => makeFolder('/proc/none/inner'))
      .to.throw()
      .with.property('code', 'ENOENT');
  });
});
