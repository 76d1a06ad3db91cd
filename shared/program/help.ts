/** The text of --help: 80 columns wide, so that it fits every terminal, and broken between words. */

import {
  type Command,
  type CommandLine,
  declarationsOf,
  firstWordOf,
  usageOf,
  writtenDefault,
  writtenOption,
} from './declarations';

const WIDTH = 80;
/** A term that is longer stands on a line of its own. */
const TERM_MAX = 26;

type Entry = readonly [term: string, about: string];

/** Help for one command, or for a program of several: what they are. */
export function helpText(commandLine: CommandLine<unknown>, chosen: Command<unknown> | undefined): string {
  const { name, commands, examples, epilogue } = commandLine;
  const command = chosen ?? (commands.length === 1 ? commands[0] : undefined);
  if (command === undefined) {
    const entries = commands.map((each): Entry => [usageOf('', each).trim(), each.about]);
    return joined([
      `${name} <command>`,
      ...section('Commands:', [...entries, ['completion', COMPLETION]]),
      ...section('Examples:', examples),
      ...paragraph(epilogue),
      ...paragraph(`${name} <command> --help says more of each.`),
    ]);
  }
  const { positionals, options } = declarationsOf(command);
  const words = [...positionals].map(([word, { describe = '' }]): Entry => [word, describe]);
  const flags = [...options].map(([option, spec]): Entry => {
    const value = writtenDefault(spec);
    return [writtenOption(option, spec), `${spec.describe ?? ''}${value === undefined ? '' : ` [default: ${value}]`}`];
  });
  const own = firstWordOf(command) === '' ? examples : examples.filter(([line]) => isOf(line, name, command));
  return joined([
    usageOf(name, command),
    ...paragraph(command.about),
    ...section('Words:', words),
    ...section('Options:', flags),
    ...section('Examples:', own),
    ...paragraph(epilogue),
  ]);
}

/** What `completion` as the only word does. */
export const COMPLETION = 'Print a script that completes the command in bash and zsh';

function isOf(line: string, name: string, command: Command<unknown>): boolean {
  return line.startsWith(`${name} ${firstWordOf(command)} `);
}

function joined(lines: readonly string[]): string {
  return lines.join('\n');
}

function paragraph(text: string): string[] {
  return text === '' ? [] : ['', ...wrapped(text, WIDTH)];
}

function section(title: string, entries: readonly Entry[]): string[] {
  if (entries.length === 0) return [];
  const column = Math.min(TERM_MAX, Math.max(...entries.map(([term]) => term.length))) + 4;
  return ['', title, ...entries.flatMap((entry) => entryLines(entry, column))];
}

function entryLines([term, about]: Entry, column: number): string[] {
  const lines = wrapped(about, WIDTH - column).map((line) => ' '.repeat(column) + line);
  const head = `  ${term}`;
  if (head.length + 2 > column) return [head, ...lines];
  return [head.padEnd(column) + (lines[0] ?? '').trimStart(), ...lines.slice(1)];
}

/** Lines of at most `width` characters, broken at blanks; a longer word keeps a line for itself. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
