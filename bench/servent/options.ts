/** The benchmark's command line. */

import { usageError } from '../../shared/errors';
import { type CommandLine, numberOf, parseCommandLine } from '../../shared/program/command-line';
import type { Declarations } from '../../shared/program/declarations';
import type { Parsed } from '../../shared/program/run-main';

export const MEASURES = ['answers', 'latency', 'floods', 'mixed', 'workers', 'memory', 'loading', 'reload'] as const;

export type MeasureName = (typeof MEASURES)[number];

export interface BenchOptions {
  /** What to measure. */
  measures: readonly MeasureName[];
  /** How often each contender has its turn. */
  rounds: number;
  /** How long one turn is measured, seconds. */
  seconds: number;
  /** Load the file of ten million pairs too. */
  large: boolean;
  /** One JSON object in the place of tables. */
  json: boolean;
}

/** @throws OperatorError `usage` */
export function parseOptions(argv: readonly string[]): Promise<Parsed<BenchOptions>> {
  return parseCommandLine(COMMAND_LINE, argv);
}

export const COMMAND_LINE: CommandLine<BenchOptions> = {
  name: 'bench',
  commands: [
    {
      synopsis: '$0 [measure..]',
      about: `Measure the servent beside others, on loopback: ${MEASURES.join(', ')}; all by default`,
      positionals: (line) => line.positional('measure', { type: 'string', array: true, default: [] }),
      declareOptions,
      toOptions,
    },
  ],
  lists: ['measure'],
  examples: [['bench answers floods --rounds 9', 'two of the measures, with more turns']],
  epilogue: 'Figures are comparable within one run only: contenders take turns, and ratios are of medians.',
};

function declareOptions(line: Declarations): Declarations {
  return line
    .option('rounds', {
      type: 'string',
      value: 'n',
      requiresArg: true,
      default: '3',
      describe: 'Turns of each contender',
    })
    .option('seconds', {
      type: 'string',
      value: 'seconds',
      requiresArg: true,
      default: '0.8',
      describe: 'Seconds measured in a turn',
    })
    .option('large', { type: 'boolean', default: true, describe: 'Load ten million pairs too (400 MB of disk)' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object' });
}

function toOptions(given: {
  measure: string[];
  rounds: string;
  seconds: string;
  large: boolean;
  json: boolean;
}): BenchOptions {
  const unknown = given.measure.find((word) => !MEASURES.includes(word as MeasureName));
  if (unknown !== undefined) throw usageError(`expected one of ${MEASURES.join(', ')}, got "${unknown}"`);
  return {
    measures: given.measure.length > 0 ? (given.measure as MeasureName[]) : MEASURES,
    rounds: numberOf(given.rounds, '--rounds', { min: 1, max: 99, unit: 'turns', integer: true }),
    seconds: numberOf(given.seconds, '--seconds', { min: 0.1, max: 30, unit: 'seconds' }),
    large: given.large,
    json: given.json,
  };
}
