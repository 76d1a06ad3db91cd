/** The key-value client's command line: arguments in, one complete options object out. */

import { usageError } from '../shared/errors';
import { peerOf } from '../shared/host-port';
import { type CommandLine, numberOf, parseCommandLine } from '../shared/program/command-line';
import type { Declarations } from '../shared/program/declarations';
import type { Parsed } from '../shared/program/run-main';
import { isCommand } from './commands';

export interface KeyValueClientOptions {
  /** `ip:port` of each server; none: the menu's INIT asks for them. */
  servers: readonly string[];
  /** One command to run; none: those that come from standard input. */
  words: readonly string[];
  /** Asks other servers, and again, while one is behind or none answers. */
  retry: boolean;
  /** How long a request may take, milliseconds. */
  timeoutMs: number;
  /** Results as JSON, one object a line. */
  json: boolean;
}

/** Parses the key-value client's command line. @throws OperatorError `usage` */
export async function parseOptions(argv: readonly string[]): Promise<Parsed<KeyValueClientOptions>> {
  return parseCommandLine(COMMAND_LINE, argv);
}

interface Arguments {
  words: string[];
  retry: boolean;
  timeout: string;
  json: boolean;
}

export const COMMAND_LINE: CommandLine<KeyValueClientOptions> = {
  name: 'kv-client',
  commands: [
    {
      synopsis: '$0 [words..]',
      about: 'Put and get values through servers of a key-value group, by a menu, a pipe or one command',
      positionals,
      declareOptions,
      toOptions,
    },
  ],
  lists: ['words'],
  examples: [
    ['kv-client 127.0.0.1:10097 127.0.0.1:10098 127.0.0.1:10099', 'ask at a menu'],
    ['kv-client 127.0.0.1:10097 put city "São Paulo"', 'one command, and end'],
    ['kv-client --retry 127.0.0.1:10097 127.0.0.1:10098 get city', 'from whoever is not behind'],
    ['kv-client --json 127.0.0.1:10097 < commands.txt', '"put KEY VALUE" and "get KEY", one a line'],
  ],
  epilogue:
    'Status: 0 when every request was done, 1 when one was not (no such key, or a server behind what was seen, too), 2 for bad usage, 3 when no server could be reached.',
};

function positionals(line: Declarations): Declarations {
  return line.positional('words', {
    type: 'string',
    array: true,
    default: [],
    describe: 'ip:port of servers, then perhaps put KEY VALUE or get KEY',
  });
}

function declareOptions(line: Declarations): Declarations {
  return line
    .option('retry', {
      type: 'boolean',
      default: false,
      describe: 'Ask other servers, and again, while one is behind or none answers',
    })
    .option('timeout', {
      type: 'string',
      value: 'seconds',
      requiresArg: true,
      default: '60',
      describe: 'Seconds that a request may take',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print results as JSON, one object a line' });
}

function toOptions({ words, retry, timeout, json }: Arguments): KeyValueClientOptions {
  const at = words.findIndex(isCommand);
  const servers = at < 0 ? words : words.slice(0, at);
  for (const server of servers) peerOf(server, 'a server');
  if (at === 0) throw usageError(`expected ip:port of a server before "${words[0]}", got none`);
  const timeoutMs = numberOf(timeout, '--timeout', { min: 0.001, max: 86_400, unit: 'seconds' }) * 1000;
  return { servers, words: at < 0 ? [] : words.slice(at), retry, timeoutMs, json };
}
