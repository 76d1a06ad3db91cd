/** Lets a peer know that an answer is still being worked at: one that says nothing would be taken for hanging. */

import { setTimeout as sleep } from 'node:timers/promises';

/** Well below the time after which a server gives up, milliseconds. */
const BEAT_MS = 10_000;

/** The pieces of an answer, and `beat` whenever the next one takes long. */
export async function* withHeartbeat(
  pieces: AsyncGenerator<Buffer, void>,
  beat: Buffer,
  beatMs = BEAT_MS,
): AsyncGenerator<Buffer, void> {
  try {
    for (let next = pieces.next(); ; ) {
      const timer = new AbortController();
      const late = sleep(beatMs, 'late' as const, { signal: timer.signal }).catch(() => 'late' as const);
      const piece = await Promise.race([next, late]);
      timer.abort();
      if (piece === 'late') {
        yield beat;
        continue;
      }
      if (piece.done) return;
      yield piece.value;
      next = pieces.next();
    }
  } finally {
    await pieces.return();
  }
}
