/** Results as JUnit XML, for whatever reads that. */

import { CASE_CLASSES } from '../case';
import type { Kind } from '../kinds';
import type { Verdict } from '../run-cases';
import { attribute } from './markup';

/** A test suite a class. */
export function junitXml(kind: Kind, verdicts: readonly Verdict[]): string {
  const suites = CASE_CLASSES.map((name) => suite(`${kind.name} ${name}`, verdicts.filter((one) => one.class === name))); // biome-ignore format: one sentence
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('')}</testsuites>\n`;
}

function suite(name: string, verdicts: readonly Verdict[]): string {
  if (verdicts.length === 0) return '';
  const count = (outcome: Verdict['outcome']) => verdicts.filter((verdict) => verdict.outcome === outcome).length;
  const head = `<testsuite name="${name}" tests="${verdicts.length}" failures="${count('broken')}" skipped="${count('skipped')}">`;
  return `${head}\n${verdicts.map((verdict) => testcase(name, verdict)).join('')}</testsuite>\n`;
}

function testcase(suiteName: string, { id, rule, outcome, expected, came, ms }: Verdict): string {
  const head = `<testcase classname="${suiteName}" name="${attribute(`${id}: ${rule}`)}" time="${(ms / 1000).toFixed(3)}"`;
  if (outcome === 'held') return `${head}/>\n`;
  if (outcome === 'skipped') return `${head}><skipped message="${attribute(expected)}"/></testcase>\n`;
  return `${head}><failure message="${attribute(`expected ${expected}, came ${came}`)}"/></testcase>\n`;
}
