/** What the log does to files, on a real disk: what is there afterwards, and what is no failure. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { realFiles } from '../../../../store/journal/files';
import { inFolder } from '../../../support/store/engines';

describe('files on a real disk', () => {
  it('are made, listed, read, renamed and removed, there before or not', () =>
    inFolder(async (folder) => {
      const [deep, one, two] = [join(folder, 'a', 'b'), join(folder, 'one'), join(folder, 'two')];
      await realFiles.makeFolder(deep);
      await realFiles.makeFolder(deep);
      expect(await realFiles.readText(one)).to.equal(undefined);
      await realFiles.writeFlushed(one, 'Pérez, longer');
      await realFiles.writeFlushed(one, 'Pérez');
      expect(await realFiles.readText(one)).to.equal('Pérez');
      await realFiles.rename(one, two);
      await realFiles.flushFolder(folder);
      expect((await realFiles.list(folder)).sort()).to.deep.equal(['a', 'two']);
      writeFileSync(join(deep, 'file'), '');
      for (const path of [two, join(folder, 'a'), join(folder, 'never')]) await realFiles.remove(path);
      expect(readdirSync(folder)).to.deep.equal([]);
    }));

  it('are not taken for missing when they cannot be read', () =>
    inFolder(async (folder) => {
      mkdirSync(join(folder, 'one'));
      const failure = await realFiles.readText(join(folder, 'one')).catch((error: Error) => error);
      expect(failure).to.have.property('code', 'EISDIR');
    }));

  it('of a log grow at their end, also behind where they were cut', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'log');
      const first = await realFiles.openLog(path);
      await first.append(Buffer.from('one\ntwo\n'));
      await first.close();
      const again = await realFiles.openLog(path);
      await again.flush();
      await again.append(Buffer.from('three\n'));
      await again.truncate(8);
      await again.append(Buffer.from('four\n'));
      await again.close();
      expect(readFileSync(path, 'utf8')).to.equal('one\ntwo\nfour\n');
      // Closed is closed: a flush that nobody makes must not look like one.
      expect(await again.flush().catch(({ code }) => code)).to.equal('EBADF');
    }));

  it('are read from anywhere, less only at their end, and are not made by that', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'log');
      writeFileSync(path, '0123456789');
      const file = await realFiles.openToRead(path);
      const read = async (position: number, length: number): Promise<string> =>
        Buffer.from(await file.read(position, length)).toString();
      expect([await read(0, 4), await read(4, 6), await read(8, 9), await read(10, 9), await read(3, 0)]).to.deep.equal(
        ['0123', '456789', '89', '', ''],
      );
      await file.close();
      const missing = await realFiles.openToRead(join(folder, 'never')).catch((error: Error) => error);
      expect(missing).to.have.property('code', 'ENOENT');
    }));
});
