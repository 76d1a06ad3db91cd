/** The backup's command line: arguments in, one complete options object out, so that nothing downstream checks again. */

import { availableParallelism } from 'node:os';
import { parsePort } from '../shared/endpoint';
import { usageError } from '../shared/errors';
import { type Peer, peerOf } from '../shared/host-port';
import { type CommandLine, numberOf, parseCommandLine } from '../shared/program/command-line';
import type { Command, Declarations } from '../shared/program/declarations';
import type { Parsed } from '../shared/program/run-main';
import { frequencyOf } from './frequency';
import { AGENT_WIRES, type AgentWire } from './registration';
import { KEEP_DEFAULT } from './server/requests';

/** Ports of the specification, section 1. */
const SERVER_ADDRESS = '127.0.0.1:12345';
const AGENT_ADDRESS = '127.0.0.1:12346';
/** Registrations of the demo (section 4). */
const DEMO_AGENTS = 8;
const LOOPBACK = '127.0.0.1';

/** The demo, and what it starts. */
export interface DemoOptions {
  command: 'demo';
  /** Agents in the end, 1 or more. */
  agents: number;
}

export interface CreatorOptions {
  command: 'creator';
  /** Its files lie there; made where there is none. */
  folder: string;
}

/** Where a program listens; port 0 asks for any free one. */
export interface ListenAddress {
  host: string;
  port: number;
}

/** Files in PEM. */
export interface TlsFiles {
  certFile: string;
  keyFile: string;
}

export interface ServerOptions {
  command: 'server';
  folder: string;
  listen: ListenAddress;
  parallel: number;
  /** Bytes a second; Infinity for no limit. */
  bandwidth: number;
  tokenFile: string | undefined;
  tlsCaFile: string | undefined;
  simpleListen: boolean;
  json: boolean;
}

export interface AgentOptions {
  command: 'agent';
  root: string;
  listen: ListenAddress;
  wire: AgentWire;
  tokenFile: string | undefined;
  tls: TlsFiles | undefined;
  simpleListen: boolean;
  paranoid: boolean;
  json: boolean;
}

/** What every question to a server has. */
interface AdminOptions {
  server: Peer;
  tokenFile: string | undefined;
  json: boolean;
}

interface SourceOptions extends AdminOptions {
  node: string;
  path: string;
}

export interface RegisterOptions extends SourceOptions {
  command: 'register';
  everyMs: number;
  keep: number;
  wire: AgentWire;
  tls: boolean;
  paranoid: boolean;
  /** Of the agent. */
  agentTokenFile: string | undefined;
}

export type QuestionOptions =
  | RegisterOptions
  | ({ command: 'unregister'; purge: boolean } & SourceOptions)
  | ({ command: 'query'; copy: number | undefined; save: string | undefined } & SourceOptions)
  | ({ command: 'list' | 'status' | 'shutdown' | 'verify' } & AdminOptions)
  | ({ command: 'history'; node: string | undefined; path: string | undefined } & AdminOptions)
  | ({ command: 'run' } & SourceOptions)
  | ({ command: 'ls'; copy: number; below: string } & SourceOptions)
  | ({ command: 'restore'; copy: number; below: string; target: string; overwrite: boolean } & SourceOptions);

export type BackupOptions = ServerOptions | AgentOptions | QuestionOptions | DemoOptions | CreatorOptions;

/** Parses the backup's command line. @throws OperatorError `usage` */
export function parseOptions(argv: readonly string[]): Promise<Parsed<BackupOptions>> {
  return parseCommandLine(COMMAND_LINE, argv);
}

/** All words of all commands; each command declares those that it reads. */
interface Arguments {
  folder: string;
  root: string;
  listen: string;
  parallel: string;
  bandwidth: string | undefined;
  'token-file': string | undefined;
  'tls-ca': string | undefined;
  'tls-cert': string | undefined;
  'tls-key': string | undefined;
  'simple-listen': boolean;
  wire: AgentWire;
  server: string;
  node: string;
  port: string;
  path: string;
  frequency: string;
  keep: string;
  tls: boolean;
  'agent-token-file': string | undefined;
  paranoid: boolean;
  purge: boolean;
  copy: string | undefined;
  save: string | undefined;
  below: string | undefined;
  target: string;
  overwrite: boolean;
  agents: string;
  json: boolean;
}

