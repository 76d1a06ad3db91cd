/** Command lines: yargs reads the words; what it would take for something else, or refuse without a name, is told here. */

import yargs from 'yargs';
import { isInRange, type NumberRange, rangeError } from '../checks';
import { usageError } from '../errors';
import { completionScript } from './completion';
import {
  type Command,
  type CommandLine,
  type Declarations,
  declarationsOf,
  firstWordOf,
  type OptionSpec,
  usageOf,
} from './declarations';
import { helpText } from './help';
import type { Parsed } from './run-main';
import { version } from './version';

export type { CommandLine } from './declarations';

/** Parses `argv`. Help, version and the completion script come back as text. @throws OperatorError `usage` */
export async function parseCommandLine<Options>(
  commandLine: CommandLine<Options>,
  argv: readonly string[],
): Promise<Parsed<Options>> {
  const { name, commands } = commandLine;
  if (argv.length === 1 && argv[0] === 'completion') return { text: completionScript(commandLine) };
  const words = optionWords(argv);
  const command = chosenCommand(commands, words);
  if (words.some((word) => word === '--help' || word === '-h')) return { text: helpText(commandLine, command) };
  if (words.some((word) => word === '--version' || word === '-V')) return { text: version() };
  const refuse = (message: string) => usageError(`${message}; ${name} --help says more`);
  if (!command) throw refuse(`expected ${listed(commands.map(firstWordOf))}, got ${gotWords(argv)}`);
  const declarations = declarationsOf(command);
  const fault = faultOf(commandLine, declarations, words);
  if (fault !== undefined) throw refuse(fault);
  const rest = [...argv];
  if (firstWordOf(command) !== '') rest.splice(rest.indexOf(firstWordOf(command)), 1);
  const { given, left, failure } = await parsed(command, declarations, rest);
  if (failure === undefined) return { options: command.toOptions(given) };
  const got = left.length > 0 ? `"${left.join(' ')}" too` : gotWords(argv);
  throw refuse(`expected ${usageOf(name, command)}, got ${got}`);
}

/** Words that may be options: those before a `--`. */
function optionWords(argv: readonly string[]): readonly string[] {
  const dashes = argv.indexOf('--');
  return dashes < 0 ? argv : argv.slice(0, dashes);
}

function chosenCommand<Options>(
  commands: readonly Command<Options>[],
  words: readonly string[],
): Command<Options> | undefined {
  const first = words.find((word) => !isOption(word));
  const lone = commands.find((command) => firstWordOf(command) === '');
  return commands.find((command) => command !== lone && firstWordOf(command) === first) ?? lone;
}

function isOption(word: string): boolean {
  return word.length > 1 && word.startsWith('-');
}

/** What is wrong with the options on the line, or undefined. */
function faultOf(
  { name, lists }: CommandLine<unknown>,
  { options }: Declarations,
  words: readonly string[],
): string | undefined {
  const seen = new Set<string>();
  for (const [i, word] of words.entries()) {
    if (!isOption(word)) continue;
    const [written, ...valueParts] = word.split('=');
    const option = optionNamed(written!, options);
    if (option === undefined) return `expected an option of ${name}, got "${written}"`;
    if (seen.has(option) && !lists.includes(option)) return `expected ${written} once, got it twice`;
    seen.add(option);
    const value = valueParts.length > 0 ? valueParts.join('=') : undefined;
    const { type, choices } = options.get(option)!;
    if (type === 'boolean') {
      if (value !== undefined) return `expected ${written} alone, got "${word}"`;
      continue;
    }
    const next = words[i + 1];
    if (value === undefined && (next === undefined || isOption(next)))
      return `expected a value behind ${written}, got ${next === undefined ? 'nothing' : `"${next}"`}`;
    const taken = value ?? next!;
    if (choices && !choices.includes(taken)) return `expected ${listed(choices)} for ${written}, got "${taken}"`;
  }
  const lacking = [...options].find(([option, { demandOption }]) => demandOption && !seen.has(option));
  return lacking && `expected --${lacking[0]}, got no such option`;
}

/** The option that `--name`, `--no-name` or a letter stands for. */
function optionNamed(written: string, options: ReadonlyMap<string, OptionSpec>): string | undefined {
  const name = written.replace(/^--?/, '');
  if (!written.startsWith('--')) return [...options].find(([, { alias }]) => alias === name)?.[0];
  if (options.has(name)) return name;
  const negated = name.replace(/^no-/, '');
  return options.get(negated)?.type === 'boolean' ? negated : undefined;
}

/**
 * Reads the words through yargs, which is made to tell where it would print and exit by itself. Options have been checked: what
 * may fail is that positional words lack, or that some are left.
 */
async function parsed(
  command: Command<unknown>,
  { positionals, options }: Declarations,
  argv: readonly string[],
): Promise<{ given: object; left: readonly unknown[]; failure: string | undefined }> {
  let failure: string | undefined;
  const line = yargs()
    .exitProcess(false)
    .help(false)
    .version(false)
    .fail((message, error) => (failure ??= message ?? error.message))
    .strict()
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'short-option-groups': false,
      'camel-case-expansion': false,
      'dot-notation': false,
    });
  for (const [name, { value: _value, ...spec }] of options) line.option(name, spec);
  const synopsis = command.synopsis.replace(firstWordOf(command), '').replace('$0', '');
  line.command(
    `$0 ${synopsis}`.trim(),
    '',
    (inner) => [...positionals].reduce((each, [name, spec]) => each.positional(name, spec), inner),
    () => undefined,
  );
  const given = await line.parseAsync(marked(argv));
  return { given: unmarked(given), left: given._, failure };
}

/** No word of a command line can hold a NUL. */
const MARK = '\0';

/**
 * Words behind a `--` are no options, but yargs takes those that begin with a dash for some, and drops a dash alone: a mark in
 * front keeps it from that.
 */
function marked(argv: readonly string[]): string[] {
  const before = optionWords(argv);
  return [
    ...before.map((word) => (word === '-' ? MARK + word : word)),
    ...argv.slice(before.length + 1).map((word) => MARK + word),
  ];
}

function unmarked(given: object): object {
  const plain = (value: unknown): unknown =>
    typeof value === 'string' ? value.replace(MARK, '') : Array.isArray(value) ? value.map(plain) : value;
  return Object.fromEntries(Object.entries(given).map(([word, value]) => [word, plain(value)]));
}

/** `a, b or c`. */
function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function gotWords(argv: readonly string[]): string {
  return argv.length > 0 ? `only "${argv.join(' ')}"` : 'nothing';
}

/** A decimal number in words of a command line. @throws OperatorError `usage` */
export function numberOf(word: string, option: string, range: NumberRange): number {
  const value = /^(\d+(\.\d*)?|\.\d+)$/.test(word) ? Number(word) : Number.NaN;
  if (isInRange(value, range)) return value;
  throw rangeError(option, range, `"${word}"`);
}
