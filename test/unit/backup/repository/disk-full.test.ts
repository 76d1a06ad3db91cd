/** A disk that fills up in the middle of a run: nothing kept is damaged, and the next run goes on. A small tmpfs, which only root mounts. */

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { clean, prune } from '../../../../backup/repository/prune';
import { Repository } from '../../../../backup/repository/repository';
import { verify } from '../../../../backup/repository/verify';
import { isSystemError } from '../../../../shared/errors';
import { temporaryFolders } from '../../../support/backup/folders';
import { contentsOf, putChunks, putCopy, SOURCE } from '../../../support/backup/small-repository';

const SIZE = 3 * 1024 * 1024;

describe('a repository on a full disk', () => {
  let isMounted = false;
  // Before the folder is removed.
  after(() => {
    if (isMounted) execFileSync('umount', [folder]);
  });
  const folder = temporaryFolders()();

  before(function () {
    if (process.platform !== 'linux' || process.getuid!() !== 0) this.skip();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', folder], { stdio: 'ignore' });
      isMounted = true;
    } catch {
      // A container whose root may not mount.
      this.skip();
    }
  });

  it('loses nothing, and goes on when there is room', async () => {
    const noise = Array.from({ length: 8 }, () => randomBytes(256 * 1024).toString('base64'));
    let repository = await Repository.open(folder);
    await putCopy(repository, { kept: ['first'], big: noise.slice(0, 3) });
    await putCopy(repository, { kept: ['second'] });
    const run = await repository.copies.begin(SOURCE, 0);
    const failure = await fill(repository).catch((error: unknown) => error);
    expect(isSystemError(failure) && failure.code).to.equal('ENOSPC');
    await run.abandon();
    // What is written while the disk is full fails too, whole.
    const record = {
      ...SOURCE,
      atMs: 0,
      tookMs: 1,
      outcome: 'failed' as const,
      travelled: 0,
      error: 'x'.repeat(100_000),
    };
    expect(isSystemError(await repository.history.add(record).catch((error: unknown) => error))).to.equal(true);
    expect(await damageIn(repository)).to.deep.equal([]);
    const copies = await repository.copies.of(SOURCE);
    expect(await contentsOf(repository, copies[1]!)).to.deep.equal({ kept: 'second' });
    await repository.close().catch(() => undefined);
    repository = await Repository.open(folder);
    expect(await damageIn(repository)).to.deep.equal([]);
    expect(await prune(repository, SOURCE, 1)).to.equal(1);
    await clean(repository);
    expect((await putCopy(repository, { kept: ['third'], big: noise.slice(0, 2) })).copy).to.equal(3);
    expect(await damageIn(repository)).to.deep.equal([]);
    await repository.close();
  });
});

/** Adds chunks until the disk is full. */
async function fill(repository: Repository): Promise<never> {
  for (;;) await putChunks(repository, [randomBytes(150 * 1024).toString('base64')]);
}

async function damageIn(repository: Repository): Promise<string[]> {
  const damage: string[] = [];
  for await (const line of verify(repository)) if (line.type === 'damage') damage.push(line.message);
  return damage;
}
