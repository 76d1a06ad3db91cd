/** The lab's command line: arguments in, one complete options object out. */

import { usageError } from '../shared/errors';
import { listenAtOf } from '../shared/host-port';
import { type CommandLine, numberOf, parseCommandLine } from '../shared/program/command-line';
import type { Command, Declarations } from '../shared/program/declarations';
import type { Parsed } from '../shared/program/run-main';
import { declareSeed, declareSizes, type SizeWords, sizesOf } from '../topologies/command-line/common';
import { shippedTopologies } from '../topologies/graph/catalogue';
import { KINDS } from '../topologies/graph/generators';
import type { OverlayChoice } from './overlay/shown-overlay';
import { REPLICAS_MAX } from './store/replicas-max';

/** Shows an overlay. */
export interface OverlayLabOptions {
  command: 'overlay';
  /** What to run, or where servents run already that tell what they know. */
  shown: { choice: OverlayChoice } | { attach: readonly URL[] };
  http: HttpPlace;
  /** Both waits of a question on real sockets, milliseconds. */
  timeoutMs: number;
  json: boolean;
}

/** Where the page is served. */
export interface HttpPlace {
  host: string;
  /** 0 for one the system chooses. */
  port: number;
  /** Host names, besides addresses and `localhost`, under which it may be asked. */
  names: readonly string[];
}

/** Shows a replicated store. */
export interface StoreLabOptions {
  command: 'store';
  /** To begin with. */
  replicas: number;
  http: HttpPlace;
  json: boolean;
}

export type LabOptions = OverlayLabOptions | StoreLabOptions;

/** Parses the lab's command line. @throws OperatorError `usage` */
export function parseOptions(argv: readonly string[]): Promise<Parsed<LabOptions>> {
  return parseCommandLine(COMMAND_LINE, argv);
}

interface HttpWords {
  http: string;
  name: string[];
  json: boolean;
}

interface OverlayWords extends HttpWords, SizeWords {
  overlay: string | undefined;
  attach: string[];
  virtual: boolean;
  timeout: string;
}

const OVERLAY: Command<OverlayLabOptions> = {
  synopsis: '$0 [overlay]',
  about: 'Run an overlay, or look at servents that run elsewhere, and serve a page that shows it at work',
  positionals: (line) => line.positional('overlay', { describe: 'Topology file, name or kind' }),
  declareOptions: (line) =>
    declareHttp(
      declareSeed(declareSizes(line))
        .option('virtual', {
          type: 'boolean',
          default: false,
          describe: "In the simulator's virtual time, for large ones",
        })
        .option('attach', {
          value: 'url',
          array: true,
          default: [],
          describe: 'Show servents that serve --http there',
        })
        .option('timeout', {
          value: 'seconds',
          requiresArg: true,
          default: '4',
          describe: 'Seconds a question waits for one more answer',
        }),
    ),
  toOptions: (given: OverlayWords) => ({
    command: 'overlay',
    shown: shownOf(given),
    http: placeOf(given),
    timeoutMs: numberOf(given.timeout, '--timeout', { min: 0.01, max: 60, unit: 'seconds' }) * 1000,
    json: given.json,
  }),
};

function shownOf(given: OverlayWords): OverlayLabOptions['shown'] {
  const { overlay, attach, virtual } = given;
  if ((overlay === undefined) === (attach.length === 0))
    throw usageError(`expected an overlay or --attach, got ${overlay === undefined ? 'neither' : 'both'}`);
  if (overlay === undefined) return { attach: attach.map(urlOf) };
  return { choice: { overlay, sizes: sizesOf(given), ground: virtual ? 'virtual' : 'sockets' } };
}

/** `host:port` alone is meant as http. */
function urlOf(word: string): URL {
  const text = /^https?:\/\//.test(word) ? word : `http://${word}`;
  if (!URL.canParse(text)) throw usageError(`expected the URL of a servent's HTTP for --attach, got "${word}"`);
  return new URL(text);
}

const STORE: Command<StoreLabOptions> = {
  synopsis: 'store',
  about: 'Run a replicated store, and serve a page that shows it at work',
  positionals: () => {},
  declareOptions: (line) =>
    declareHttp(
      line.option('replicas', { value: 'n', requiresArg: true, default: '3', describe: 'Replicas to begin with' }),
    ),
  toOptions: (given: HttpWords & { replicas: string }) => ({
    command: 'store',
    replicas: numberOf(given.replicas, '--replicas', { min: 1, max: REPLICAS_MAX, unit: 'replicas', integer: true }),
    http: placeOf(given),
    json: given.json,
  }),
};

export const COMMAND_LINE: CommandLine<LabOptions> = {
  name: 'lab',
  commands: [OVERLAY, STORE],
  lists: ['name', 'attach'],
  files: ['overlay'],
  suggestions: { overlay: () => [...shippedTopologies(), ...KINDS.keys()] },
  examples: [
    ['lab line', 'five servents in a line, on real sockets'],
    ['lab small-world --servents 200', 'one made to order'],
    ['lab --attach 10.0.0.1:9090 10.0.0.2:9090', 'servents on other hosts'],
    ['lab store', 'three replicas of a store'],
    ['lab scale-free --servents 2000 --virtual', 'a large one, simulated'],
  ],
  epilogue: 'The page is for a browser on this machine, unless --http and --name say otherwise. Ctrl-C ends all.',
};

function declareHttp(line: Declarations): Declarations {
  return line
    .option('http', {
      value: 'host:port',
      requiresArg: true,
      default: '127.0.0.1:0',
      describe: 'Where the page is served, port 0 for any free one',
    })
    .option('name', {
      value: 'host',
      array: true,
      nargs: 1,
      default: [],
      describe: 'Answer under this host name too',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object a line' });
}

function placeOf({ http, name }: HttpWords): HttpPlace {
  const { host, port } = listenAtOf(http, '--http');
  const unfit = name.find((one) => !/^[A-Za-z0-9.-]{1,253}$/.test(one));
  if (unfit !== undefined) throw usageError(`expected a host name for --name, got "${unfit}"`);
  return { host, port, names: name.map((one) => one.toLowerCase()) };
}
