/** The store's command line: arguments in, one complete options object out. */

import { usageError } from '../shared/errors';
import { peerOf } from '../shared/host-port';
import { numberOf, parseCommandLine } from '../shared/program/command-line';
import type { Command, CommandLine, Declarations } from '../shared/program/declarations';
import type { Parsed } from '../shared/program/run-main';
import { NUMBERS, parseStore, SECONDS_MAX, type StoreSettings } from './settings';

/** What a replica's command adds: how it speaks. */
export interface ServeOptions {
  command: 'serve';
  path: string;
  settings: StoreSettings;
  /** `host:port` of somebody else's leader of the key-value dialect: then there is no replica, only a follower of that. */
  follow: string | undefined;
  /** One JSON object a line. */
  json: boolean;
}

/** What a running replica is asked. */
export interface AddressOptions {
  command: 'status' | 'import' | 'takeover';
  address: string;
  json: boolean;
  force: boolean;
}

/** What is read from files. */
export interface FilesOptions {
  command: 'log' | 'verify' | 'export';
  path: string;
  json: boolean;
  /** Index of the first entry shown. */
  from: number;
  /** Shows also what is written later. */
  follow: boolean;
}

export type StoreCommandOptions = ServeOptions | AddressOptions | FilesOptions;

/** Parses the store's command line. @throws OperatorError `usage` */
export function parseOptions(argv: readonly string[]): Promise<Parsed<StoreCommandOptions>> {
  return parseCommandLine(COMMAND_LINE, argv);
}

interface ServeArguments {
  path: string;
  address: string;
  leader: string | undefined;
  advertise: string | undefined;
  zookeeper: string | undefined;
  http: string | undefined;
  kv: string | undefined;
  'kv-log': boolean;
  'kv-delay': string;
  'kv-follow': string | undefined;
  'kv-replicate': string[];
  session: string;
  ack: string;
  'min-in-sync': string;
  connections: string;
  json: boolean;
}

const SERVE: Command<ServeOptions> = {
  synopsis: '$0 <path> <address> [leader]',
  about: 'Serve a replica of a document store; without a leader found one, or come back to it',
  positionals: (line) =>
    line
      .positional('path', { demandOption: true, describe: 'Folder for the files of replicas' })
      .positional('address', { demandOption: true, describe: 'host:port to serve at, port 0 for any free one' })
      .positional('leader', { describe: 'host:port of the leader to join, or of any replica' }),
  declareOptions: (line) =>
    json(line)
      .option('advertise', { value: 'host:port', requiresArg: true, describe: 'Own address to tell others' })
      .option('zookeeper', {
        value: 'host:port,.../chroot',
        requiresArg: true,
        describe: 'Coordinate through ZooKeeper, for replicas on several machines',
      })
      .option('http', {
        value: 'host:port',
        requiresArg: true,
        describe: 'Serve forms and collections over HTTP too',
      })
      .option('kv', { value: 'host:port', requiresArg: true, describe: 'Serve keys and values there too' })
      .option('kv-log', { type: 'boolean', default: false, describe: 'Print a line for each request of --kv' })
      .option('kv-delay', {
        value: 'seconds',
        requiresArg: true,
        default: String(NUMBERS.kvDelayMs.otherwise / 1000),
        describe: 'Learn so late, as a follower, what is committed',
      })
      .option('kv-follow', {
        value: 'host:port',
        requiresArg: true,
        describe: "Keep no store: follow somebody else's leader of --kv",
      })
      .option('kv-replicate', {
        value: 'host:port',
        array: true,
        nargs: 1,
        default: [],
        describe: "Send the leader's PUTs to somebody else's server too",
      })
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
      }),
  toOptions: serveOptions,
};

