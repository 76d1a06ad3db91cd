/** `--batch class.csv`: grades many programs one after the other, and prints a row for each. */

import { readFileSync } from 'node:fs';
import { fileError, OperatorError, usageError } from '../shared/errors';
import { escapeText } from '../shared/escape';
import type { Streams } from '../shared/program/run-main';
import { tableLines } from '../shared/program/table';
import { CASE_CLASSES, type CaseClass } from './case';
import { verdictsOf } from './grade';
import { checkProgram, type GradeOptions } from './options';
import { splitWords, unescaped } from './program/words';
import type { Verdict } from './run-cases';
import { type Tally, tallyOf } from './tally';

/** A program of the class. */
interface Entry {
  name: string;
  program: readonly string[];
  stdin: string;
}

/** Of the rules that are broken, a row names so many. */
const NAMED_MAX = 3;

/** Grades all. Gives 0 when every one conforms, 1 else. */
export async function gradeBatch(options: GradeOptions, streams: Streams): Promise<number> {
  const classes = CASE_CLASSES.filter((one) => options.cases.some((each) => each.class === one));
  const rows: string[][] = [];
  let status = 0;
  for (const { name, program, stdin } of entriesOf(options)) {
    const verdicts = await verdictsOf({ ...options, program, stdin }, streams);
    const tally = tallyOf(verdicts);
    if (!tally.isConforming) status = 1;
    rows.push(rowOf(name, classes, tally, verdicts));
    const { byClass, skipped, isConforming } = tally;
    if (options.json) streams.out(JSON.stringify({ event: 'program', name, program, classes: byClass, skipped, conforming: isConforming, broken: brokenOf(verdicts) })); // biome-ignore format: one sentence
  }
  if (!options.json) tableLines([['name', ...classes, 'conforming', 'broken'], ...rows]).forEach(streams.out);
  return status;
}

function rowOf(
  name: string,
  classes: readonly CaseClass[],
  { byClass, isConforming }: Tally,
  verdicts: readonly Verdict[],
): string[] {
  const counts = classes.map((one) => `${byClass[one].held}/${byClass[one].of}`);
  const broken = brokenOf(verdicts);
  const more = broken.length > NAMED_MAX ? ` and ${broken.length - NAMED_MAX} more` : '';
  return [escapeText(name), ...counts, isConforming ? 'yes' : 'no', broken.slice(0, NAMED_MAX).join(', ') + more];
}

function brokenOf(verdicts: readonly Verdict[]): string[] {
  return verdicts.filter(({ outcome }) => outcome === 'broken').map(({ id }) => id);
}

/** Reads the class: `name,command[,stdin]` a line, a first line of just these words may stand above. */
function entriesOf({ batch, kind, stdin }: GradeOptions): Entry[] {
  let text: string;
  try {
    text = readFileSync(batch!, 'utf8');
  } catch (cause) {
    throw fileError('a readable CSV file', batch!, cause);
  }
  // Spreadsheets begin their files with a byte-order mark.
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const entries = lines.flatMap((line, i) => {
    const [name = '', command = '', typed] = cellsOf(line);
    if (name === '' || (i === 0 && name === 'name' && command === 'command')) return [];
    return inLine(`line ${i + 1} of "${batch}"`, () => {
      const program = splitWords(command);
      if (program.length === 0) throw usageError(`expected name,command, got "${line}"`);
      const entry = { name, program, stdin: typed === undefined ? stdin : unescaped(typed) };
      checkProgram(kind, program, entry.stdin);
      return [entry];
    });
  });
  if (entries.length === 0) throw usageError(`expected lines of name,command in "${batch}", got none`);
  return entries;
}

/** Says behind what is wrong in which line it is. @throws OperatorError `usage` */
function inLine<Result>(where: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw error instanceof OperatorError ? usageError(`${error.message} in ${where}`) : error;
  }
}

/** The cells of one line of CSV (RFC 4180): in double quotes a comma is none, and two double quotes are one. */
function cellsOf(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!.trim(),
  );
}
