/** Reads a replica's log from its files alone, also while the replica runs, and checks its chain on the way. */

import { join } from 'node:path';
import { isSystemError } from '../../shared/errors';
import { type Entry, type Position, START } from '../entry';
import { readFacts } from '../journal/facts';
import type { Files } from '../journal/files';
import { entriesFrom, LogDamage } from '../journal/scan';
import { firstIndexOf, segmentName } from '../journal/segment';

/**
 * The entries from index `from` on; earlier ones are read to check the chain. Where a snapshot takes the log's place meanwhile,
 * those behind that.
 * @param more called at the log's end; resolves with true to look again, when something may have come
 * @throws LogDamage, also where entries that were given have been cut off since
 */
export async function* readLog(
  files: Files,
  folder: string,
  from: number,
  more: () => Promise<boolean>,
): AsyncGenerator<Entry> {
  let segments = '';
  let behind: Position = START;
  let path: string | undefined;
  let at = 0;
  for (;;) {
    const facts = await readFacts(files, folder);
    if (facts === undefined) return;
    if (segments !== join(folder, facts.segments)) {
      segments = join(folder, facts.segments);
      [behind, path, at] = [facts.base, undefined, 0];
    }
    const names = await files.list(segments).catch((error) => {
      // Removed since the facts were read: they name another by now.
      if (isSystemError(error) && error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (names === undefined) continue;
    const firsts = names.map(firstIndexOf).filter((first) => first !== undefined);
    const next = Math.min(...firsts.filter((first) => first > behind.index));
    if (next === behind.index + 1) [path, at] = [join(segments, segmentName(next)), 0];
    let progress = false;
    if (path !== undefined) {
      for await (const entry of entriesFrom(files, path, { behind, at })) {
        behind = entry;
        at += Buffer.byteLength(entry.line) + 1;
        progress = true;
        if (entry.index >= from) yield entry;
      }
    }
    if (progress) continue;
    if (Number.isFinite(next) && next !== behind.index + 1) {
      throw new LogDamage(
        join(segments, segmentName(next)),
        0,
        `it begins with entry ${next} where ${behind.index + 1} is next`,
      );
    }
    if (!(await more())) return;
  }
}
