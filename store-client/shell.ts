/** The store client's shell: runs the command given, those that come from a pipe, or those typed at a prompt. */

import { createInterface } from 'node:readline';
import { OperatorError } from '../shared/errors';
import { escapeJson, escapeText } from '../shared/escape';
import type { Streams } from '../shared/program/run-main';
import { connectClient, type StoreClient } from './client';
import { execute, type Output } from './commands';
import type { StoreClientOptions } from './options';
import { prompt } from './prompt';
import { wordsOf } from './words';

/** Runs the command. Gives the exit status: 1 when a command was not done. */
export async function run({ contact, words, timeoutMs, json }: StoreClientOptions, streams: Streams): Promise<number> {
  const show = ({ lines, json: value }: Output): readonly string[] => {
    if (!json) return lines;
    return value === undefined ? [] : [escapeJson(JSON.stringify(value))];
  };
  const print = (output: Output): void => show(output).forEach(streams.out);
  const client = await connectClient(contact, { timeoutMs });
  try {
    if (words.length > 0) return await runAll([commandOf(words)], client, print, streams);
    if (!streams.input.isTTY) return await runAll(linesOf(streams), client, print, streams);
    await prompt(client, show, streams);
    return 0;
  } finally {
    await client.close();
  }
}

/** A whole command in one word, as a shell's quotes make it, is taken apart as at the prompt. */
function commandOf(words: readonly string[]): string | readonly string[] {
  return words.length === 1 ? words[0]! : words;
}

/** Commands from a pipe or a file, one a line; blank lines are skipped, `exit` ends. */
async function* linesOf(streams: Streams): AsyncGenerator<string, void> {
  for await (const line of createInterface({ input: streams.input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === 'exit') return;
    if (line.trim() !== '') yield line;
  }
}

/** Runs commands one after the other; one that fails is told, and the next one runs. */
async function runAll(
  commands: Iterable<string | readonly string[]> | AsyncIterable<string>,
  client: StoreClient,
  print: (output: Output) => void,
  streams: Streams,
): Promise<number> {
  const gone = new AbortController();
  streams.onOutputClosed(() => gone.abort());
  let status = 0;
  for await (const command of commands) {
    try {
      const words = typeof command === 'string' ? wordsOf(command) : command;
      for await (const output of execute(words, client, gone.signal)) print(output);
    } catch (error) {
      // Nobody reads the results any more: the work is done.
      if (gone.signal.aborted) return 0;
      if (!(error instanceof OperatorError)) throw error;
      streams.err(`store-client: ${escapeText(error.message)}`);
      status = 1;
    }
  }
  return status;
}
