/** Results for programs: one JSON object a case, told apart by `event`, and a summary; what `conformance compare` reads again. */

import { readFileSync } from 'node:fs';
import { formatEndpoint } from '../../shared/endpoint';
import { fileError, OperatorError } from '../../shared/errors';
import type { CaseClass } from '../case';
import type { Kind } from '../kinds';
import type { Verdict } from '../run-cases';
import { tallyOf } from '../tally';

/** What is read again of a case. */
export interface KeptVerdict {
  id: string;
  class: CaseClass;
  outcome: Verdict['outcome'];
}

/** A line a case, the bytes of broken ones in hexadecimal, and the summary. */
export function jsonLines(kind: Kind, program: readonly string[], verdicts: readonly Verdict[]): string[] {
  const { byClass, skipped, isConforming } = tallyOf(verdicts);
  const summary = { event: 'summary', kind: kind.name, program, classes: byClass, skipped, conforming: isConforming };
  return [...verdicts.map((verdict) => caseEvent(kind, verdict)), summary].map((event) => JSON.stringify(event));
}

function caseEvent(kind: Kind, verdict: Verdict): object {
  const { id, class: name, rule, outcome, expected, came, ms, said, more, printed } = verdict;
  const about = { event: 'case', id, class: name, rule, outcome, ms: Math.round(ms) };
  if (outcome !== 'broken') return outcome === 'skipped' ? { ...about, reason: expected } : about;
  return {
    ...about,
    expected,
    came,
    printed,
    said: said.map((one) => ({
      ms: Math.round(one.atMs),
      from: `${one.from.name} ${formatEndpoint(one.from.endpoint)}`,
      to: `${one.to.name} ${formatEndpoint(one.to.endpoint)}`,
      hex: Buffer.from(one.bytes).toString('hex'),
      words: kind.wordsOf(one),
    })),
    saidBeyond: more,
  };
}

/** A run that was kept. The kind is undefined where its end is missing. */
export interface KeptRun {
  kind: string | undefined;
  verdicts: KeptVerdict[];
}

/** Reads results that were kept. @throws OperatorError `file` for a file that holds none */
export function readResults(path: string): KeptRun {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw fileError('results of a run', path, cause);
  }
  const events = text.split('\n').filter(Boolean).map((line) => eventOf(line, path)); // biome-ignore format: one sentence
  const cases = events.filter((event): event is KeptVerdict & { event: string } => event?.event === 'case');
  if (cases.length === 0) throw new OperatorError('file', `expected results kept with --json, got "${path}"`);
  const summary = events.find((event) => event?.event === 'summary') as { kind?: string } | undefined;
  return { kind: summary?.kind, verdicts: cases };
}

function eventOf(line: string, path: string): { event?: unknown } | undefined {
  try {
    return JSON.parse(line) as { event?: unknown };
  } catch (cause) {
    throw new OperatorError('file', `expected one JSON object a line, got "${path}"`, { cause });
  }
}
