/** The servent's command line: arguments in, one complete options object out, so that nothing downstream checks again. */

import type { Argv } from 'yargs';
import { type CommandLine, numberOf, parseCommandLine } from '../shared/command-line';
import { parseIp, parsePort } from '../shared/endpoint';
import { usageError } from '../shared/errors';
import { type HostPort, hostPortOf } from '../shared/host-port';
import type { Parsed } from '../shared/run-main';
import { isClientIp } from '../shared/wire/query';

/** The most neighbours a servent knows (specification, section 1). */
export const NEIGHBOURS_MAX = 10;

/** All that `startServent` needs to know. */
export interface ServentOptions {
  /** UDP port, 0 to 65,535; 0 asks the system for a free one. */
  port: number;
  /** Path of the key-value file. */
  file: string;
  /** At most 10, each once. */
  neighbours: readonly HostPort[];
  /** Local IPv4 address to bind; 0.0.0.0 for every interface. */
  bind: string;
  /** IPv4 address to name to far servents in the place of a loopback client's; undefined: find it out for each neighbour. */
  advertise: string | undefined;
  /** Most seen queries remembered, 1 to 16,777,216. */
  seenMax: number;
  /** How long a seen query is remembered, milliseconds. */
  seenAgeMs: number;
  /** Forward no later copy with a higher ttl: the protocol's bare rule. */
  literal: boolean;
}

/** What the command adds: how it speaks. */
export interface ServentCommandOptions extends ServentOptions {
  /** Print the counters this often, milliseconds; 0 for never. */
  statsMs: number;
  /** One JSON object a line. */
  json: boolean;
  /** Print nothing but problems. */
  quiet: boolean;
}

/** A flood is over in seconds; a minute outlasts any, and half a million queries are more than 8,000 a second in that time. */
export const SERVENT_DEFAULTS = {
  bind: '0.0.0.0',
  neighbours: [],
  advertise: undefined,
  seenMax: 524_288,
  seenAgeMs: 60_000,
  literal: false,
} as const satisfies Partial<ServentOptions>;

/** Parses the servent's command line. @throws OperatorError `usage` */
export function parseOptions(argv: readonly string[]): Promise<Parsed<ServentCommandOptions>> {
  return parseCommandLine(COMMAND_LINE, argv);
}

const SEEN_MAX_LIMIT = 2 ** 24;
const SECONDS_MAX = 86_400;

interface Arguments {
  port: string;
  file: string;
  neighbour: string[];
  bind: string;
  advertise: string | undefined;
  'seen-max': string;
  'seen-age': string;
  literal: boolean;
  stats: string | undefined;
  json: boolean;
  quiet: boolean;
}

const COMMAND_LINE: CommandLine<ServentCommandOptions> = {
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
  lists: ['neighbour'],
  examples: [
    ['servent 5000 services.txt', 'serve on port 5000, alone'],
    ['servent 5001 more.txt 127.0.0.1:5000 10.0.0.7:5000', 'with two neighbours'],
  ],
  epilogue: 'SIGHUP reads the file again, SIGUSR2 prints the counters. DEBUG=servent:* traces every datagram.',
};

function positionals(line: Argv): Argv {
  return line
    .positional('port', { type: 'string', demandOption: true, describe: 'UDP port to bind, 0 for any free one' })
    .positional('file', { type: 'string', demandOption: true, describe: 'Key-value file, one pair a line' })
    .positional('neighbour', {
      type: 'string',
      array: true,
      default: [],
      describe: 'ip:port of a neighbour, at most 10',
    });
}

function declareOptions(line: Argv): Argv {
  return line
    .option('bind', {
      type: 'string',
      requiresArg: true,
      default: SERVENT_DEFAULTS.bind,
      describe: 'Local address to bind',
    })
    .option('advertise', {
      type: 'string',
      requiresArg: true,
      describe: 'Own address to name to far servents for clients on loopback [default: found out]',
    })
    .option('seen-max', {
      type: 'string',
      requiresArg: true,
      default: String(SERVENT_DEFAULTS.seenMax),
      describe: 'Seen queries to remember',
    })
    .option('seen-age', {
      type: 'string',
      requiresArg: true,
      default: String(SERVENT_DEFAULTS.seenAgeMs / 1000),
      describe: 'Seconds to remember a seen query',
    })
    .option('literal', { type: 'boolean', default: false, describe: 'Never forward a later copy with a higher ttl' })
    .option('stats', { type: 'string', requiresArg: true, describe: 'Print the counters every so many seconds' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object a line' })
    .option('quiet', { type: 'boolean', default: false, describe: 'Print nothing but problems' });
}

function toOptions(given: Arguments): ServentCommandOptions {
  const port = parsePort(given.port);
  if (port === undefined) throw usageError(`expected a port from 0 to 65535, got "${given.port}"`);
  if (given.file === '') throw usageError('expected the path of a key-value file, got ""');
  return {
    port,
    file: given.file,
    neighbours: neighboursOf(given.neighbour),
    bind: ipOf(given.bind, '--bind', () => true),
    advertise: given.advertise === undefined ? undefined : ipOf(given.advertise, '--advertise', isClientIp),
    seenMax: numberOf(given['seen-max'], '--seen-max', { min: 1, max: SEEN_MAX_LIMIT, unit: 'entries', integer: true }),
    seenAgeMs: secondsOf(given['seen-age'], '--seen-age') * 1000,
    literal: given.literal,
    statsMs: given.stats === undefined ? 0 : secondsOf(given.stats, '--stats') * 1000,
    json: given.json,
    quiet: given.quiet,
  };
}

/** Repeated neighbours are merged before they are counted. */
function neighboursOf(words: readonly string[]): HostPort[] {
  const distinct = [...new Set(words)];
  const neighbours = distinct.map((word) => hostPortOf(word, 'a neighbour'));
  if (distinct.length > NEIGHBOURS_MAX) {
    throw usageError(`expected at most ${NEIGHBOURS_MAX} neighbours, got an 11th: "${distinct[NEIGHBOURS_MAX]}"`);
  }
  return neighbours;
}

function ipOf(word: string, option: string, isFit: (ip: number) => boolean): string {
  const ip = parseIp(word);
  if (ip === undefined || !isFit(ip))
    throw usageError(`expected the IPv4 address of a host for ${option}, got "${word}"`);
  return word;
}

function secondsOf(word: string, option: string): number {
  return numberOf(word, option, { min: 0.001, max: SECONDS_MAX, unit: 'seconds' });
}
