/** Reads all that a repository holds, and tells what is not what was written, or missing. */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../../shared/errors';
import type { VerifyLine } from '../server/admin-wire';
import { DamageError } from './damage-error';
import type { Repository } from './repository';

/**
 * Every pack with its chunks, every list, that every chunk a list names is there, which sources and jobs there are, every line of
 * the history. May go on beside runs.
 */
export async function* verify(repository: Repository): AsyncGenerator<VerifyLine> {
  const total = (await repository.packs.bytes()) + (await bytesOfLists(repository));
  let [done, files, damaged] = [0, 0, 0];
  for await (const found of everything(repository)) {
    if (found instanceof DamageError) {
      damaged++;
      yield { type: 'damage', file: found.file, message: found.message };
    } else {
      files++;
      done += found.bytes;
      yield { type: 'progress', done: Math.min(done, total), total };
    }
  }
  yield { type: 'end', files, bytes: done, damaged };
}

async function* everything(repository: Repository): AsyncGenerator<{ bytes: number } | DamageError> {
  yield* repository.packs.verify();
  yield* lists(repository);
  for (const source of await repository.copies.sources()) if (source instanceof DamageError) yield source;
  try {
    await repository.registry();
  } catch (error) {
    if (!(error instanceof DamageError)) throw error;
    yield error;
  }
  for await (const run of repository.history.runs()) if (run instanceof DamageError) yield run;
}

async function* lists(repository: Repository): AsyncGenerator<{ bytes: number } | DamageError> {
  const { copies, packs, folder } = repository;
  for (const copy of await copies.all()) {
    try {
      const damage = await copies.verify(copy);
      if (damage) {
        yield damage;
        continue;
      }
      const missing = new Set<string>();
      for await (const record of copies.records(copy)) {
        if (record.type === 'file') for (const [sum] of record.chunks!) if (!packs.has(sum)) missing.add(sum);
      }
      if (missing.size > 0) yield new DamageError(copy.file, `${missing.size} chunks that it names are missing`);
      yield { bytes: (await stat(join(folder, copy.file))).size };
    } catch (error) {
      if (error instanceof DamageError) yield error;
      // Pruned meanwhile.
      else if (!isSystemError(error) || error.code !== 'ENOENT') throw error;
    }
  }
}

async function bytesOfLists({ copies, folder }: Repository): Promise<number> {
  let bytes = 0;
  for (const { file } of await copies.all())
    bytes += (await stat(join(folder, file)).catch(() => undefined))?.size ?? 0;
  return bytes;
}
