/** The topology command's line: arguments in, one complete options object out, told apart by its `command`. */

import { usageError } from '../shared/errors';
import { type CommandLine, numberOf, parseCommandLine } from '../shared/program/command-line';
import type { Declarations } from '../shared/program/declarations';
import type { Parsed } from '../shared/program/run-main';
import { NEIGHBOURS_MAX } from '../shared/wire/overlay/query';
import { constant, type Delay, exponential, type Path, PERFECT_PATH, uniform } from '../simulator/path';
import { shippedTopologies } from './graph/catalogue';
import { KINDS, type Sizes } from './graph/generators';
import type { Output } from './output';
import { SERVENTS_MAX } from './simulated/address';

/** Runs the overlay on loopback, and asks it at the prompt. */
export interface UpOptions {
  command: 'up';
  /** File, name or kind of the overlay. */
  overlay: string;
  sizes: Sizes;
  /** Of the first servent, the others have the ports behind it; undefined for ports that are free. */
  portFirst: number | undefined;
}

/** Runs the overlay on loopback, and compares who answers with who should. */
export interface CheckOptions {
  command: 'check';
  overlay: string;
  sizes: Sizes;
  /** As of `up`. */
  portFirst: number | undefined;
  /** How long a question waits for answers, milliseconds. */
  timeoutMs: number;
  /** One JSON object a question in the place of a table. */
  json: boolean;
}

/** Lists the overlays that come with the package, and the kinds that can be made. */
export interface ListOptions {
  command: 'list';
}

/** Prints a topology file of a kind, its key-value files as seen from the current folder. */
export interface GenerateOptions {
  command: 'generate';
  kind: string;
  sizes: Sizes;
}

/** Draws the overlay. */
export interface DrawOptions {
  command: 'draw';
  overlay: string;
  sizes: Sizes;
  output: Output<'svg' | 'text'>;
}

/** What happens on the simulated way. */
interface SimulatedNetwork {
  /** Of every way; links that say something of themselves go before. */
  path: Path;
  seed: number;
  literal: boolean;
}

/** Asks many questions in the simulator, and prints what they reached and cost. */
export interface SimulateOptions extends SimulatedNetwork {
  command: 'simulate';
  /** Each a file, name or kind. */
  overlays: readonly string[];
  sizes: Sizes;
  /** Of each overlay, 1 to 10,000,000. */
  questions: number;
  /** Servents of a hundred that hold the key asked for. */
  heldPercent: number;
  format: 'table' | 'json' | 'csv';
}

/** Follows one question through a simulated overlay. */
export interface TraceOptions extends SimulatedNetwork {
  command: 'trace';
  overlay: string;
  sizes: Sizes;
  /** Name of the contact servent. */
  from: string;
  key: string;
  output: Output<'svg' | 'text' | 'json'>;
}

export type TopologyOptions =
  | ListOptions
  | GenerateOptions
  | DrawOptions
  | SimulateOptions
  | TraceOptions
  | UpOptions
  | CheckOptions;

/** Parses the topology command's line. @throws OperatorError `usage` */
export function parseOptions(argv: readonly string[]): Promise<Parsed<TopologyOptions>> {
  return parseCommandLine(COMMAND_LINE, argv);
}

