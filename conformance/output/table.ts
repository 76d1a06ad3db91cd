/** Results for people: a line a case, under each broken one what was expected and what came, and a summary. */

import type { Paint } from '../../shared/program/colour';
import { tableLines as columns } from '../../shared/program/table';
import { CASE_CLASSES, type CaseName } from '../case';
import type { Kind } from '../kinds';
import type { Verdict } from '../run-cases';
import { tallyOf } from '../tally';

/** A line a case: its class, name and rule. */
export function listLines(cases: readonly CaseName[], json: boolean): string[] {
  if (json) return cases.map(({ id, class: kind, rule }) => JSON.stringify({ event: 'case', id, class: kind, rule }));
  return columns([['class', 'case', 'rule'], ...cases.map((one) => [one.class, one.id, one.rule])]);
}

/** Of what was said, the lines under a broken case. */
const SAID_MAX = 6;

/** The heading, the cases in their order, and the summary. */
export function tableLines(kind: Kind, verdicts: readonly Verdict[], paint: Paint): string[] {
  const [heading, ...rows] = columns([
    ['', 'class', 'case', 'rule'],
    ...verdicts.map(({ outcome, class: name, id, rule }) => [MARKS[outcome], name, id, rule]),
  ]);
  const lines = verdicts.flatMap((verdict, i) => [
    paint(COLOURS[verdict.outcome], rows[i]!),
    ...reasonLines(kind, verdict).map((line) => paint('faint', `        ${line}`)),
  ]);
  return [paint('bold', heading!), ...lines, paint('bold', summaryLine(verdicts))];
}

/** `must 31 of 31, reordering 7 of 8, ...: conforming`. */
export function summaryLine(verdicts: readonly Verdict[]): string {
  const { byClass, skipped, isConforming } = tallyOf(verdicts);
  const counts = CASE_CLASSES.filter((name) => byClass[name].of > 0).map(
    (name) => `${name} ${byClass[name].held} of ${byClass[name].of}`,
  );
  const left = skipped > 0 ? [`${skipped} skipped`] : [];
  return `${[...counts, ...left].join(', ')}: ${isConforming ? 'conforming' : 'not conforming'}`;
}

const MARKS = { held: 'ok', broken: 'BROKEN', skipped: 'skipped' } as const;
const COLOURS = { held: 'green', broken: 'red', skipped: 'faint' } as const;

function reasonLines(kind: Kind, { outcome, expected, came, said, printed }: Verdict): string[] {
  if (outcome === 'held') return [];
  if (outcome === 'skipped') return [expected];
  const last = said.slice(-SAID_MAX);
  return [
    `expected ${expected}`,
    `came     ${came}`,
    ...last.map(
      (one) => `${one.atMs.toFixed(0).padStart(6)} ms  ${one.from.name} -> ${one.to.name}: ${kind.wordsOf(one)}`,
    ),
    ...printed.split('\n').slice(-3).filter(Boolean).map((line) => `printed  ${line}`), // biome-ignore format: one sentence
  ];
}
