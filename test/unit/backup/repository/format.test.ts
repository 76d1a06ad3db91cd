/** Follows the commands of the page that describes the repository's format, with the programs that it names. */

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Repository } from '../../../../backup/repository/repository';
import { temporaryFolders } from '../../../support/backup/folders';
import { SOURCE } from '../../../support/backup/small-repository';
import { backUp } from '../../../support/backup/trees';

const PAGE = readFileSync(join(__dirname, '../../../../backup/repository/README.md'), 'utf8');
const COMMANDS = [...PAGE.matchAll(/(?:^ {4}.*\n)+/gm)].map(([block]) => block.replace(/^ {4}/gm, ''));
/** The one that begins with these words. */
const command = (words: string): string => COMMANDS.find((each) => each.startsWith(words))!;

describe('the repository as its page describes it', () => {
  const newFolder = temporaryFolders();
  const folder = newFolder();
  const run = (script: string): string => execFileSync('bash', ['-euc', script], { cwd: folder, encoding: 'utf8' });

  before(async function () {
    if (['zstd', 'jq', 'sha256sum', 'bash'].some((program) => spawnSync(program, ['--version']).error)) this.skip();
    const from = newFolder();
    writeFileSync(join(from, 'a'), 'first\n');
    writeFileSync(join(from, 'b'), 'second\n');
    const repository = await Repository.open(folder);
    await backUp(from, repository, SOURCE);
    await repository.close();
  });

  it('names a copy by its sum', () => {
    const [sum, name] = run(command('sha256sum')).trim().split(/ +/);
    expect(name).to.include(`1.${sum}.jsonl.zst`);
  });

  it('prints a copy', () => {
    expect(run(command('zstd -dcq copies'))).to.equal('["a",6]\n["b",7]\n');
  });

  it('prints what is in a pack', () => {
    expect(run(command('zstd -dcq packs'))).to.equal('first\nsecond\n');
  });

  it('finds a chunk by the index, and decompresses its block', () => {
    const blocks = run(command('for pack in'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as [string, number, number, [string, number][]]);
    expect(blocks.map(([, , , chunks]) => chunks[0]![1])).to.deep.equal([6, 7]);
    const [pack, at, length] = blocks[1]!;
    expect(run(`pack=${pack} at=${at} length=${length}\n${command('tail -c +')}`)).to.equal('second\n');
  });
});
