/** The store's command line: arguments in, one complete options object out. */

import { numberOf, parseCommandLine } from '../shared/program/command-line';
import type { CommandLine, Declarations } from '../shared/program/declarations';
import type { Parsed } from '../shared/program/run-main';
import { NUMBERS, parseStore, SECONDS_MAX, type StoreSettings } from './settings';

/** What a replica's command adds: how it speaks. */
export interface ServeOptions {
  command: 'serve';
  path: string;
  settings: StoreSettings;
  /** One JSON object a line. */
  json: boolean;
}

export type StoreCommandOptions = ServeOptions;

/** Parses the store's command line. @throws OperatorError `usage` */
export function parseOptions(argv: readonly string[]): Promise<Parsed<StoreCommandOptions>> {
  return parseCommandLine(COMMAND_LINE, argv);
}

interface Arguments {
  path: string;
  address: string;
  leader: string | undefined;
  advertise: string | undefined;
  session: string;
  ack: string;
  'min-in-sync': string;
  connections: string;
  json: boolean;
}

export const COMMAND_LINE: CommandLine<StoreCommandOptions> = {
  name: 'store',
  commands: [
    {
      synopsis: '$0 <path> <address> [leader]',
      about: 'Serve a replica of a document store; without a leader found one, or come back to it',
      positionals,
      declareOptions,
      toOptions,
    },
  ],
  lists: [],
  files: ['path'],
  examples: [
    ['store data 127.0.0.1:8000', 'found a store'],
    ['store data 127.0.0.1:8001 127.0.0.1:8000', 'join it as a follower'],
    ['store data 127.0.0.1:8001', 'come back to it'],
  ],
  epilogue: 'Each replica keeps its files in <path>/<host>-<port>. SIGTERM and SIGINT end it in order.',
};

function positionals(line: Declarations): Declarations {
  return line
    .positional('path', { demandOption: true, describe: 'Folder for the files of replicas' })
    .positional('address', { demandOption: true, describe: 'host:port to serve at, port 0 for any free one' })
    .positional('leader', { describe: 'host:port of the leader to join, or of any replica' });
}

function declareOptions(line: Declarations): Declarations {
  return line
    .option('advertise', { value: 'host:port', requiresArg: true, describe: 'Own address to tell others' })
    .option('session', {
      value: 'seconds',
      requiresArg: true,
      default: String(NUMBERS.sessionMs.otherwise / 1000),
      describe: 'Seconds until a silent leader is replaced',
    })
    .option('ack', {
      value: 'seconds',
      requiresArg: true,
      default: String(NUMBERS.ackMs.otherwise / 1000),
      describe: 'Seconds until a silent follower is no longer waited for',
    })
    .option('min-in-sync', {
      value: 'n',
      requiresArg: true,
      default: String(NUMBERS.minInSync.otherwise),
      describe: 'Refuse writes while fewer replicas are in sync',
    })
    .option('connections', {
      value: 'n',
      requiresArg: true,
      default: String(NUMBERS.connectionsMax.otherwise),
      describe: 'Connections to hold at once',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object a line' });
}

function toOptions(given: Arguments): ServeOptions {
  const { path, address, leader, advertise, json } = given;
  const settings: StoreSettings = {
    host: address,
    leader,
    advertise,
    sessionMs: msOf(given.session, '--session'),
    ackMs: msOf(given.ack, '--ack'),
    minInSync: numberOf(given['min-in-sync'], '--min-in-sync', NUMBERS.minInSync.range),
    connectionsMax: numberOf(given.connections, '--connections', NUMBERS.connectionsMax.range),
  };
  parseStore(path, settings);
  return { command: 'serve', path, settings, json };
}

function msOf(word: string, option: string): number {
  return numberOf(word, option, { min: 0.1, max: SECONDS_MAX, unit: 'seconds' }) * 1000;
}
