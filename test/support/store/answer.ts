import type { Reading, Reply } from '../../../store/state-machine';

/** What is found in the end, however long it takes. */
export function answerOf(found: Reply | Reading): Reply {
  if (!('next' in found)) return found;
  for (;;) {
    const reply = found.next();
    if (reply) return reply;
  }
}
