/** What a question came to, in numbers and words: who heard it when, what it cost, and the least that could have done. */

import type { Copy, QuestionView } from '../view';
import type { TimedCopy } from './beats';

/** A servent that heard the question. */
export interface Heard {
  name: string;
  /** Links from the contact, as the first copy went. */
  hop: number;
  ms: number | null;
  /** QUERYs that came to it. */
  copies: number;
  duplicates: number;
  answered: boolean;
}

/** A query leaves its contact with so many hops left (specification, section 4). */
const TTL_FIRST = 3;

/** Who heard the question, in the order in which they did. */
export function heardBy(copies: readonly Copy[]): Heard[] {
  const heard = new Map<string, Heard>();
  const came = copies.filter(({ message, fate }) => message !== 'RESPONSE' && fate !== 'lost');
  for (const { message, to, ttl, arrivedMs, fate } of [...came].sort(
    (a, b) => (a.arrivedMs ?? 0) - (b.arrivedMs ?? 0) || a.id - b.id,
  )) {
    const known = heard.get(to);
    const hop = message === 'CLIREQ' ? 0 : TTL_FIRST + 1 - (ttl ?? 0);
    const one = known ?? { name: to, hop, ms: arrivedMs, copies: 0, duplicates: 0, answered: false };
    if (message === 'QUERY') one.copies++;
    if (fate === 'duplicate') one.duplicates++;
    heard.set(to, one);
  }
  for (const { message, from } of copies) {
    const one = message === 'RESPONSE' ? heard.get(from) : undefined;
    if (one) one.answered = true;
  }
  return [...heard.values()];
}

/** What it cost, and what would have done: one QUERY to each servent that heard, but for the contact. */
export function totalsOf({ copies }: QuestionView, servents: number): string {
  const heard = heardBy(copies);
  const count = (fits: (copy: Copy) => boolean): number => copies.filter(fits).length;
  const queries = count(({ message }) => message === 'QUERY');
  const lost = count(({ fate }) => fate === 'lost');
  const bytes = copies.reduce((sum, copy) => sum + copy.bytes, 0);
  return [
    `${heard.length} of ${servents} servents heard, ${heard.filter(({ answered }) => answered).length} answered.`,
    `${queries} QUERYs were sent where ${Math.max(0, heard.length - 1)} would have done;`,
    `${count(({ fate }) => fate === 'duplicate')} duplicates were dropped${lost > 0 ? `, ${lost} datagrams lost` : ''}; ${bytes} bytes in all.`,
  ].join(' ');
}

/** One datagram in words. */
export function wordsOf({ copy: { message, from, to, ttl, fate, reason, arrivedMs }, comes }: TimedCopy): string {
  const what = message === 'QUERY' ? `QUERY with ttl ${ttl}` : message;
  const when = arrivedMs === null ? '' : ` after ${arrivedMs} ms`;
  return `${comes}. ${from} to ${to}: ${what}${when}${FATES[fate]}${reason === null ? '' : ` (${reason})`}`;
}

const FATES = {
  first: ', the first it heard',
  higher: ', a later copy with a higher ttl: it goes on',
  duplicate: ', a duplicate: dropped',
  lost: ', lost',
  dropped: ', dropped',
  came: '',
};
