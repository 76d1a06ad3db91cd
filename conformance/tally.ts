/** How many rules of each class hold. */

import { CASE_CLASSES, type CaseClass } from './case';
import type { Verdict } from './run-cases';

export interface Count {
  held: number;
  /** Of those that were played. */
  of: number;
}

export interface Tally {
  byClass: Readonly<Record<CaseClass, Count>>;
  skipped: number;
  /** Every rule of the class must was kept, and there was one. */
  isConforming: boolean;
}

/** Counts the cases that were played. */
export function tallyOf(verdicts: readonly Pick<Verdict, 'class' | 'outcome'>[]): Tally {
  const played = verdicts.filter(({ outcome }) => outcome !== 'skipped');
  const countOf = (wanted: CaseClass): Count => {
    const outcomes = played.filter((verdict) => verdict.class === wanted).map(({ outcome }) => outcome);
    return { held: outcomes.filter((outcome) => outcome === 'held').length, of: outcomes.length };
  };
  const byClass = Object.fromEntries(CASE_CLASSES.map((one) => [one, countOf(one)])) as Record<CaseClass, Count>;
  const isConforming = played.length > 0 && byClass.must.held === byClass.must.of;
  return { byClass, skipped: verdicts.length - played.length, isConforming };
}
