/** The topology command's line: arguments in, one complete options object out, told apart by its `command`. */

import type { Argv } from 'yargs';
import { type CommandLine, numberOf, parseCommandLine } from '../shared/command-line';
import type { Parsed } from '../shared/run-main';

/** Runs the overlay on loopback, and asks it at the prompt. */
export interface UpOptions {
  command: 'up';
  /** File, name or kind of the overlay. */
  overlay: string;
}

/** Runs the overlay on loopback, and compares who answers with who should. */
export interface CheckOptions {
  command: 'check';
  overlay: string;
  /** How long a question waits for answers, milliseconds. */
  timeoutMs: number;
}

/** Lists the overlays that come with the package, and the kinds that can be made. */
export interface ListOptions {
  command: 'list';
}

export type TopologyOptions = UpOptions | CheckOptions | ListOptions;

/** Parses the topology command's line. @throws OperatorError `usage` */
export function parseOptions(argv: readonly string[]): Promise<Parsed<TopologyOptions>> {
  return parseCommandLine(COMMAND_LINE, argv);
}

const COMMAND_LINE: CommandLine<TopologyOptions> = {
  name: 'topology',
  commands: [
    {
      synopsis: 'list',
      about: 'List the overlays that come with the package, and the kinds that can be made',
      positionals: (line) => line,
      declareOptions: (line) => line,
      toOptions: () => ({ command: 'list' }),
    },
    {
      synopsis: 'up <overlay>',
      about: "Run an overlay's servents on loopback, and ask the first of them at the client's prompt",
      positionals: overlayWord,
      declareOptions: (line) => line,
      toOptions: ({ overlay }: { overlay: string }) => ({ command: 'up', overlay }),
    },
    {
      synopsis: 'check <overlay>',
      about: "Run an overlay's servents on loopback, and compare who answers with who is within three hops",
      positionals: overlayWord,
      declareOptions: (line) =>
        line.option('timeout', {
          type: 'string',
          requiresArg: true,
          default: '0.5',
          describe: 'Seconds a question waits for one more answer',
        }),
      toOptions: ({ overlay, timeout }: { overlay: string; timeout: string }) => ({
        command: 'check',
        overlay,
        timeoutMs: numberOf(timeout, '--timeout', { min: 0.01, max: 60, unit: 'seconds' }) * 1000,
      }),
    },
  ],
  lists: [],
  examples: [
    ['topology up line', 'five servents in a line, and the prompt'],
    ['topology check diamond', 'exit status 0 when all is as predicted'],
  ],
  epilogue: 'An overlay is a topology file, the name of one that comes with the package, or a kind to make.',
};

function overlayWord(line: Argv): Argv {
  return line.positional('overlay', { type: 'string', demandOption: true, describe: 'Topology file, name or kind' });
}
