/** The client's command line: arguments in, one complete options object out. */

import { usageError } from '../shared/errors';
import { escapeBytes } from '../shared/escape';
import { type Peer, peerOf } from '../shared/host-port';
import { type CommandLine, numberOf, parseCommandLine } from '../shared/program/command-line';
import type { Declarations } from '../shared/program/declarations';
import type { Parsed } from '../shared/program/run-main';
import { CLIREQ_HEADER } from '../shared/wire/overlay/clireq';
import { DATAGRAM_MAX } from '../shared/wire/writer';
import { ANSWER_WAIT_MS } from './core';
import { COUNT_RANGE, SECONDS_MAX } from './settings';

/** The longest key that fits a CLIREQ with a NUL behind it, bytes. */
const KEY_MAX = DATAGRAM_MAX - CLIREQ_HEADER - 1;

export interface ClientOptions {
  contact: Peer;
  /** Keys to ask side by side; none: ask what comes from standard input. */
  keys: readonly string[];
  /** End a question at this many answers; Infinity for all that come. */
  count: number;
  /** Both waits, milliseconds. */
  timeoutMs: number;
  /** One JSON object a line. */
  json: boolean;
  /** Nothing but values on stdout, one a line. */
  value: boolean;
  /** End the key text with one NUL. */
  nul: boolean;
}

/** Parses the client's command line. @throws OperatorError `usage` */
export function parseOptions(argv: readonly string[]): Promise<Parsed<ClientOptions>> {
  return parseCommandLine(COMMAND_LINE, argv);
}

/** Why no file can hold this key, or undefined: the first word of a line, at least one byte, and short enough for a CLIREQ. */
export function keyFault(key: Uint8Array): string | undefined {
  if (key.length === 0) return 'expected a key, got nothing';
  if (key.length > KEY_MAX) return `expected a key of at most ${KEY_MAX} bytes, got one of ${key.length}`;
  if (key.some((byte) => IMPOSSIBLE_BYTES.includes(byte))) {
    return `expected a key without blanks, NUL or line ends, got "${escapeBytes(key)}": no file can hold it`;
  }
  return undefined;
}

/** NUL, TAB, LF, CR, space. */
const IMPOSSIBLE_BYTES = [0, 9, 10, 13, 32];

interface Arguments {
  contact: string;
  key: string[];
  first: boolean;
  count: string | undefined;
  timeout: string;
  json: boolean;
  value: boolean;
  nul: boolean;
}

export const COMMAND_LINE: CommandLine<ClientOptions> = {
  name: 'client',
  commands: [
    {
      synopsis: '$0 <contact> [key..]',
      about: 'Ask a servent, and through it all within three hops, for the values of keys',
      positionals,
      declareOptions,
      toOptions,
    },
  ],
  lists: ['key'],
  examples: [
    ['client 127.0.0.1:5000', 'ask at a prompt'],
    ['client 127.0.0.1:5000 ssh http', 'ask for two keys, and end'],
    ['client --first --json 127.0.0.1:5000 ssh', 'the first answer, as JSON'],
    ['v=$(client --first --value 127.0.0.1:5000 ssh)', 'the value, for a script'],
  ],
  epilogue:
    'Status: 0 when every key given was answered, 1 when one was not, 2 for bad usage, 3 when the servent asked cannot be reached. What is said of answers goes to stderr unless stdout is a terminal. NO_COLOR=1 keeps to plain text, DEBUG=client:* traces every datagram.',
};

function positionals(line: Declarations): Declarations {
  return line
    .positional('contact', { type: 'string', demandOption: true, describe: 'ip:port of the servent to ask' })
    .positional('key', {
      type: 'string',
      array: true,
      default: [],
      describe: 'Keys to ask for, side by side; without any, those typed or piped in',
    });
}

function declareOptions(line: Declarations): Declarations {
  return line
    .option('first', { type: 'boolean', default: false, describe: 'End at the first answer' })
    .option('count', { type: 'string', value: 'n', requiresArg: true, describe: 'End at this many answers' })
    .option('timeout', {
      type: 'string',
      value: 'seconds',
      requiresArg: true,
      default: String(ANSWER_WAIT_MS / 1000),
      describe: 'Seconds to wait for a first answer (twice), and for one more',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object a line and answer' })
    .option('value', { type: 'boolean', default: false, describe: 'Print nothing but values, one a line' })
    .option('nul', {
      type: 'boolean',
      default: false,
      describe: 'End the key with a NUL byte, as some servents expect',
    });
}

function toOptions(given: Arguments): ClientOptions {
  for (const key of given.key) {
    const fault = keyFault(Buffer.from(key));
    if (fault) throw usageError(fault);
  }
  if (given.json && given.value) throw usageError('expected --json or --value, got both');
  return {
    contact: peerOf(given.contact, 'the servent to ask'),
    keys: given.key,
    count: countOf(given),
    timeoutMs: numberOf(given.timeout, '--timeout', { min: 0.001, max: SECONDS_MAX, unit: 'seconds' }) * 1000,
    json: given.json,
    value: given.value,
    nul: given.nul,
  };
}

function countOf({ first, count }: Arguments): number {
  if (first && count !== undefined) throw usageError(`expected either --first or --count, got both (--count ${count})`);
  if (first) return 1;
  if (count === undefined) return Number.POSITIVE_INFINITY;
  return numberOf(count, '--count', COUNT_RANGE);
}
