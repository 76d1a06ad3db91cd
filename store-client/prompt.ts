/** The prompt in a terminal: line editing, history, completion, a sign of life while a command waits, Ctrl-C for it alone. */

import { createInterface } from 'node:readline';
import { OperatorError } from '../shared/errors';
import { escapeText } from '../shared/escape';
import { HISTORY_MAX, historyFile, loadHistory, saveHistory } from '../shared/program/history';
import type { Streams } from '../shared/program/run-main';
import type { Description, StoreClient } from './client';
import { execute, type Output } from './commands';
import { completions } from './completion';
import { wordsOf } from './words';

export const PROMPT = 'db > ';
export const BYE = 'Bye';
const SIGN_OF_LIFE_MS = 500;
/** Back to the line's start, and clear it (ECMA-48: CR, EL). */
const CLEAR_LINE = '\r\u001b[K';
/** Tab waits no longer for the names of collections. */
const COMPLETION_MS = 500;

/** Runs what is typed, until `exit`, Ctrl-D or the end of input. */
export async function prompt(client: StoreClient, print: (output: Output) => void, streams: Streams): Promise<void> {
  const path = historyFile(streams.environment, 'store-client-history');
  const terminal = createInterface({
    input: streams.input,
    output: streams.output,
    prompt: PROMPT,
    history: loadHistory(path),
    historySize: HISTORY_MAX,
    removeHistoryDuplicates: true,
    completer: (line: string, done: (error: null, found: [string[], string]) => void) =>
      void descriptionSoon(client).then((description) => done(null, completions(line, description))),
  });
  terminal.on('history', (lines: string[]) => saveHistory(path, lines));
  let command: AbortController | undefined;
  terminal.on('SIGINT', () => {
    if (command) return command.abort();
    // As a shell does: leave the line, take a new one.
    streams.output.write('\n');
    terminal.write(null, { ctrl: true, name: 'e' });
    terminal.write(null, { ctrl: true, name: 'u' });
    terminal.prompt();
  });
  let closed = false;
  terminal.on('close', () => {
    closed = true;
    command?.abort();
  });
  terminal.prompt();
  let line = '';
  for await (line of terminal) {
    if (line.trim() === 'exit') break;
    if (line.trim() !== '') {
      command = new AbortController();
      await runAlive(line, client, print, streams, command.signal);
      command = undefined;
    }
    // Since Node 24 a closed terminal that is asked to prompt throws.
    if (!closed) terminal.prompt();
  }
  terminal.close();
  if (line.trim() !== 'exit') streams.output.write('\n');
  streams.out(BYE);
}

/** Runs one line, with a line that counts the seconds while nothing comes. */
async function runAlive(
  line: string,
  client: StoreClient,
  print: (output: Output) => void,
  streams: Streams,
  signal: AbortSignal,
): Promise<void> {
  const startMs = performance.now();
  let shown = false;
  const timer = setInterval(() => {
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    streams.output.write(`${CLEAR_LINE}waiting ${seconds} s (Ctrl-C gives up)`);
    shown = true;
  }, SIGN_OF_LIFE_MS);
  const clear = (): void => {
    if (shown) streams.output.write(CLEAR_LINE);
    shown = false;
  };
  try {
    for await (const output of execute(wordsOf(line), client, signal)) {
      clear();
      print(output);
    }
  } catch (error) {
    clear();
    if (signal.aborted) streams.out('given up');
    else if (error instanceof OperatorError) streams.out(`Error: ${escapeText(error.message)}`);
    else throw error;
  } finally {
    clearInterval(timer);
  }
}

/** Of all collections; nothing where the store does not answer at once. */
async function descriptionSoon(client: StoreClient): Promise<Description> {
  try {
    return await client.describe(undefined, { signal: AbortSignal.timeout(COMPLETION_MS) });
  } catch {
    return {};
  }
}
