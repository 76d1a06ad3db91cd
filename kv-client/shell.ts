/** The key-value client's shell: runs the command given, those that come from a pipe, or those chosen at the menu. */

import { createInterface } from 'node:readline';
import { OperatorError, usageError } from '../shared/errors';
import { escapeJson, escapeText } from '../shared/escape';
import type { Streams } from '../shared/program/run-main';
import { KeyValueClient } from './client';
import { execute, wordsOf } from './commands';
import type { Result } from './core';
import { resultEvent, resultLine } from './lines';
import { menu } from './menu';
import type { KeyValueClientOptions } from './options';

const EXIT_FAILED = 1;
const EXIT_UNREACHABLE = 3;

/** Runs the command. Gives the exit status. */
export async function run(options: KeyValueClientOptions, streams: Streams): Promise<number> {
  const { servers, words, json } = options;
  if (words.length === 0 && streams.input.isTTY) return menu(options, streams);
  if (servers.length === 0) throw usageError('expected ip:port of a server where nobody can be asked, got none');
  const err = (text: string): void => streams.err(`kv-client: ${escapeText(text)}`);
  const client = new KeyValueClient(servers, { ...options, onOther: err });
  const gone = new AbortController();
  streams.onOutputClosed(() => gone.abort());
  let status = 0;
  for await (const command of words.length > 0 ? [words] : linesOf(streams)) {
    try {
      const result = await execute(command, client, { signal: gone.signal });
      // Nobody reads the results any more: the work is done.
      if (gone.signal.aborted) return 0;
      if (json) streams.out(escapeJson(JSON.stringify(resultEvent(result))));
      else if (result.kind === 'failed') err(result.reason);
      else streams.out(resultLine(result));
      status = Math.max(status, statusOf(result));
    } catch (error) {
      // On a command line it is bad usage; a pipe goes on.
      if (words.length > 0 || !(error instanceof OperatorError)) throw error;
      err(error.message);
      status = Math.max(status, EXIT_FAILED);
    }
  }
  return status;
}

function statusOf(result: Result): number {
  if (result.kind === 'put' || result.kind === 'got') return 0;
  return result.kind === 'failed' && result.code === 'unreachable' ? EXIT_UNREACHABLE : EXIT_FAILED;
}

/** Commands from a pipe or a file, one a line; blank lines are skipped. */
async function* linesOf(streams: Streams): AsyncGenerator<string[], void> {
  for await (const line of createInterface({ input: streams.input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() !== '') yield wordsOf(line);
  }
}
