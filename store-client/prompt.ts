/** The prompt in a terminal: completion, a sign of life while a command waits, Ctrl-C for that command alone, `exit`. */

import { OperatorError } from '../shared/errors';
import { escapeText } from '../shared/escape';
import { Prompt } from '../shared/program/prompt';
import type { Streams } from '../shared/program/run-main';
import type { Description, StoreClient } from './client';
import { execute, type Output } from './commands';
import { completions } from './completion';
import { wordsOf } from './words';

const SIGN_OF_LIFE_MS = 500;
/** Tab waits no longer for the names of collections. */
const COMPLETION_MS = 500;

/** Runs what is typed, until `exit`, Ctrl-D or the end of input. `show` turns a result into lines. */
export async function prompt(
  client: StoreClient,
  show: (output: Output) => readonly string[],
  streams: Streams,
): Promise<void> {
  let command: AbortController | undefined;
  const terminal = new Prompt(streams, {
    prompt: 'db > ',
    history: 'store-client-history',
    completer: async (line) => completions(line, await descriptionSoon(client)),
    giveUp: () => command?.abort(),
  });
  for await (const line of terminal.lines()) {
    if (line.trim() === 'exit') break;
    if (line.trim() === '') continue;
    command = new AbortController();
    const stopShowing = showWaiting(terminal);
    try {
      for await (const output of execute(wordsOf(line), client, command.signal)) {
        for (const text of show(output)) terminal.print(text);
      }
    } catch (error) {
      if (command.signal.aborted) terminal.print('given up');
      else if (error instanceof OperatorError) terminal.print(`Error: ${escapeText(error.message)}`);
      else throw error;
    } finally {
      stopShowing();
      command = undefined;
    }
  }
  streams.out('Bye');
}

/** Counts the seconds before the line while nothing comes. Gives what ends it. */
function showWaiting(terminal: Prompt): () => void {
  const startMs = performance.now();
  const timer = setInterval(() => {
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    terminal.show(`(waiting ${seconds} s, Ctrl-C gives up) `);
  }, SIGN_OF_LIFE_MS);
  return () => {
    clearInterval(timer);
    terminal.show('');
  };
}

/** Of all collections; nothing where the store does not answer at once. */
async function descriptionSoon(client: StoreClient): Promise<Description> {
  try {
    return await client.describe(undefined, { signal: AbortSignal.timeout(COMPLETION_MS) });
  } catch {
    return {};
  }
}