const NODE = ['node', 'Host of the agent, or host:port'] as const;
const PATH = ['path', "What is fetched, below the agent's root; . for all of it"] as const;

/** Declares words that must be there. */
function words(...each: readonly (readonly [name: string, describe: string])[]): Command<BackupOptions>['positionals'] {
  return (line) => {
    for (const [name, describe] of each) line.positional(name, { type: 'string', demandOption: true, describe });
  };
}

function server(line: Declarations): Declarations {
  return line
    .option('server', {
      type: 'string',
      value: 'ip:port',
      requiresArg: true,
      default: SERVER_ADDRESS,
      describe: 'The backup server',
    })
    .option('token-file', {
      type: 'string',
      value: 'file',
      requiresArg: true,
      describe: "File with the server's token, where it wants one",
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object a line' });
}

function copyOption(line: Declarations, about: string): Declarations {
  return line.option('copy', {
    type: 'string',
    value: 'number',
    requiresArg: true,
    defaultDescription: '1',
    describe: about,
  });
}

function belowOption(line: Declarations): Declarations {
  return line.option('below', {
    type: 'string',
    value: 'path',
    requiresArg: true,
    defaultDescription: 'all of it',
    describe: 'Only what is at and below this path of the copy',
  });
}

const SERVER: Command<ServerOptions> = {
  synopsis: 'server <folder>',
  about: 'Keep copies of what is registered, in a folder',
  positionals: words(['folder', 'Where everything is kept']),
  declareOptions: (line) =>
    line
      .option('listen', {
        type: 'string',
        value: 'ip:port',
        requiresArg: true,
        default: SERVER_ADDRESS,
        describe: 'Where admins ask; port 0 for any free one',
      })
      .option('parallel', {
        type: 'string',
        value: 'runs',
        requiresArg: true,
        default: String(availableParallelism() * 2),
        defaultDescription: 'cores x 2',
        describe: 'Most runs at once',
      })
      .option('bandwidth', {
        type: 'string',
        value: 'bytes',
        requiresArg: true,
        defaultDescription: 'no limit',
        describe: 'Bytes a second to fetch at most, all runs together; 500k, 20M',
      })
      .option('token-file', {
        type: 'string',
        value: 'file',
        requiresArg: true,
        describe: 'File with a token that admins must know; without one only loopback is listened at',
      })
      .option('tls-ca', {
        type: 'string',
        value: 'file',
        requiresArg: true,
        describe: 'Certificates (PEM) to trust for agents that speak TLS',
      })
      .option('simple-listen', {
        type: 'boolean',
        default: false,
        describe: "Serve the simple wire's admins, who know no token, beyond loopback too",
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object a line' }),
  toOptions(given: Arguments) {
    const listen = listenOf(given.listen);
    const tokenFile = given['token-file'];
    checkReach(listen, tokenFile);
    return {
      command: 'server',
      folder: textOf(given.folder, 'a folder'),
      listen,
      parallel: numberOf(given.parallel, '--parallel', { min: 1, max: 10_000, integer: true, unit: 'runs' }),
      bandwidth: given.bandwidth === undefined ? Number.POSITIVE_INFINITY : bytesOf(given.bandwidth),
      tokenFile,
      tlsCaFile: given['tls-ca'],
      simpleListen: given['simple-listen'],
      json: given.json,
    };
  },
};

const AGENT: Command<AgentOptions> = {
  synopsis: 'agent',
  about: 'Lend a folder, read only, to a backup server',
  positionals: () => undefined,
  declareOptions: (line) =>
    line
      .option('root', {
        type: 'string',
        value: 'folder',
        requiresArg: true,
        demandOption: true,
        describe: 'What is lent; nothing outside it is',
      })
      .option('listen', {
        type: 'string',
        value: 'ip:port',
        requiresArg: true,
        default: AGENT_ADDRESS,
        describe: 'Where the server asks; port 0 for any free one',
      })
      .option('token-file', {
        type: 'string',
        value: 'file',
        requiresArg: true,
        describe: 'File with a token that the server must know; without one only loopback is listened at',
      })
      .option('tls-cert', {
        type: 'string',
        value: 'file',
        requiresArg: true,
        describe: 'Certificate (PEM), to speak TLS',
      })
      .option('tls-key', { type: 'string', value: 'file', requiresArg: true, describe: 'Its key (PEM)' })
      .option('wire', {
        choices: AGENT_WIRES,
        requiresArg: true,
        default: 'http',
        describe: 'What to speak: simple is that of existing implementations',
      })
      .option('simple-listen', {
        type: 'boolean',
        default: false,
        describe: 'Speak the simple wire, which knows no token, beyond loopback too',
      })
      .option('paranoid', {
        type: 'boolean',
        default: false,
        describe: 'Have files read also when their size, times and inode stand as before',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object a line' }),
  toOptions(given: Arguments) {
    const listen = listenOf(given.listen);
    const tokenFile = given['token-file'];
    const wire = given.wire;
    const simpleListen = given['simple-listen'];
    const [certFile, keyFile] = [given['tls-cert'], given['tls-key']];
    if ((certFile === undefined) !== (keyFile === undefined))
      throw usageError('expected --tls-cert and --tls-key together, got one of them');
    if (wire === 'simple' && (tokenFile ?? certFile) !== undefined)
      throw usageError('expected no token and no TLS with --wire simple, got one: that wire knows neither');
    if (wire === 'simple' && given.paranoid)
      throw usageError('expected no --paranoid with --wire simple: an agent of that wire reads all files anyway');
    if (wire === 'http') checkReach(listen, tokenFile);
    else if (!simpleListen && !isLoopbackHost(listen.host))
      throw usageError(
        `expected an address of loopback for --wire simple, got "${listen.host}"; --simple-listen allows others`,
      );
    return {
      command: 'agent',
      root: textOf(given.root, 'a folder'),
      listen,
      wire,
      tokenFile,
      tls: certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile },
      simpleListen,
      paranoid: given.paranoid,
      json: given.json,
    };
  },
};

const QUESTIONS: readonly Command<QuestionOptions>[] = [
  {
    synopsis: 'register <node> <port> <path> <frequency>',
    about: 'From now on fetch a path of a node, at every turn of a frequency',
    positionals: words(['node', 'Host of the agent'], ['port', 'Its port'], PATH, [
      'frequency',
      '30s, 15m, 6h, 1d; a bare number is minutes',
    ]),
    declareOptions: (line) =>
      server(
        line
          .option('keep', {
            type: 'string',
            value: 'copies',
            requiresArg: true,
            default: String(KEEP_DEFAULT),
            describe: 'Copies that stay',
          })
          .option('wire', {
            choices: AGENT_WIRES,
            requiresArg: true,
            default: 'http',
            describe: 'What the agent speaks: simple is that of existing implementations',
          })
          .option('tls', { type: 'boolean', default: false, describe: 'The agent speaks TLS' })
          .option('agent-token-file', {
            type: 'string',
            value: 'file',
            requiresArg: true,
            describe: "File with the agent's token",
          })
          .option('paranoid', {
            type: 'boolean',
            default: false,
            describe: 'Read files that look as before all the same',
          }),
      ),
    toOptions(given: Arguments) {
      const port = parsePort(given.port);
      if (port === undefined || port === 0) throw usageError(`expected a port from 1 to 65535, got "${given.port}"`);
      peerOf(`${given.node}:${port}`, 'the agent');
      return {
        ...sourceOf(given),
        command: 'register',
        node: `${given.node}:${port}`,
        everyMs: frequencyOf(given.frequency),
        keep: numberOf(given.keep, '--keep', { min: 1, max: 1_000_000, integer: true, unit: 'copies' }),
        wire: given.wire,
        tls: given.tls,
        paranoid: given.paranoid,
        agentTokenFile: given['agent-token-file'],
      };
    },
  },
  {
    synopsis: 'unregister <node> <path>',
    about: 'Stop fetching it; what is kept stays',
    positionals: words(NODE, PATH),
    declareOptions: (line) =>
      server(line.option('purge', { type: 'boolean', default: false, describe: 'Throw away its copies too' })),
    toOptions: (given: Arguments) => ({ ...sourceOf(given), command: 'unregister', purge: given.purge }),
  },
  {
    synopsis: 'query <node> <path>',
    about: 'Size and date of every copy ever made; 1 is the latest that is kept',
    positionals: words(NODE, PATH),
    declareOptions: (line) =>
      server(
        copyOption(line, 'Which copy to save').option('save', {
          type: 'string',
          value: 'file',
          requiresArg: true,
          describe: 'Write it as a tar.gz; into a folder as [node]-[path][num].tgz',
        }),
      ),
    toOptions(given: Arguments) {
      if (given.copy !== undefined && given.save === undefined)
        throw usageError('expected --save with --copy, got --copy alone: all copies are shown');
      const copy = given.copy === undefined ? undefined : copyOf(given);
      return { ...sourceOf(given), command: 'query', copy, save: given.save };
    },
  },
  {
    synopsis: 'list',
    about: 'What is registered, and when it runs next',
    positionals: () => undefined,
    declareOptions: server,
    toOptions: (given: Arguments) => ({ ...adminOf(given), command: 'list' }),
  },
  {
    synopsis: 'history [node] [path]',
    about: 'The record of every run: when, how long, what happened, how many bytes travelled',
    positionals: (line) =>
      line
        .positional('node', { type: 'string', describe: NODE[1] })
        .positional('path', { type: 'string', describe: PATH[1] }),
    declareOptions: server,
    toOptions: (given: Arguments) => ({ ...adminOf(given), command: 'history', node: given.node, path: given.path }),
  },
  {
    synopsis: 'run <node> <path>',
    about: 'Fetch it now, and show how it goes',
    positionals: words(NODE, PATH),
    declareOptions: server,
    toOptions: (given: Arguments) => ({ ...sourceOf(given), command: 'run' }),
  },
  {
    synopsis: 'ls <node> <path>',
    about: 'What is in a copy',
    positionals: words(NODE, PATH),
    declareOptions: (line) => server(belowOption(copyOption(line, 'Which copy'))),
    toOptions: (given: Arguments) => ({
      ...sourceOf(given),
      command: 'ls',
      copy: copyOf(given),
      below: given.below ?? '',
    }),
  },
  {
    synopsis: 'restore <node> <path> <target>',
    about: 'Put a copy back below a folder of this machine, and nothing outside it',
    positionals: words(NODE, PATH, ['target', 'The folder; made where there is none']),
    declareOptions: (line) =>
      server(
        belowOption(copyOption(line, 'Which copy')).option('overwrite', {
          type: 'boolean',
          default: false,
          describe: 'Put it in the place of what exists',
        }),
      ),
    toOptions: (given: Arguments) => ({
      ...sourceOf(given),
      command: 'restore',
      copy: copyOf(given),
      below: given.below ?? '',
      target: textOf(given.target, 'a folder'),
      overwrite: given.overwrite,
    }),
  },
  {
    synopsis: 'status',
    about: 'What the server is doing',
    positionals: () => undefined,
    declareOptions: server,
    toOptions: (given: Arguments) => ({ ...adminOf(given), command: 'status' }),
  },
  {
    synopsis: 'verify',
    about: 'Read all that the server keeps, and tell what is damaged',
    positionals: () => undefined,
    declareOptions: server,
    toOptions: (given: Arguments) => ({ ...adminOf(given), command: 'verify' }),
  },
  {
    synopsis: 'shutdown',
    about: 'End the server',
    positionals: () => undefined,
    declareOptions: server,
    toOptions: (given: Arguments) => ({ ...adminOf(given), command: 'shutdown' }),
  },
];

const DEMO: Command<DemoOptions> = {
  synopsis: 'demo',
  about: 'See it at work: a server, agents and content creators on this machine',
  positionals: () => undefined,
  declareOptions: (line) =>
    line.option('agents', {
      type: 'string',
      value: 'number',
      requiresArg: true,
      default: String(DEMO_AGENTS),
      describe: 'Agents and registrations in the end',
    }),
  toOptions: (given: Arguments) => ({
    command: 'demo',
    agents: numberOf(given.agents, '--agents', { min: 1, max: 50, integer: true }),
  }),
};

const CREATOR: Command<CreatorOptions> = {
  synopsis: 'creator <folder>',
  about: 'Add a line a second to files in a folder, so that there is something to back up',
  positionals: words(['folder', 'Where its files lie']),
  declareOptions: (line) => line,
  toOptions: (given: Arguments) => ({ command: 'creator', folder: textOf(given.folder, 'a folder') }),
};

export const COMMAND_LINE: CommandLine<BackupOptions> = {
  name: 'backup',
  commands: [SERVER, AGENT, ...QUESTIONS, DEMO, CREATOR],
  lists: [],
  files: ['folder', 'root', 'token-file', 'tls-ca', 'tls-cert', 'tls-key', 'agent-token-file', 'save', 'target'],
  examples: [
    ['backup server /var/backups/servent', 'keep copies there'],
    ['backup agent --root /home/ann', 'lend that folder to the server'],
    ['backup register 127.0.0.1 12346 letters 15m', 'fetch /home/ann/letters every 15 minutes'],
    ['backup query 127.0.0.1 letters --save letters.tgz', 'the latest copy as a file'],
    ['backup restore 127.0.0.1 letters /tmp/letters --copy 2', 'the copy before that, as folders and files'],
  ],
  epilogue: 'A server keeps the last ten copies of each node and path.',
};

function adminOf(given: Arguments): AdminOptions {
  return {
    server: peerOf(given.server, '--server'),
    tokenFile: given['token-file'],
    json: given.json,
  };
}

function sourceOf(given: Arguments): SourceOptions {
  return { ...adminOf(given), node: given.node, path: given.path };
}

function copyOf(given: Arguments): number {
  return numberOf(given.copy ?? '1', '--copy', { min: 1, max: 1_000_000, integer: true });
}

function textOf(word: string, what: string): string {
  if (word !== '') return word;
  throw usageError(`expected ${what}, got ""`);
}

/** `ip:port` or `name:port`, also with port 0. */
function listenOf(word: string): ListenAddress {
  const colon = word.lastIndexOf(':');
  const port = parsePort(word.slice(colon + 1));
  const host = word.slice(0, Math.max(colon, 0));
  if (port === undefined || host === '') throw usageError(`expected ip:port for --listen, got "${word}"`);
  return { host, port };
}

/** Who knows no token is asked to stay on this machine. */
function checkReach({ host }: ListenAddress, tokenFile: string | undefined): void {
  if (tokenFile !== undefined || isLoopbackHost(host)) return;
  throw usageError(
    `expected --token-file to listen at ${host}, got none: without a token only loopback is listened at`,
  );
}

function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host) || host === LOOPBACK;
}

/** `500k`, `20M`, `1G`, or bytes. */
function bytesOf(word: string): number {
  const [, digits, unit] = /^(.*?)([kMG]?)$/.exec(word)!;
  const factor = { '': 1, k: 1e3, M: 1e6, G: 1e9 }[unit as '' | 'k' | 'M' | 'G'];
  return numberOf(digits!, '--bandwidth', { min: 0.001, max: 1e12, unit: 'bytes a second' }) * factor;
}
