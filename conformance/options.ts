/** The conformance command's line: arguments in, one complete options object out, told apart by its `command`. */

import { usageError } from '../shared/errors';
import { type CommandLine, numberOf, parseCommandLine } from '../shared/program/command-line';
import type { Declarations } from '../shared/program/declarations';
import type { Parsed } from '../shared/program/run-main';
import type { Case } from './case';
import { KINDS, type Kind } from './kinds';
import { checkPlaceholders, unescaped } from './program/words';

/** Where results go beside the table. */
export interface Files {
  junit: string | undefined;
  html: string | undefined;
  pcap: string | undefined;
}

/** Grades one program, or those of a file. */
export interface GradeOptions {
  command: 'grade';
  kind: Kind;
  /** The program's words with placeholders; empty where a batch names the programs. */
  program: readonly string[];
  /** Path of a CSV file; undefined for the one program. */
  batch: string | undefined;
  stdin: string;
  ports: readonly number[] | undefined;
  patienceMs: number;
  startMs: number;
  sideBySide: number;
  cases: readonly Case[];
  keepGoing: boolean;
  /** On this machine's own loopback, also where a network namespace could be had. */
  sharedNetwork: boolean;
  json: boolean;
  files: Files;
}

/** Lists the cases of a kind. */
export interface ListOptions {
  command: 'list';
  cases: readonly Case[];
  json: boolean;
}

/** Tells what changed between two runs. */
export interface CompareOptions {
  command: 'compare';
  before: string;
  after: string;
}

export type ConformanceOptions = GradeOptions | ListOptions | CompareOptions;

/** Parses the conformance command's line. @throws OperatorError `usage` */
export function parseOptions(argv: readonly string[]): Promise<Parsed<ConformanceOptions>> {
  return parseCommandLine(COMMAND_LINE, argv);
}

export const COMMAND_LINE: CommandLine<ConformanceOptions> = {
  name: 'conformance',
  commands: [
    ...KINDS.map((kind) => ({
      synopsis: `${kind.name} [program..]`,
      about: kind.about,
      positionals: (line: Declarations) =>
        line.positional('program', {
          type: 'string',
          array: true,
          default: [],
          describe: `Behind --, the program's command line; ${meanings(kind)}`,
        }),
      declareOptions,
      toOptions: (given: Arguments) => gradeOptionsOf(kind, given),
    })),
    {
      synopsis: 'compare <before> <after>',
      about: 'Tell what changed between two runs that were kept with --json',
      positionals: (line) =>
        line
          .positional('before', { type: 'string', demandOption: true, describe: 'Results of the first run' })
          .positional('after', { type: 'string', demandOption: true, describe: 'Results of the second' }),
      declareOptions: (line) => line,
      toOptions: ({ before, after }: { before: string; after: string }) => ({ command: 'compare', before, after }),
    },
  ],
  lists: ['program', 'only'],
  files: ['before', 'after', 'junit', 'html', 'pcap', 'batch'],
  examples: KINDS.map((kind) => [`conformance ${kind.name} -- ${kind.example}`, kind.about.toLowerCase()]),
  epilogue:
    "The status is 0 only when every rule of the class must holds. A list such as {neighbours} becomes as many words; '{neighbours:,}', in quotes, is one word with a comma between, and any other text can stand in its place. Programs run in a network namespace of their own where the system allows one.",
};

interface Arguments {
  program: string[];
  only: string[];
  list: boolean;
  'keep-going': boolean;
  stdin: string | undefined;
  ports: string | undefined;
  patience: string;
  start: string;
  'side-by-side': string | undefined;
  'shared-network': boolean;
  batch: string | undefined;
  json: boolean;
  junit: string | undefined;
  html: string | undefined;
  pcap: string | undefined;
}