export const COMMAND_LINE: CommandLine<TopologyOptions> = {
  name: 'topology',
  commands: [
    {
      synopsis: 'list',
      about: 'List the overlays that come with the package, and the kinds that can be made',
      positionals: (line) => line,
      declareOptions: (line) => line,
      toOptions: () => ({ command: 'list' }),
    },
    {
      synopsis: 'generate <kind>',
      about: 'Print a topology file of a kind; its key-value files are given as seen from the current folder',
      positionals: (line) =>
        line.positional('kind', { type: 'string', demandOption: true, describe: [...KINDS.keys()].join(', ') }),
      declareOptions: (line) => declareSeed(declareSizes(line)),
      toOptions: (given: { kind: string } & SizeWords) => ({
        command: 'generate',
        kind: given.kind,
        sizes: sizesOf(given),
      }),
    },
    {
      synopsis: 'draw <overlay>',
      about: 'Draw an overlay: SVG into a pipe or a file, a table in a terminal',
      positionals: overlayWord,
      declareOptions: (line) => declareOutput(declareSeed(declareSizes(line))),
      toOptions: (given: { overlay: string } & SizeWords & OutputWords) => ({
        command: 'draw',
        overlay: given.overlay,
        sizes: sizesOf(given),
        output: outputOf(given, ['svg', 'text']),
      }),
    },
    {
      synopsis: 'simulate <overlays..>',
      about: 'Ask many questions of simulated overlays, and print what they reach and cost',
      positionals: (line) =>
        line.positional('overlays', {
          type: 'string',
          array: true,
          demandOption: true,
          describe: 'Topology files, names or kinds',
        }),
      declareOptions: (line) =>
        declareNetwork(declareSizes(line))
          .option('questions', {
            type: 'string',
            value: 'n',
            requiresArg: true,
            default: '1000',
            describe: 'Questions to ask',
          })
          .option('held', {
            type: 'string',
            value: 'percent',
            requiresArg: true,
            default: '100',
            describe: 'Servents of a hundred that hold the key',
          })
          .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object an overlay' })
          .option('csv', { type: 'boolean', default: false, describe: 'Print comma-separated values' }),
      toOptions: simulateOptionsOf,
    },
    {
      synopsis: 'trace <overlay>',
      about: 'Follow one flood in a simulated overlay, who heard when, over which link: drawn as by `draw`',
      positionals: overlayWord,
      declareOptions: (line) =>
        declareOutput(declareNetwork(declareSizes(line)))
          .option('from', {
            type: 'string',
            value: 'servent',
            requiresArg: true,
            demandOption: true,
            describe: 'Servent to ask',
          })
          .option('key', {
            type: 'string',
            value: 'key',
            requiresArg: true,
            demandOption: true,
            describe: 'Key to ask for',
          })
          .option('json', { type: 'boolean', default: false, describe: 'One JSON object a datagram' }),
      toOptions: traceOptionsOf,
    },
    {
      synopsis: 'up <overlay>',
      about: "Run an overlay's servents on loopback, and ask the first of them at the client's prompt",
      positionals: overlayWord,
      declareOptions: (line) => declarePort(declareSeed(declareSizes(line))),
      toOptions: (given: { overlay: string } & SizeWords & PortWords) => ({
        command: 'up',
        overlay: given.overlay,
        sizes: sizesOf(given),
        portFirst: portFirstOf(given),
      }),
    },
    {
      synopsis: 'check <overlay>',
      about: "Run an overlay's servents on loopback, and compare who answers with who is within three hops",
      positionals: overlayWord,
      declareOptions: (line) =>
        declarePort(declareSeed(declareSizes(line)))
          .option('timeout', {
            type: 'string',
            value: 'seconds',
            requiresArg: true,
            default: '0.5',
            describe: 'Seconds a question waits for one more answer',
          })
          .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object a question' }),
      toOptions: checkOptionsOf,
    },
  ],
  lists: ['overlays'],
  files: ['overlay', 'overlays', 'output'],
  suggestions: { overlay: overlayNames, overlays: overlayNames, kind: () => [...KINDS.keys()] },
  examples: [
    ['topology up line', 'five servents in a line, and the prompt'],
    ['topology up ring --servents 20', 'one made to order'],
    ['topology check diamond', 'exit status 0 when all is as predicted'],
    ['topology simulate ring mesh --loss 5', 'reach and cost, side by side'],
    ['topology trace line --from s1 --key tcpmux -o flood.svg', 'a picture of a flood'],
  ],
  epilogue: 'An overlay is a topology file, the name of one that comes with the package, or a kind to make.',
};

/** What an overlay may be called beside the path of its file. */
function overlayNames(): string[] {
  return [...shippedTopologies(), ...KINDS.keys()];
}

function overlayWord(line: Declarations): Declarations {
  return line.positional('overlay', { type: 'string', demandOption: true, describe: 'Topology file, name or kind' });
}

interface SizeWords {
  servents: string | undefined;
  degree: string | undefined;
  seed: string;
}

interface PortWords {
  port: string | undefined;
}

interface OutputWords {
  output: string | undefined;
  svg: boolean;
  text: boolean;
  json?: boolean;
}

interface NetworkWords extends SizeWords {
  delay: string;
  loss: string;
  duplicate: string;
  literal: boolean;
}

function declareSizes(line: Declarations): Declarations {
  return line
    .option('servents', {
      type: 'string',
      value: 'n',
      requiresArg: true,
      describe: 'Servents of an overlay made to order',
    })
    .option('degree', {
      type: 'string',
      value: 'n',
      requiresArg: true,
      describe: 'Its degree; `topology list` says of what',
    });
}

function declareSeed(line: Declarations): Declarations {
  return line.option('seed', {
    type: 'string',
    value: 'n',
    requiresArg: true,
    default: '1',
    describe: 'Decides all that is chance',
  });
}

function declarePort(line: Declarations): Declarations {
  return line.option('port', {
    type: 'string',
    value: 'port',
    requiresArg: true,
    describe: "The first servent's port, the others have those behind it; else ports that are free",
  });
}

function declareOutput(line: Declarations): Declarations {
  return line
    .option('output', {
      alias: 'o',
      type: 'string',
      value: 'file',
      requiresArg: true,
      describe: 'File to write, as SVG',
    })
    .option('svg', { type: 'boolean', default: false, describe: 'SVG, in a terminal too' })
    .option('text', { type: 'boolean', default: false, describe: 'A table, into a pipe or a file too' });
}

