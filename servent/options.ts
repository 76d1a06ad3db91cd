/** The servent's command line: arguments in, one complete options object out, so that nothing downstream checks again. */

import { parsePort } from '../shared/endpoint';
import { usageError } from '../shared/errors';
import { listenAtOf } from '../shared/host-port';
import { type CommandLine, numberOf, parseCommandLine } from '../shared/program/command-line';
import type { Declarations } from '../shared/program/declarations';
import type { Parsed } from '../shared/program/run-main';
import { IO_CHOICES, type IoChoice } from '../shared/udp/transport';
import {
  ANSWER_BYTES,
  ANSWER_RATES,
  cidrOf,
  defencesOf,
  QUESTION_RATES,
  RATE_MAX,
  STRANGER_RATE,
} from './defence-settings';
import {
  advertisedIpOf,
  bindIpOf,
  checkWorkers,
  neighboursOf,
  SECONDS_MAX,
  SEEN_MAX_RANGE,
  SERVENT_DEFAULTS,
  type ServentOptions,
  WORKERS_RANGE,
} from './settings';

/** Stands for standard input in the place of a file. */
export const STDIN = '-';

/** What the command adds: how it speaks. What limits bite is told by its shell. */
export interface ServentCommandOptions extends Omit<ServentOptions, 'source' | 'onNotice' | 'observer'> {
  /** Path of the key-value file, or STDIN. */
  file: string;
  /** Report keys that appear again. */
  duplicates: boolean;
  /** Print the counters this often, milliseconds; 0 for never. */
  statsMs: number;
  /** One JSON object a line. */
  json: boolean;
  /** Print nothing but problems. */
  quiet: boolean;
}

/** Parses the servent's command line. @throws OperatorError `usage` */
export function parseOptions(argv: readonly string[]): Promise<Parsed<ServentCommandOptions>> {
  return parseCommandLine(COMMAND_LINE, argv);
}

interface Arguments {
  port: string;
  file: string;
  neighbour: string[];
  bind: string;
  advertise: string | undefined;
  'seen-max': string;
  'seen-age': string;
  literal: boolean;
  duplicates: boolean;
  io: string;
  workers: string;
  'question-rate': string;
  'answer-rate': string;
  'answer-bytes': string;
  'stranger-rate': string;
  'strict-neighbours': boolean;
  allow: string[];
  'dry-run': boolean;
  http: string | undefined;
  stats: string | undefined;
  json: boolean;
  quiet: boolean;
}

export const COMMAND_LINE: CommandLine<ServentCommandOptions> = {
  name: 'servent',
  commands: [
    {
      synopsis: '$0 <port> <file> [neighbour..]',
      about: 'Serve the pairs of a key-value file, and flood what is asked to the neighbours',
      positionals,
      declareOptions,
      toOptions,
    },
  ],
  lists: ['neighbour', 'allow'],
  files: ['file'],
  examples: [
    ['servent 5000 services.txt', 'serve on port 5000, alone'],
    ['servent 5001 more.txt 127.0.0.1:5000 10.0.0.7:5000', 'with two neighbours'],
  ],
  epilogue: 'SIGHUP reads the file again, SIGUSR2 prints the counters. DEBUG=servent:* traces every datagram.',
};

function positionals(line: Declarations): Declarations {
  return line
    .positional('port', { type: 'string', demandOption: true, describe: 'UDP port to bind, 0 for any free one' })
    .positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'Key-value file, one pair a line; - for standard input',
    })
    .positional('neighbour', {
      type: 'string',
      array: true,
      default: [],
      describe: 'ip:port of a neighbour, at most 10',
    });
}

