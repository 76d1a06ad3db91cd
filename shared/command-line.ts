/** Command lines through yargs, made to throw and to give text back where yargs would print and exit by itself. */

import yargs, { type Argv } from 'yargs';
import { usageError } from './errors';
import type { Parsed } from './run-main';
import { version } from './version';

/** A program's command line: its name and synopsis, its words, and how they become options. */
export interface CommandLine<Arguments, Options> {
  name: string;
  /** Positional words as yargs writes them, such as `<port> <file> [neighbour..]`. */
  synopsis: string;
  about: string;
  /** Words that may be given many times. */
  lists: readonly string[];
  /** Declares the positional words, all of them strings: yargs makes NaN of a bad number. */
  positionals: (line: Argv) => Argv;
  /** Declares the options, all of them strings or booleans. */
  declareOptions: (line: Argv) => Argv;
  /** One complete object, every word checked. @throws OperatorError `usage` */
  toOptions: (given: Arguments) => Options;
  examples: readonly (readonly [string, string])[];
  /** Printed below the help. */
  epilogue?: string;
}

/** Parses `argv`. Help, version and the completion script come back as text. @throws OperatorError `usage` */
export async function parseCommandLine<Arguments, Options>(
  commandLine: CommandLine<Arguments, Options>,
  argv: readonly string[],
): Promise<Parsed<Options>> {
  const { name, synopsis, about, positionals, declareOptions, toOptions } = commandLine;
  if (argv.length === 1 && argv[0] === 'completion') return { text: await completionScript(name) };
  let failure: string | undefined;
  let text = '';
  // Options stand outside the command, where completion looks for them.
  const line = declareOptions(yargs())
    .scriptName(name)
    .exitProcess(false)
    .fail((message, error) => (failure ??= message ?? error.message))
    .strict()
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .command(`$0 ${synopsis}`, about, positionals)
    .completion('completion', 'Print a script that completes the command in bash or zsh')
    .example(commandLine.examples.map(([command, what]): [string, string] => [command, what]))
    .epilogue(commandLine.epilogue ?? '')
    .version(version())
    .help()
    .wrap(HELP_WIDTH);
  const given = await line.parseAsync([...argv], {}, (_error, _given, output) => void (text = output));
  if (failure?.startsWith('Not enough non-option'))
    failure = `expected ${name} ${synopsis}, got ${argv.length ? `only ${argv.join(' ')}` : 'no words'}`;
  if (failure !== undefined) throw usageError(`${failure}; ${name} --help says more`);
  return text === '' ? { options: toOptions(lastOfEach(given, commandLine.lists) as Arguments) } : { text };
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

const HELP_WIDTH = 100;

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

/** A decimal number in words of a command line. @throws OperatorError `usage` */
export function numberOf(
  word: string,
  option: string,
  range: { min: number; max: number; unit: string; integer?: boolean },
): number {
  const value = /^\d+(\.\d+)?$/.test(word) ? Number(word) : Number.NaN;
  const { min, max, unit, integer = false } = range;
  if (value >= min && value <= max && (!integer || Number.isInteger(value))) return value;
  throw usageError(
    `expected ${integer ? 'a whole number' : 'a number'} of ${unit} from ${min} to ${max} for ${option}, got "${word}"`,
  );
}
