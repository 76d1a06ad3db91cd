/** Options of the project's own scripts, `--name value`: anything wrong is one line on stderr and status 2, as in the programs. */

import { type ParseArgsConfig, parseArgs } from 'node:util';

const NUMBERS = [
  'count',
  'seed',
  'size',
  'trace',
  'seconds',
  'rate',
  'flood',
  'ask',
  'cycles',
  'rounds',
  'kills',
  'documents',
  'takeovers',
];

/** Parses the script's command line; the options that are numbers are checked to be some. */
export function scriptOptions<Config extends ParseArgsConfig>(
  config: Config,
): ReturnType<typeof parseArgs<Config>>['values'] {
  try {
    const { values } = parseArgs(config);
    for (const [name, value] of Object.entries(values)) {
      if (!NUMBERS.includes(name) || /^\d+(\.\d+)?$/.test(String(value))) continue;
      throw new Error(`expected a number for --${name}, got "${value}"`);
    }
    return values;
  } catch (error) {
    const known = Object.keys(config.options ?? {}).map((name) => `--${name}`);
    console.error(`${(error as Error).message.split('\n', 1)[0]} (options: ${known.join(', ')})`);
    process.exit(2);
  }
}
