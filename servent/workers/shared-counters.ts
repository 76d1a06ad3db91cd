/** What each of several workers counts, in memory that the main thread reads at any time; and the sum of it. */

import { getSystemErrorMap } from 'node:util';
import { type Counted, newCounters } from '../counters';
import { DEFENCE_REASONS, type DefenceReason } from '../defences';
import { sharedRecord } from './shared-record';

/** What one worker counts. */
export interface SharedCounted extends Counted {
  wouldDrop: Record<DefenceReason, number>;
  /** Datagrams that found no room on their way to the worker they belong to. */
  lost: number;
}

/** In the place of a name for an error that the system does not know. */
const UNKNOWN = 'UNKNOWN';

const SINGLE = ['answers', 'queries', 'seen', 'lost'] as const;
const ERRORS = [...new Set([...getSystemErrorMap().values()].map(([name]) => name)).add(UNKNOWN)];
const { received, handled, dropped } = newCounters();
const GROUPS = {
  received: namesOf(received),
  handled: namesOf(handled),
  dropped: namesOf(dropped),
  wouldDrop: DEFENCE_REASONS,
  sendErrors: ERRORS,
} as const;

/** Memory for what one worker counts, all zero. */
export function newCountedMemory(): SharedArrayBuffer {
  const numbers = SINGLE.length + Object.values(GROUPS).reduce((sum, names) => sum + names.length, 0);
  return new SharedArrayBuffer(8 * numbers);
}

/** What stands in such memory. One thread alone writes to it. */
export function countedIn(memory: SharedArrayBuffer): SharedCounted {
  const words = new Float64Array(memory);
  let end = 0;
  const record = <Name extends string>(names: readonly Name[]): Record<Name, number> => {
    end += names.length;
    return sharedRecord(words, { at: end - names.length }, names);
  };
  return Object.assign(record(SINGLE), {
    received: record(GROUPS.received),
    handled: record(GROUPS.handled),
    dropped: record(GROUPS.dropped),
    wouldDrop: record(GROUPS.wouldDrop),
    sendErrors: record<string>(GROUPS.sendErrors),
  });
}

/** The name that a send error is counted under. */
export function countedError(code: string, { sendErrors }: SharedCounted): string {
  return Object.hasOwn(sendErrors, code) ? code : UNKNOWN;
}

/** What several have counted together. Of the send errors, those that there were. */
export function sumOf(parts: readonly SharedCounted[]): SharedCounted {
  const sum = <Name extends string>(
    names: readonly Name[],
    of: (part: SharedCounted) => Readonly<Record<Name, number>>,
  ): Record<Name, number> =>
    Object.fromEntries(names.map((name) => [name, parts.reduce((all, part) => all + of(part)[name], 0)])) as Record<
      Name,
      number
    >;
  const errors = sum<string>(GROUPS.sendErrors, (part) => part.sendErrors);
  return {
    ...sum(SINGLE, (part) => part),
    received: sum(GROUPS.received, (part) => part.received),
    handled: sum(GROUPS.handled, (part) => part.handled),
    dropped: sum(GROUPS.dropped, (part) => part.dropped),
    wouldDrop: sum(GROUPS.wouldDrop, (part) => part.wouldDrop),
    sendErrors: Object.fromEntries(Object.entries(errors).filter(([, count]) => count > 0)),
  };
}

function namesOf<Name extends string>(record: Record<Name, number>): Name[] {
  return Object.keys(record) as Name[];
}
