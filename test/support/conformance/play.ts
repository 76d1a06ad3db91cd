/** Plays the conformance kit's cases against a program in this process, without a command of its own around. */

import { join } from 'node:path';
import type { Case } from '../../../conformance/case';
import { Ports } from '../../../conformance/network/ports';
import { runCases, type Verdict } from '../../../conformance/run-cases';

// The kit kills what it started when its process exits; a signal's own end would pass that over.
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

/** What each plain program is told, in its order. */
export const PLACEHOLDERS = {
  servent: ['{port}', '{file}', '{neighbours}'],
  client: ['{contact}'],
  documents: ['{path}', '{insync}', '{address}', '{leader}'],
  kv: ['{insync}', '{address}', '{leader}'],
  'backup-agent': ['{root}', '{address}'],
  rest: ['{insync}', '{http}', '{leaderhttp}'],
} as const;

/** The words that start the plain program of a kind, with one fault or none. */
export function plainProgram(file: string, placeholders: readonly string[], fault?: string): string[] {
  const path = join(__dirname, file);
  return ['python3', '-S', path, ...(fault === undefined ? [] : ['--fault', fault]), ...placeholders];
}

export function playCases(cases: readonly Case[], words: readonly string[], sideBySide: number): Promise<Verdict[]> {
  const terms = {
    words,
    stdin: '',
    ports: new Ports(undefined),
    // The machine may do much else.
    patienceMs: 5000,
    startMs: 30_000,
    secondAddress: undefined,
  };
  return runCases(cases, terms, sideBySide, () => {});
}

/** Names of the cases whose rule is broken. */
export function brokenOf(verdicts: readonly Verdict[]): string[] {
  return verdicts.filter(({ outcome }) => outcome === 'broken').map(({ id }) => id);
}
