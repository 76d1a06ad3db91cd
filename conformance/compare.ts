/** `conformance compare`: which rules hold now and did not, which do no longer. */

import { usageError } from '../shared/errors';
import type { Streams } from '../shared/program/run-main';
import { tableLines } from '../shared/program/table';
import type { CompareOptions } from './options';
import { type KeptVerdict, readResults } from './output/json';

/** Prints a row a case that changed. Gives 1 when a rule holds no longer, 0 else. @throws OperatorError for what are no two runs of one kind */
export function compare({ before, after }: CompareOptions, streams: Streams): number {
  const [first, second] = [readResults(before), readResults(after)];
  if (first.kind !== second.kind)
    throw usageError(
      `expected two runs of one kind, got ${first.kind} in "${before}" and ${second.kind} in "${after}"`,
    );
  const old = new Map(first.verdicts.map((verdict) => [verdict.id, verdict]));
  const now = second.verdicts;
  const changed = now.filter(({ id, outcome }) => old.get(id)?.outcome !== outcome);
  const gone = [...old.values()].filter(({ id }) => !now.some((verdict) => verdict.id === id));
  const rows = [
    ...changed.map((verdict) => [verdict.class, verdict.id, outcomeOf(old.get(verdict.id)), verdict.outcome]),
    ...gone.map((verdict) => [verdict.class, verdict.id, verdict.outcome, '-']),
  ];
  if (rows.length > 0) tableLines([['class', 'case', 'before', 'after'], ...rows]).forEach(streams.out);
  const worse = changed.filter(({ id, outcome }) => outcome === 'broken' && old.get(id)?.outcome === 'held').length;
  const better = changed.filter(({ id, outcome }) => outcome === 'held' && old.get(id)?.outcome === 'broken').length;
  streams.out(`${better} better, ${worse} worse, ${rows.length} of ${now.length + gone.length} cases differ`);
  return worse > 0 ? 1 : 0;
}

function outcomeOf(verdict: KeptVerdict | undefined): string {
  return verdict?.outcome ?? '-';
}
