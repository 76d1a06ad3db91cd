/** The store client's command line: arguments in, one complete options object out. */

import { peerOf } from '../shared/host-port';
import { type CommandLine, numberOf, parseCommandLine } from '../shared/program/command-line';
import type { Declarations } from '../shared/program/declarations';
import type { Parsed } from '../shared/program/run-main';
import { HELP } from './commands';

export interface StoreClientOptions {
  /** `host:port` of the replica to ask first. */
  contact: string;
  /** One command to run; none: those that come from standard input. */
  words: readonly string[];
  /** How long a command may take, milliseconds. */
  timeoutMs: number;
  /** Results as JSON, one value a line. */
  json: boolean;
}

/** Parses the store client's command line. @throws OperatorError `usage` */
export async function parseOptions(argv: readonly string[]): Promise<Parsed<StoreClientOptions>> {
  if (argv.length === 1 && argv[0] === 'help') return { text: HELP };
  return parseCommandLine(COMMAND_LINE, argv);
}

interface Arguments {
  replica: string;
  command: string[];
  timeout: string;
  json: boolean;
}

export const COMMAND_LINE: CommandLine<StoreClientOptions> = {
  name: 'store-client',
  commands: [
    {
      synopsis: '$0 <replica> [command..]',
      about: 'Ask a replica of a store; "store-client help" lists the commands',
      positionals,
      declareOptions,
      toOptions,
    },
  ],
  lists: ['command'],
  examples: [
    ['store-client 127.0.0.1:8000', 'ask at a prompt'],
    ["store-client 127.0.0.1:8000 search users 'age>10'", 'one command, and end'],
    ['store-client --json 127.0.0.1:8000 < commands.txt', 'a command a line, results as JSON'],
  ],
  epilogue: 'Status: 0 when every command was done, 1 when one was not, 2 for bad usage.',
};

function positionals(line: Declarations): Declarations {
  return line
    .positional('replica', { type: 'string', demandOption: true, describe: 'host:port of a replica' })
    .positional('command', {
      type: 'string',
      array: true,
      default: [],
      describe: 'A command and its words [default: from input]',
    });
}

function declareOptions(line: Declarations): Declarations {
  return line
    .option('timeout', {
      type: 'string',
      requiresArg: true,
      default: '30',
      describe: 'Seconds that a command may take, a takeover included',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print results as JSON, one value a line' });
}

function toOptions({ replica, command, timeout, json }: Arguments): StoreClientOptions {
  peerOf(replica, 'the replica');
  const timeoutMs = numberOf(timeout, '--timeout', { min: 0.001, max: 86_400, unit: 'seconds' }) * 1000;
  return { contact: replica, words: command, timeoutMs, json };
}