function declareOptions(line: Declarations): Declarations {
  return line
    .option('bind', {
      type: 'string',
      value: 'ip',
      requiresArg: true,
      default: SERVENT_DEFAULTS.bind,
      describe: 'Local address to bind',
    })
    .option('advertise', {
      type: 'string',
      value: 'ip',
      requiresArg: true,
      defaultDescription: 'found out',
      describe: 'Own address to name to far servents for clients on loopback',
    })
    .option('seen-max', {
      type: 'string',
      value: 'entries',
      requiresArg: true,
      default: String(SERVENT_DEFAULTS.seenMax),
      describe: 'Seen queries to remember',
    })
    .option('seen-age', {
      type: 'string',
      value: 'seconds',
      requiresArg: true,
      default: String(SERVENT_DEFAULTS.seenAgeMs / 1000),
      describe: 'Seconds to remember a seen query',
    })
    .option('literal', { type: 'boolean', default: false, describe: 'Never forward a later copy with a higher ttl' })
    .option('duplicates', { type: 'boolean', default: false, describe: 'Report keys that appear again in the file' })
    .option('io', {
      choices: IO_CHOICES,
      requiresArg: true,
      default: SERVENT_DEFAULTS.io,
      describe: 'System calls for many datagrams at once, or one by one',
    })
    .option('workers', {
      type: 'string',
      value: 'n',
      requiresArg: true,
      default: String(SERVENT_DEFAULTS.workers),
      describe: 'Threads that serve together, on Linux: as many cores work',
    })
    .option('question-rate', {
      type: 'string',
      value: 'rates',
      requiresArg: true,
      default: QUESTION_RATES.join(),
      describe: 'CLIREQs a second from one address: public,private; 0 for no limit',
    })
    .option('answer-rate', {
      type: 'string',
      value: 'rates',
      requiresArg: true,
      default: ANSWER_RATES.join(),
      describe: 'Answers a second toward one address: public,private; 0 for no limit',
    })
    .option('answer-bytes', {
      type: 'string',
      value: 'rates',
      requiresArg: true,
      default: ANSWER_BYTES.join(),
      describe: 'Bytes a second toward one address, and as many from it: public,private; 0 for no limit',
    })
    .option('stranger-rate', {
      type: 'string',
      value: 'rate',
      requiresArg: true,
      default: String(STRANGER_RATE),
      describe: 'QUERYs a second from all that are no neighbours; 0 for no limit',
    })
    .option('strict-neighbours', { type: 'boolean', default: false, describe: "Serve only neighbours' QUERYs" })
    .option('allow', {
      type: 'string',
      value: 'cidr',
      array: true,
      nargs: 1,
      default: [],
      defaultDescription: 'everybody',
      describe: 'Addresses that may be answered, such as 10.0.0.0/8; repeatable',
    })
    .option('dry-run', { type: 'boolean', default: false, describe: 'Only count what the limits above would drop' })
    .option('http', {
      type: 'string',
      value: 'ip:port',
      requiresArg: true,
      describe: 'Tell over HTTP how it is: /metrics for Prometheus, /status, /healthz; a port alone is on loopback',
    })
    .option('stats', {
      type: 'string',
      value: 'seconds',
      requiresArg: true,
      describe: 'Print the counters every so many seconds',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object a line' })
    .option('quiet', { type: 'boolean', default: false, describe: 'Print nothing but problems' });
}

function toOptions(given: Arguments): ServentCommandOptions {
  const port = parsePort(given.port);
  if (port === undefined) throw usageError(`expected a port from 0 to 65535, got "${given.port}"`);
  const io = given.io as IoChoice;
  if (given.file === '') throw usageError('expected the path of a key-value file, got ""');
  return {
    port,
    file: given.file,
    duplicates: given.duplicates,
    neighbours: neighboursOf(given.neighbour),
    bindIp: bindIpOf(given.bind, '--bind'),
    advertisedIp: given.advertise === undefined ? undefined : advertisedIpOf(given.advertise, '--advertise'),
    seenMax: numberOf(given['seen-max'], '--seen-max', SEEN_MAX_RANGE),
    seenAgeMs: secondsOf(given['seen-age'], '--seen-age') * 1000,
    literal: given.literal,
    io,
    workers: checkWorkers(numberOf(given.workers, '--workers', WORKERS_RANGE), io),
    defences: {
      ...defencesOf(
        ratesOf(given['question-rate'], '--question-rate', 'CLIREQs a second'),
        ratesOf(given['answer-rate'], '--answer-rate', 'answers a second'),
        ratesOf(given['answer-bytes'], '--answer-bytes', 'bytes a second'),
        numberOf(given['stranger-rate'], '--stranger-rate', { min: 0, max: RATE_MAX, unit: 'QUERYs a second' }),
      ),
      strictNeighbours: given['strict-neighbours'],
      allow: given.allow.map((word) => cidrOf(word, '--allow')),
      dryRun: given['dry-run'],
    },
    http: given.http === undefined ? undefined : listenAtOf(given.http, '--http'),
    statsMs: given.stats === undefined ? 0 : secondsOf(given.stats, '--stats') * 1000,
    json: given.json,
    quiet: given.quiet,
  };
}

function secondsOf(word: string, option: string): number {
  return numberOf(word, option, { min: 0.001, max: SECONDS_MAX, unit: 'seconds' });
}

/** `50,2000`: for public and for private addresses; one number is for both. */
function ratesOf(words: string, option: string, unit: string): [number, number] {
  const rates = words.split(',').map((word) => numberOf(word, option, { min: 0, max: RATE_MAX, unit }));
  const [publicRate, privateRate = publicRate] = rates;
  if (publicRate === undefined || privateRate === undefined || rates.length > 2) {
    throw usageError(`expected one rate or two for ${option}, got "${words}"`);
  }
  return [publicRate, privateRate];
}
