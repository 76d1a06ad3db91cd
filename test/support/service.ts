/** What stands in service/, read as who runs it would, and our own parsers for the command lines in it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { parseOptions as parseBackup } from '../../backup/options';
import { parseOptions as parseServent } from '../../servent/options';
import { parseOptions as parseStore } from '../../store/options';
import { ROOT } from './commands';

export const SERVICE = join(ROOT, 'service');

const PARSERS: Record<string, (words: readonly string[]) => Promise<object>> = {
  servent: parseServent,
  store: parseStore,
  backup: parseBackup,
};

/** The options that a command line is taken for by the program it names. @throws OperatorError `usage` */
export async function optionsOf(command: string): Promise<object> {
  const [program, ...words] = command.trim().split(/\s+/);
  const parser = PARSERS[program!];
  if (!parser) throw new Error(`expected a program that is run as a service, got "${program}"`);
  return parser(words);
}

export function readService(path: string): string {
  return readFileSync(join(SERVICE, path), 'utf8');
}

/** A YAML file, with the values that `<<` merges. */
export function yamlService<Content>(path: string): Content {
  return parse(readService(path), { merge: true }) as Content;
}
