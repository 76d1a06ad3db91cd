/** Command lines through yargs, made to throw and to give text back where yargs would print and exit by itself. */

import yargs, { type Argv } from 'yargs';
import { isWithin, type NumberRange, rangeError } from '../checks';
import { usageError } from '../errors';
import type { Parsed } from './run-main';
import { version } from './version';

/** A program's command line. */
export interface CommandLine<Options> {
  name: string;
  /** One, or several that a first word tells apart. */
  commands: readonly Command<Options>[];
  /** Words that may be given many times; of any other the last one wins. */
  lists: readonly string[];
  examples: readonly [command: string, what: string][];
  /** Printed below the help. */
  epilogue: string;
}

/** One thing a program can be asked to do: how it is written, and how the words become options. */
export interface Command<Options> {
  /** As yargs writes it: `$0 <port> <file> [neighbour..]`, where `$0` stands for no first word, or `up <overlay>`. */
  synopsis: string;
  about: string;
  /** Declares the positional words, all of them strings: yargs makes NaN of a bad number. */
  positionals: (line: Argv) => Argv;
  /** Declares the options, all of them strings or booleans. */
  declareOptions: (line: Argv) => Argv;
  /** One complete object, every word checked. @throws OperatorError `usage` */
  // biome-ignore lint/suspicious/noExplicitAny: what yargs gives is what was declared, which only the command knows
  toOptions: (given: any) => Options;
}

const HELP_WIDTH = 100;

/** Parses `argv`. Help, version and the completion script come back as text. @throws OperatorError `usage` */
export async function parseCommandLine<Options>(
  commandLine: CommandLine<Options>,
  argv: readonly string[],
): Promise<Parsed<Options>> {
  const { name, commands, lists, examples, epilogue } = commandLine;
  if (argv.length === 1 && argv[0] === 'completion') return { text: await completionScript(name) };
  let failure: string | undefined;
  let text = '';
  let chosen: Command<Options> | undefined;
  const line = yargs()
    .scriptName(name)
    .exitProcess(false)
    .fail((message, error) => (failure ??= message ?? error.message))
    .strict()
    .parserConfiguration({ 'parse-numbers': false, 'parse-positional-numbers': false })
    .completion('completion', 'Print a script that completes the command in bash or zsh')
    .example(examples.map(([command, what]): [string, string] => [command, what]))
    .epilogue(epilogue)
    .version(version())
    .help()
    .wrap(HELP_WIDTH);
  for (const command of commands) {
    const { synopsis, about, positionals, declareOptions } = command;
    // A lone command's options stand outside it, where completion looks for them.
    if (synopsis.startsWith('$0'))
      declareOptions(line).command(synopsis, about, positionals, () => void (chosen = command));
    else
      line.command(
        synopsis,
        about,
        (inner) => declareOptions(positionals(inner)),
        () => void (chosen = command),
      );
  }
  const given = await line.parseAsync(marked(argv), {}, (_error, _given, output) => void (text = output));
  if (failure === undefined && text !== '') return { text };
  if (failure === undefined && chosen) return { options: chosen.toOptions(unmarked(lastOfEach(given, lists))) };
  throw usageError(`${explain(failure, commandLine, argv)}; ${name} --help says more`);
}

/** No word of a command line can hold a NUL. */
const MARK = '\0';

/** Words behind a `--` are no options, but yargs takes those that begin with a dash for some: a mark in front keeps it from that. */
function marked(argv: readonly string[]): string[] {
  const dashes = argv.indexOf('--');
  if (dashes < 0) return [...argv];
  return [...argv.slice(0, dashes), ...argv.slice(dashes + 1).map((word) => MARK + word)];
}

function unmarked(given: object): object {
  const plain = (value: unknown): unknown =>
    typeof value === 'string' ? value.replace(MARK, '') : Array.isArray(value) ? value.map(plain) : value;
  return Object.fromEntries(Object.entries(given).map(([word, value]) => [word, plain(value)]));
}

/** yargs prints its script only where no default command claims the word. */
async function completionScript(name: string): Promise<string> {
  let script = '';
  await yargs()
    .scriptName(name)
    .exitProcess(false)
    .completion('completion')
    .parseAsync(['completion'], {}, (_error, _given, output) => void (script = output));
  return script;
}

/** An option given twice comes as an array: the last one wins, as everywhere. */
function lastOfEach(given: object, lists: readonly string[]): object {
  return Object.fromEntries(
    Object.entries(given).map(([word, value]) => [
      word,
      Array.isArray(value) && !lists.includes(word) ? value.at(-1) : value,
    ]),
  );
}

/** Words for a failure; yargs only counts the positional ones that lack. */
function explain<Options>(
  failure: string | undefined,
  { name, commands }: CommandLine<Options>,
  argv: readonly string[],
): string {
  // yargs breaks some of its sentences into lines.
  if (failure !== undefined && !failure.startsWith('Not enough non-option'))
    return failure.replaceAll(MARK, '').replace(/\s+/g, ' ');
  const got = argv.length > 0 ? `only "${argv.join(' ')}"` : 'nothing';
  const command = commands.find(({ synopsis }) => synopsis.split(' ')[0] === argv[0]) ?? commands[0]!;
  if (failure === undefined)
    return `expected ${commands.map(({ synopsis }) => synopsis.split(' ')[0]).join(', ')}, got ${got}`;
  return `expected ${command.synopsis.replace('$0', name)}, got ${got}`;
}

/** A decimal number in words of a command line. @throws OperatorError `usage` */
export function numberOf(word: string, option: string, range: NumberRange): number {
  const value = /^(\d+(\.\d*)?|\.\d+)$/.test(word) ? Number(word) : Number.NaN;
  if (isWithin(value, range)) return value;
  throw rangeError(option, range, word);
}
