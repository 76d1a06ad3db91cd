/** A replica's folder that is set aside, or lacks what says whose it is. */

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { realFiles } from '../../../../store/journal/files';
import { holdFolder, setAside } from '../../../../store/journal/folder';
import { inFolder } from '../../../support/store/engines';

describe("a replica's folder", () => {
  it('is set aside behind all that were before, what says whose it is last, and what is not its own stays', () =>
    inFolder(async (folder) => {
      for (const name of ['damaged-2', 'damaged-12', 'xdamaged-98', 'damaged-99x', 'log-1'])
        mkdirSync(join(folder, name));
      const own = ['cut-3-7.jsonl', 'replica.json', 'replica.json.next', 'state', 'state-lock'];
      for (const name of [...own, 'notes', 'state.txt']) writeFileSync(join(folder, name), '');
      const moved: string[] = [];
      const rename = (from: string, to: string): Promise<void> => {
        moved.push(basename(from));
        return realFiles.rename(from, to);
      };
      const { facts, aside } = await setAside({ ...realFiles, rename }, folder, 'new');
      expect([facts.id, aside]).to.deep.equal(['new', join(folder, 'damaged-13')]);
      expect(readdirSync(aside).sort()).to.deep.equal([...own, 'log-1'].sort());
      // Behind them the new facts get their name.
      expect(moved.slice(4, 6).sort()).to.deep.equal(['replica.json', 'replica.json.next']);
      expect(readdirSync(folder)).to.include.members(['notes', 'state.txt', 'damaged-2', 'replica.json']);
    }));

  it('is not taken when its facts are missing; the beginning of facts is nothing', () =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, 'replica.json.next'), '{');
      const { facts, isNew, unlock } = await holdFolder(realFiles, folder, 'mine');
      expect([facts.id, isNew]).to.deep.equal(['mine', true]);
      unlock();
      await realFiles.remove(join(folder, 'replica.json'));
      writeFileSync(join(folder, 'state'), '');
      const failure = await holdFolder(realFiles, folder, 'mine').catch((error: Error) => error);
      expect(failure).to.have.property('message', `expected "replica.json" beside "state" in "${folder}", got none`);
      // And it is free for who mends it.
      await realFiles.remove(join(folder, 'state'));
      (await holdFolder(realFiles, folder, 'mine')).unlock();
    }));
});