export const COMMAND_LINE: CommandLine<StoreCommandOptions> = {
  name: 'store',
  commands: [
    SERVE,
    atReplica('status', 'Show what the replicas of a store say of themselves'),
    inFiles('log <path>', "Print a replica's log, checking its chain", (line) =>
      line
        .option('from', { value: 'index', requiresArg: true, default: '1', describe: 'First entry to print' })
        .option('follow', { type: 'boolean', default: false, describe: 'Go on with what is written later' }),
    ),
    inFiles('verify <path>', "Check a replica's log and documents"),
    inFiles('export <path>', 'Print all collections and documents, one JSON value a line'),
    atReplica('import', 'Put what an export printed into a store, from standard input'),
    atReplica('takeover', 'Make a replica the leader though others may know more', (line) =>
      line.option('force', { type: 'boolean', default: false, describe: 'Do it, and lose what it has not' }),
    ),
  ],
  lists: ['kv-replicate'],
  files: ['path'],
  examples: [
    ['store data 127.0.0.1:8000', 'found a store'],
    ['store data 127.0.0.1:8001 127.0.0.1:8000', 'join it as a follower'],
    ['store status 127.0.0.1:8000', 'see who leads'],
    ['store log data/127.0.0.1-8000 --follow', 'watch the log grow'],
  ],
  epilogue:
    'Each replica keeps its files in <path>/<host>-<port>. SIGTERM and SIGINT end it in order. A path called like a command is ./status.',
};

function atReplica(
  command: AddressOptions['command'],
  about: string,
  more: (line: Declarations) => Declarations = (line) => line,
): Command<AddressOptions> {
  return {
    synopsis: `${command} <address>`,
    about,
    positionals: (line) => line.positional('address', { demandOption: true, describe: 'host:port of a replica' }),
    declareOptions: (line) => more(json(line)),
    toOptions({ address, json, force = false }: { address: string; json: boolean; force?: boolean }) {
      peerOf(address, 'the replica');
      return { command, address, json, force };
    },
  };
}

function inFiles(
  synopsis: `${FilesOptions['command']} <path>`,
  about: string,
  more: (line: Declarations) => Declarations = (line) => line,
): Command<FilesOptions> {
  return {
    synopsis,
    about,
    positionals: (line) =>
      line.positional('path', { demandOption: true, describe: "Folder of a replica, or with one replica's beneath" }),
    declareOptions: (line) => more(json(line)),
    toOptions(given: { path: string; json: boolean; from?: string; follow?: boolean }) {
      const { path, json, from = '1', follow = false } = given;
      if (path === '') throw usageError('expected the path of a folder, got ""');
      const command = synopsis.split(' ')[0] as FilesOptions['command'];
      const index = numberOf(from, '--from', { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true });
      return { command, path, json, from: index, follow };
    },
  };
}

function json(line: Declarations): Declarations {
  return line.option('json', { type: 'boolean', default: false, describe: 'Print one JSON object a line' });
}

function serveOptions(given: ServeArguments): ServeOptions {
  const { path, address, leader, advertise, zookeeper, http, kv, json } = given;
  const settings: StoreSettings = {
    host: address,
    leader,
    advertise,
    zookeeper,
    http,
    kv,
    kvLog: given['kv-log'],
    kvReplicate: given['kv-replicate'],
    kvDelayMs: numberOf(given['kv-delay'], '--kv-delay', { min: 0, max: SECONDS_MAX, unit: 'seconds' }) * 1000,
    sessionMs: msOf(given.session, '--session'),
    ackMs: msOf(given.ack, '--ack'),
    minInSync: numberOf(given['min-in-sync'], '--min-in-sync', NUMBERS.minInSync.range),
    connectionsMax: numberOf(given.connections, '--connections', NUMBERS.connectionsMax.range),
  };
  const { kv: own } = parseStore(path, settings);
  const follow = given['kv-follow'];
  if (follow !== undefined) peerOf(follow, 'the leader to follow');
  if (follow !== undefined && !own) throw usageError('expected --kv beside --kv-follow, got no such option');
  return { command: 'serve', path, settings, follow, json };
}

function msOf(word: string, option: string): number {
  return numberOf(word, option, { min: 0.1, max: SECONDS_MAX, unit: 'seconds' }) * 1000;
}
