/** A content creator: a small program that adds a line a second to its files, so that there is something to back up. */

import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileError } from '../../shared/errors';
import { interrupted, type Streams } from '../../shared/program/run-main';
import type { CreatorOptions } from '../options';
import { formatTime } from '../words';

const EVERY_MS = 1000;
/** Its files take turns. */
const FILES = ['diary.txt', 'notes.txt', 'log.txt'];

/** Adds lines until a signal ends it. Gives the exit status. @throws OperatorError `file` */
export async function runCreator({ folder }: CreatorOptions, streams: Streams): Promise<number> {
  const stop = new AbortController();
  const ended = interrupted(streams).then(() => stop.abort());
  streams.out(`content creator adds lines to ${FILES.join(', ')} in ${folder}`);
  try {
    await mkdir(folder, { recursive: true });
    for (let count = 1; !stop.signal.aborted; count++) {
      const file = FILES[count % FILES.length]!;
      await appendFile(join(folder, file), `${formatTime(Date.now())} line ${count}\n`);
      await Promise.race([sleep(EVERY_MS, undefined, { signal: stop.signal }).catch(() => undefined), ended]);
    }
  } catch (cause) {
    throw fileError('a folder to write in', folder, cause);
  }
  return 0;
}
