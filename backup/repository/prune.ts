/** Letting go of copies beyond those to be kept, and of chunks that no copy needs any more. */

import { isSystemError } from '../../shared/errors';
import { surplus } from '../core';
import type { Copy, Source } from './copy';
import { DamageError } from './damage-error';
import type { Repository } from './repository';

/** Removes a source's copies beyond the `keep` latest: never the last good one, nor one that is being read. Gives how many; 0 for `keep` purges. */
export async function prune(repository: Repository, source: Source, keep: number): Promise<number> {
  const { copies } = repository;
  if (keep === 0) return copies.purge(source);
  const all = await copies.of(source);
  const going = [...surplus(all, keep)];
  if (going.length === 0) return 0;
  const staying = all.slice(going.length);
  if (!(await someGood(repository, staying.reverse()))) {
    const good = await someGood(repository, [...going].reverse());
    if (good) going.splice(going.indexOf(good), 1);
  }
  let removed = 0;
  for (const copy of going) if (await copies.remove(copy)) removed++;
  return removed;
}

/**
 * Throws away all chunks that no copy needs; may go on beside runs and restores.
 * @throws DamageError when a list cannot be read: what it needs is not known, and everything stays
 */
export async function clean(repository: Repository): Promise<void> {
  await repository.packs.clean(async () => {
    for (const list of await repository.copies.all()) {
      const damage = await repository.copies.verify(list).catch(gone);
      if (damage) throw damage;
      await everyChunk(repository, list).catch(gone);
    }
  });
}

/** The first of these that is what was written, with all its chunks. */
async function someGood(repository: Repository, copies: readonly Copy[]): Promise<Copy | undefined> {
  for (const copy of copies) {
    if (!(await repository.copies.verify(copy)) && (await everyChunk(repository, copy))) return copy;
  }
  return undefined;
}

/** Are all chunks of a copy here? Asks for each, so that none is cleaned away. */
async function everyChunk({ copies, packs }: Repository, copy: Copy): Promise<boolean> {
  let isHere = true;
  for await (const record of copies.records(copy)) {
    if (record.type !== 'file') continue;
    for (const [sum] of record.chunks!) isHere = packs.has(sum) && isHere;
  }
  return isHere;
}

/** A list that was removed meanwhile needs nothing. */
function gone(error: unknown): undefined {
  if (error instanceof DamageError || !isSystemError(error) || error.code !== 'ENOENT') throw error;
}
