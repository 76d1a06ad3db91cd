/** Command lines of what runs an overlay as processes on loopback: `up`, `check`. */

import { usageError } from '../../shared/errors';
import { numberOf } from '../../shared/program/command-line';
import type { Command, Declarations } from '../../shared/program/declarations';
import type { Sizes } from '../graph/generators';
import { declareSeed, declareSizes, overlayWord, type SizeWords, sizesOf } from './common';

/** Runs the overlay on loopback, and asks it at the prompt. */
export interface UpOptions {
  command: 'up';
  /** File, name or kind of the overlay. */
  overlay: string;
  sizes: Sizes;
  /** Of the first servent, the others have the ports behind it; undefined for ports that are free. */
  portFirst: number | undefined;
  /** Shows it in the lab's page too. */
  lab: boolean;
}

/** Runs the overlay on loopback, and compares who answers with who should. */
export interface CheckOptions {
  command: 'check';
  overlay: string;
  sizes: Sizes;
  /** As of `up`. */
  portFirst: number | undefined;
  /** How long a question waits for answers, milliseconds. */
  timeoutMs: number;
  /** One JSON object a question in the place of a table. */
  json: boolean;
}

export const UP: Command<UpOptions> = {
  synopsis: 'up <overlay>',
  about: "Run an overlay's servents on loopback, and ask the first of them at the client's prompt",
  positionals: overlayWord,
  declareOptions: (line) =>
    declarePort(declareSeed(declareSizes(line))).option('lab', {
      type: 'boolean',
      default: false,
      describe: "Show it in a browser too: the lab's page",
    }),
  toOptions: upOptionsOf,
};

function upOptionsOf(given: { overlay: string; lab: boolean } & SizeWords & PortWords): UpOptions {
  const { overlay, lab } = given;
  if (lab && given.port !== undefined)
    throw usageError('expected --lab without --port, got both: the lab takes ports that are free');
  return { command: 'up', overlay, sizes: sizesOf(given), portFirst: portFirstOf(given), lab };
}

export const CHECK: Command<CheckOptions> = {
  synopsis: 'check <overlay>',
  about: "Run an overlay's servents on loopback, and compare who answers with who is within three hops",
  positionals: overlayWord,
  declareOptions: (line) =>
    declarePort(declareSeed(declareSizes(line)))
      .option('timeout', {
        type: 'string',
        value: 'seconds',
        requiresArg: true,
        default: '0.5',
        describe: 'Seconds a question waits for one more answer',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object a question' }),
  toOptions: checkOptionsOf,
};

function checkOptionsOf(
  given: SizeWords & PortWords & { overlay: string; timeout: string; json: boolean },
): CheckOptions {
  return {
    command: 'check',
    overlay: given.overlay,
    sizes: sizesOf(given),
    portFirst: portFirstOf(given),
    timeoutMs: numberOf(given.timeout, '--timeout', { min: 0.01, max: 60, unit: 'seconds' }) * 1000,
    json: given.json,
  };
}

interface PortWords {
  port: string | undefined;
}

function declarePort(line: Declarations): Declarations {
  return line.option('port', {
    type: 'string',
    value: 'port',
    requiresArg: true,
    describe: "The first servent's port, the others have those behind it; else ports that are free",
  });
}

function portFirstOf({ port }: PortWords): number | undefined {
  return port === undefined ? undefined : numberOf(port, '--port', { min: 1, max: 65_535, integer: true });
}
