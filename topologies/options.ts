/** The topology command's line: arguments in, one complete options object out, told apart by its `command`. */

import { type CommandLine, parseCommandLine } from '../shared/program/command-line';
import type { Parsed } from '../shared/program/run-main';
import { CHECK, type CheckOptions, UP, type UpOptions } from './command-line/loopback';
import { DRAW, type DrawOptions, GENERATE, type GenerateOptions, LIST, type ListOptions } from './command-line/overlay';
import { SIMULATE, type SimulateOptions, TRACE, type TraceOptions } from './command-line/simulated';
import { shippedTopologies } from './graph/catalogue';
import { KINDS } from './graph/generators';

export type TopologyOptions =
  | ListOptions
  | GenerateOptions
  | DrawOptions
  | SimulateOptions
  | TraceOptions
  | UpOptions
  | CheckOptions;

/** Parses the topology command's line. @throws OperatorError `usage` */
export function parseOptions(argv: readonly string[]): Promise<Parsed<TopologyOptions>> {
  return parseCommandLine(COMMAND_LINE, argv);
}

export const COMMAND_LINE: CommandLine<TopologyOptions> = {
  name: 'topology',
  commands: [LIST, GENERATE, DRAW, SIMULATE, TRACE, UP, CHECK],
  lists: ['overlays'],
  files: ['overlay', 'overlays', 'output'],
  suggestions: { overlay: overlayNames, overlays: overlayNames, kind: () => [...KINDS.keys()] },
  examples: [
    ['topology up line', 'five servents in a line, and the prompt'],
    ['topology up ring --servents 20', 'one made to order'],
    ['topology check diamond', 'exit status 0 when all is as predicted'],
    ['topology simulate ring mesh --loss 5', 'reach and cost, side by side'],
    ['topology trace line --from s1 --key tcpmux -o flood.svg', 'a picture of a flood'],
  ],
  epilogue: 'An overlay is a topology file, the name of one that comes with the package, or a kind to make.',
};

/** What an overlay may be called beside the path of its file. */
function overlayNames(): string[] {
  return [...shippedTopologies(), ...KINDS.keys()];
}
