/** The client's two commands as words, from a command line or a pipe. */

import { usageError } from '../shared/errors';
import type { KeyValueClient, RequestOptions } from './client';
import type { Result } from './core';

/** Is this the name of a command? Any case will do: the protocol's own names are capitals. */
export function isCommand(word: string): boolean {
  return /^(put|get)$/i.test(word);
}

/** A line's words: a value is all that stands behind the key. */
export function wordsOf(line: string): string[] {
  const [, command = '', key, value] = /^\s*(\S+)(?:\s+(\S+)(?:\s(.*))?)?$/s.exec(line.replace(/\r$/, '')) ?? [];
  return [command, key, value].filter((word) => word !== undefined);
}

/** Runs `put KEY VALUE` or `get KEY`. @throws OperatorError `usage` for other words */
export function execute(words: readonly string[], client: KeyValueClient, options: RequestOptions): Promise<Result> {
  const [command = '', key, ...rest] = words;
  if (/^put$/i.test(command) && key !== undefined && rest.length === 1) return client.put(key, rest[0]!, options);
  if (/^get$/i.test(command) && key !== undefined && rest.join('').trim() === '') return client.get(key, options);
  throw usageError(`expected put KEY VALUE or get KEY, got "${words.join(' ')}"`);
}
