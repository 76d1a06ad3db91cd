/** Command lines of what runs an overlay in the simulator: `simulate`, `trace`. */

import { usageError } from '../../shared/errors';
import { numberOf } from '../../shared/program/command-line';
import type { Command, Declarations } from '../../shared/program/declarations';
import { constant, type Delay, exponential, type Path, PERFECT_PATH, uniform } from '../../simulator/path';
import type { Sizes } from '../graph/generators';
import type { Output } from '../output';
import {
  declareOutput,
  declareSeed,
  declareSizes,
  type OutputWords,
  outputOf,
  overlayWord,
  type SizeWords,
  seedOf,
  sizesOf,
} from './common';

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

/** What happens on the simulated way. */
interface SimulatedNetwork {
  /** Of every way; links that say something of themselves go before. */
  path: Path;
  seed: number;
  literal: boolean;
}

export const SIMULATE: Command<SimulateOptions> = {
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
};

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

export const TRACE: Command<TraceOptions> = {
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
};

function traceOptionsOf(
  given: NetworkWords & OutputWords & { overlay: string; from: string; key: string },
): TraceOptions {
  const { overlay, from, key } = given;
  if (key === '') throw usageError('expected a key for --key, got ""');
  const output = outputOf(given, ['svg', 'text', 'json']);
  return { command: 'trace', overlay, sizes: sizesOf(given), from, key, output, ...networkOf(given) };
}

interface NetworkWords extends SizeWords {
  delay: string;
  loss: string;
  duplicate: string;
  literal: boolean;
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

function networkOf({ delay, loss, duplicate, literal, seed }: NetworkWords): SimulatedNetwork {
  const path = {
    ...PERFECT_PATH,
    delay: delayOf(delay),
    lossPercent: percentOf(loss, '--loss'),
    duplicatePercent: percentOf(duplicate, '--duplicate'),
  };
  return { path, seed: seedOf(seed), literal };
}

function percentOf(word: string, option: string): number {
  return numberOf(word, option, { min: 0, max: 100, unit: 'percent' });
}

/** `10`, `uniform:5-50` or `exponential:20`, milliseconds. */
function delayOf(word: string): Delay {
  const ms = (text: string) => numberOf(text, '--delay', { min: 0, max: 60_000, unit: 'milliseconds' });
  const colon = word.indexOf(':');
  if (colon < 0) return constant(ms(word));
  const kind = word.slice(0, colon);
  const rest = word.slice(colon + 1);
  if (kind === 'exponential') return exponential(ms(rest));
  if (kind !== 'uniform') throw usageError(`expected a number, uniform: or exponential: for --delay, got "${word}"`);
  const [min, max, ...more] = rest.split('-').map(ms);
  if (max === undefined || min! > max || more.length > 0)
    throw usageError(`expected uniform:<min>-<max> for --delay, got "${word}"`);
  return uniform(min!, max);
}