function declareOptions(line: Declarations): Declarations {
  return line
    .option('only', {
      type: 'string',
      value: 'text',
      array: true,
      nargs: 1,
      default: [],
      describe: 'Play only cases whose name or class has this text; repeatable',
    })
    .option('list', { type: 'boolean', default: false, describe: 'List the cases, and play none' })
    .option('keep-going', {
      type: 'boolean',
      default: false,
      describe: 'Play on where the first case, that the program starts, is broken',
    })
    .option('stdin', {
      type: 'string',
      value: 'text',
      describe: 'Type this to the program when it has started: placeholders as in its words, \\n for a line end',
    })
    .option('ports', {
      type: 'string',
      value: 'first-last',
      describe: 'The only ports that the program can have, such as 10097-10099',
    })
    .option('patience', {
      type: 'string',
      value: 'seconds',
      default: '2',
      describe: 'How long the program may take for what it should do',
    })
    .option('start', { type: 'string', value: 'seconds', default: '10', describe: 'How long it may take to start' })
    .option('side-by-side', { type: 'string', value: 'n', describe: 'Cases to play at the same time' })
    .option('shared-network', {
      type: 'boolean',
      default: false,
      describe: "Run on this machine's loopback, also where a network namespace could be had",
    })
    .option('batch', {
      type: 'string',
      value: 'file',
      describe: 'Grade many: a CSV file with a name and a command a line, instead of the program',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object a case, and a summary' })
    .option('junit', { type: 'string', value: 'file', describe: 'Write the results as JUnit XML too' })
    .option('html', { type: 'string', value: 'file', describe: 'Write a page with a picture of each broken exchange' })
    .option('pcap', { type: 'string', value: 'file', describe: 'Write all that was said, for Wireshark' });
}

function gradeOptionsOf(kind: Kind, given: Arguments): ConformanceOptions {
  const cases = kind.cases.filter((one) => isWanted(one, given.only));
  if (cases.length === 0) throw usageError(`expected a text of a case for --only, got "${given.only.join('" "')}"`);
  if (given.list) return { command: 'list', cases, json: given.json };
  const { program, batch, junit, html, pcap } = given;
  if (program.length > 0 === (batch !== undefined))
    throw usageError(`expected a program behind -- or --batch, got ${batch === undefined ? 'neither' : 'both'}`);
  if (batch !== undefined && (junit ?? html ?? pcap) !== undefined)
    throw usageError('expected --junit, --html and --pcap for one program, got --batch too');
  const stdin = unescaped(given.stdin ?? '');
  if (batch === undefined) checkProgram(kind, program, stdin);
  const ports = given.ports === undefined ? undefined : portsOf(given.ports);
  return {
    command: 'grade',
    kind,
    program,
    batch,
    stdin,
    ports,
    patienceMs: secondsOf(given.patience, '--patience'),
    startMs: secondsOf(given.start, '--start'),
    sideBySide: sideBySideOf(given['side-by-side'], kind, ports),
    cases,
    keepGoing: given['keep-going'],
    sharedNetwork: given['shared-network'],
    json: given.json,
    files: { junit, html, pcap },
  };
}

/** @throws OperatorError `usage` for words that no program of this kind can be told by */
export function checkProgram(kind: Kind, program: readonly string[], stdin: string): void {
  checkPlaceholders([...program, stdin], Object.keys(kind.placeholders));
}

function meanings({ placeholders }: Kind): string {
  return Object.entries(placeholders).map(([name, meaning]) => `{${name}} is ${meaning}`).join(', '); // biome-ignore format: one sentence
}

function isWanted(one: Case, only: readonly string[]): boolean {
  return only.length === 0 || only.some((text) => one.id.includes(text) || one.class === text);
}

function portsOf(words: string): number[] {
  const range = { min: 1, max: 65_535, integer: true };
  const [first, last] = words.split('-').map((word) => numberOf(word, '--ports', range)) as [number, number?];
  if (words.split('-').length > 2 || (last ?? first) < first)
    throw usageError(`expected a port or a range of ports for --ports, got "${words}"`);
  return Array.from({ length: (last ?? first) - first + 1 }, (_, i) => first + i);
}

/** With ports of its own no more cases run at a time than can have all that they need. */
function sideBySideOf(word: string | undefined, kind: Kind, ports: readonly number[] | undefined): number {
  const wanted =
    word === undefined ? kind.sideBySide : numberOf(word, '--side-by-side', { min: 1, max: 64, integer: true });
  return ports === undefined ? wanted : Math.max(1, Math.min(wanted, Math.floor(ports.length / kind.portsMax)));
}

function secondsOf(word: string, option: string): number {
  return numberOf(word, option, { min: 0.1, max: 60, unit: 'seconds' }) * 1000;
}