function declareNetwork(line: Declarations): Declarations {
  return declareSeed(line)
    .option('delay', {
      type: 'string',
      value: 'delay',
      requiresArg: true,
      default: 'uniform:5-50',
      describe: 'Milliseconds a datagram is on its way: <ms>, uniform:<min>-<max> or exponential:<mean>',
    })
    .option('loss', {
      type: 'string',
      value: 'percent',
      requiresArg: true,
      default: '0',
      describe: 'Datagrams of a hundred that get lost',
    })
    .option('duplicate', {
      type: 'string',
      value: 'percent',
      requiresArg: true,
      default: '0',
      describe: 'Of a hundred that come twice',
    })
    .option('literal', { type: 'boolean', default: false, describe: 'Never forward a later copy with a higher ttl' });
}

function simulateOptionsOf(
  given: NetworkWords & { overlays: string[]; questions: string; held: string; json: boolean; csv: boolean },
): SimulateOptions {
  if (given.json && given.csv) throw usageError('expected --json or --csv, got both');
  return {
    command: 'simulate',
    overlays: given.overlays,
    sizes: sizesOf(given),
    questions: numberOf(given.questions, '--questions', { min: 1, max: 10_000_000, unit: 'questions', integer: true }),
    heldPercent: percentOf(given.held, '--held'),
    format: given.json ? 'json' : given.csv ? 'csv' : 'table',
    ...networkOf(given),
  };
}

function traceOptionsOf(
  given: NetworkWords & OutputWords & { overlay: string; from: string; key: string },
): TraceOptions {
  const { overlay, from, key } = given;
  if (key === '') throw usageError('expected a key for --key, got ""');
  const output = outputOf(given, ['svg', 'text', 'json']);
  return { command: 'trace', overlay, sizes: sizesOf(given), from, key, output, ...networkOf(given) };
}

function checkOptionsOf(
  given: SizeWords & PortWords & { overlay: string; timeout: string; json: boolean },
): CheckOptions {
  return {
    command: 'check',
    overlay: given.overlay,
    sizes: sizesOf(given),
    portFirst: portFirstOf(given),
    timeoutMs: numberOf(given.timeout, '--timeout', { min: 0.01, max: 60, unit: 'seconds' }) * 1000,
    json: given.json,
  };
}

function portFirstOf({ port }: PortWords): number | undefined {
  return port === undefined ? undefined : numberOf(port, '--port', { min: 1, max: 65_535, integer: true });
}

function outputOf<Form extends 'svg' | 'text' | 'json'>(given: OutputWords, forms: readonly Form[]): Output<Form> {
  const chosen = forms.filter((form) => given[form]);
  if (chosen.length > 1) throw usageError(`expected one of --${forms.join(', --')}, got ${chosen.length} of them`);
  if (given.output === '') throw usageError('expected a file for --output, got ""');
  return { form: chosen[0], file: given.output };
}

function sizesOf({ servents, degree, seed }: SizeWords): Sizes {
  const count = (word: string | undefined, option: string, max: number, unit: string) =>
    word === undefined ? undefined : numberOf(word, option, { min: 0, max, unit, integer: true });
  return {
    servents: count(servents, '--servents', SERVENTS_MAX, 'servents'),
    degree: count(degree, '--degree', NEIGHBOURS_MAX, 'links'),
    seed: seedOf(seed),
  };
}

function networkOf({ delay, loss, duplicate, literal, seed }: NetworkWords): SimulatedNetwork {
  const path = {
    ...PERFECT_PATH,
    delay: delayOf(delay),
    lossPercent: percentOf(loss, '--loss'),
    duplicatePercent: percentOf(duplicate, '--duplicate'),
  };
  return { path, seed: seedOf(seed), literal };
}

function seedOf(word: string): number {
  return numberOf(word, '--seed', { min: 0, max: 2 ** 32 - 1, integer: true });
}

function percentOf(word: string, option: string): number {
  return numberOf(word, option, { min: 0, max: 100, unit: 'percent' });
}

/** `10`, `uniform:5-50` or `exponential:20`, milliseconds. */
function delayOf(word: string): Delay {
  const ms = (text: string | undefined) =>
    numberOf(text ?? '', '--delay', { min: 0, max: 60_000, unit: 'milliseconds' });
  const [kind, rest] = word.includes(':') ? word.split(':', 2) : ['constant', word];
  if (kind === 'constant') return constant(ms(rest));
  if (kind === 'exponential') return exponential(ms(rest));
  if (kind !== 'uniform') throw usageError(`expected a number, uniform: or exponential: for --delay, got "${word}"`);
  const [min, max, ...more] = rest!.split('-').map(ms);
  if (max === undefined || min! > max || more.length > 0)
    throw usageError(`expected uniform:<min>-<max> for --delay, got "${word}"`);
  return uniform(min!, max);
}
