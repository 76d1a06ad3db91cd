/** What is to be seen of a flood at one beat: who has heard and answered, which datagrams are on their way, which ways were gone. */

import type { TimedCopy } from './beats';

/** What became of a servent so far. */
export type Mark = 'contact' | 'heard';

export interface Scene {
  marks: ReadonlyMap<string, Mark>;
  answered: ReadonlySet<string>;
  /** With how far each is, above 0 and below 1. */
  moving: readonly { timed: TimedCopy; share: number }[];
  /** Those that have come, or were lost. */
  done: readonly TimedCopy[];
}

/** The scene at a beat. */
export function sceneAt(timed: readonly TimedCopy[], beat: number): Scene {
  const marks = new Map<string, Mark>();
  const answered = new Set<string>();
  const moving: { timed: TimedCopy; share: number }[] = [];
  const done: TimedCopy[] = [];
  for (const one of timed) {
    const { copy, leaves, comes } = one;
    if (copy.message === 'RESPONSE' && beat >= leaves) answered.add(copy.from);
    if (beat > leaves && beat < comes) moving.push({ timed: one, share: (beat - leaves) / (comes - leaves) });
    if (beat < comes) continue;
    done.push(one);
    if (copy.message === 'RESPONSE' || copy.fate === 'lost') continue;
    if (copy.message === 'CLIREQ') marks.set(copy.to, 'contact');
    else if (!marks.has(copy.to)) marks.set(copy.to, 'heard');
  }
  return { marks, answered, moving, done };
}
