/** The command line of `kv-servers`: arguments in, one complete options object out. */

import { usageError } from '../../shared/errors';
import { type CommandLine, parseCommandLine } from '../../shared/program/command-line';
import type { Declarations } from '../../shared/program/declarations';
import type { Parsed } from '../../shared/program/run-main';

export interface KeyValueServersOptions {
  /** Asks for one server's port and its leader's, and serves that; else three servers and the client. */
  ask: boolean;
  /** Of the group's three servers. */
  ports: readonly number[];
}

/** How late followers learn what is committed, seconds: the definition's, so that TRY_OTHER_SERVER_OR_LATER can be seen. */
export const DELAY_S = 10;

/** Parses the command line. @throws OperatorError `usage` */
export async function parseOptions(argv: readonly string[]): Promise<Parsed<KeyValueServersOptions>> {
  return parseCommandLine(COMMAND_LINE, argv);
}

export const COMMAND_LINE: CommandLine<KeyValueServersOptions> = {
  name: 'kv-servers',
  commands: [
    {
      synopsis: '$0',
      about:
        "Try the key-value dialect: three servers and the client's menu at them, or one server that asks for its port",
      positionals: (line) => line,
      declareOptions,
      toOptions,
    },
  ],
  lists: [],
  examples: [
    ['kv-servers', 'three servers and a client, all ended with the menu'],
    ['kv-servers --ask', 'one server, its port and that of its leader typed; in three terminals, three'],
  ],
  epilogue: `Followers learn ${DELAY_S} s late what is committed, so that TRY_OTHER_SERVER_OR_LATER can be seen. Nothing is kept.`,
};

function declareOptions(line: Declarations): Declarations {
  return line
    .option('ask', { type: 'boolean', default: false, describe: "Ask for one server's port and its leader's" })
    .option('ports', {
      type: 'string',
      value: 'port,port,port',
      requiresArg: true,
      default: '10097,10098,10099',
      describe: "The group's ports",
    });
}

function toOptions({ ask, ports }: { ask: boolean; ports: string }): KeyValueServersOptions {
  const numbers = ports.split(',').map((word) => (/^\d+$/.test(word) ? Number(word) : Number.NaN));
  const isPort = (port: number): boolean => port >= 1 && port <= 65_535;
  if (numbers.length !== 3 || new Set(numbers).size !== 3 || !numbers.every(isPort)) {
    throw usageError(`expected three ports from 1 to 65535 for --ports, got "${ports}"`);
  }
  return { ask, ports: numbers };
}
