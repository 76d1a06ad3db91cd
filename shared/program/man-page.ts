/** A program's manual page, in the man macros that every man reads (man(7)). */

import {
  type Command,
  type CommandLine,
  declarationsOf,
  firstWordOf,
  HELP,
  usageOf,
  VERSION,
  writtenDefault,
  writtenOption,
} from './declarations';
import { COMPLETION } from './help';

/** The page, section 1. @param about the program in a few words, for whatis(1) */
export function manPage(commandLine: CommandLine<unknown>, about: string, version: string): string {
  const { name, commands, examples, epilogue } = commandLine;
  const lone = commands.length === 1;
  return [
    `.TH ${name.toUpperCase()} 1 "" "servent ${version}" "User Commands"`,
    '.SH NAME',
    `${escaped(name)} \\- ${escaped(about)}`,
    '.SH SYNOPSIS',
    ...commands.flatMap((command) => ['.nf', `.B ${escaped(usageOf(name, command))} [\\fIoption\\fR ...]`, '.fi']),
    '.SH DESCRIPTION',
    ...(lone ? commandLines(commands[0]!) : [sentence(epilogue)]),
    ...(lone ? [] : ['.SH COMMANDS', sentence('Each takes --help and --version too')]),
    ...(lone ? [] : commands.flatMap((command) => [`.SS ${escaped(command.synopsis)}`, ...commandLines(command)])),
    ...(lone ? ['.PP', sentence(epilogue)] : []),
    '.SH COMPLETION',
    `.B ${escaped(name)} completion`,
    '.br',
    sentence(COMPLETION),
    '.SH EXAMPLES',
    ...examples.flatMap(([command, what]) => ['.TP', `.B ${escaped(command)}`, escaped(what)]),
    '',
  ].join('\n');
}

function commandLines(command: Command<unknown>): string[] {
  const { positionals, options } = declarationsOf(command);
  const words = [...positionals].flatMap(([word, { describe = '' }]) => [
    '.TP',
    `.I ${escaped(word)}`,
    sentence(describe),
  ]);
  const isLone = firstWordOf(command) === '';
  // One sentence says of all commands what each of them has.
  const shown = [...options].filter(([, spec]) => isLone || (spec !== HELP && spec !== VERSION));
  const flags = shown.flatMap(([option, spec]) => {
    const value = writtenDefault(spec);
    const text = sentence(spec.describe ?? '');
    return [
      '.TP',
      `.B ${escaped(writtenOption(option, spec))}`,
      value === undefined ? text : `${text} Default: ${escaped(value)}.`,
    ];
  });
  return [sentence(command.about), ...words, ...(isLone ? ['.SH OPTIONS'] : []), ...flags];
}

/** Text on a line of its own, ended by a full stop. */
function sentence(text: string): string {
  return escaped(/[.!?]$/.test(text) || text === '' ? text : `${text}.`);
}

/** Dashes that are dashes, backslashes that are none of roff's, and no line that begins like a request. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1');
}
