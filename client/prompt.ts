/** The prompt in a terminal: line editing, history, a sign of life while a question waits, Ctrl-C for the question alone. */

import { createInterface } from 'node:readline';
import { escapeText } from '../shared/escape';
import { HISTORY_MAX, historyFile, loadHistory, saveHistory } from '../shared/program/history';
import type { Io } from '../shared/program/run-main';
import { ask, trimBlanks } from './ask';
import { type ClientOptions, keyFault } from './options';

const PROMPT = 'key> ';
const SIGN_OF_LIFE_MS = 500;
/** Back to the line's start, and clear it (ECMA-48: CR, EL). */
const CLEAR_LINE = '\r\u001b[K';

/** Asks what is typed, until Ctrl-D or the end of input. */
export async function prompt(options: ClientOptions, io: Io): Promise<void> {
  const path = historyFile(io.environment, 'history');
  const terminal = createInterface({
    input: io.input,
    output: io.output,
    prompt: PROMPT,
    history: loadHistory(path),
    historySize: HISTORY_MAX,
    removeHistoryDuplicates: true,
  });
  terminal.on('history', (keys: string[]) => saveHistory(path, keys));
  let question: AbortController | undefined;
  terminal.on('SIGINT', () => {
    if (question) return question.abort();
    // As a shell does: leave the line, take a new one.
    io.output.write('\n');
    terminal.write(null, { ctrl: true, name: 'e' });
    terminal.write(null, { ctrl: true, name: 'u' });
    terminal.prompt();
  });
  let closed = false;
  terminal.on('close', () => {
    closed = true;
    question?.abort();
  });
  io.out('Type a key and Enter; Ctrl-C gives up a question, Ctrl-D ends.');
  terminal.prompt();
  for await (const line of terminal) {
    const key = Buffer.from(trimBlanks(line));
    if (key.length > 0) {
      question = new AbortController();
      await askAlive(key, options, io, question);
      question = undefined;
    }
    // Since Node 24 a closed terminal that is asked to prompt throws.
    if (!closed) terminal.prompt();
  }
  io.output.write('\n');
}

/** Asks one key, with a line that counts the seconds while nothing comes. */
async function askAlive(key: Uint8Array, options: ClientOptions, io: Io, question: AbortController): Promise<void> {
  const fault = keyFault(key);
  if (fault) return io.out(fault);
  const startMs = performance.now();
  const showLife = (): void => {
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    io.output.write(`${CLEAR_LINE}waiting ${seconds} s (Ctrl-C gives up)`);
  };
  const timer = setInterval(showLife, SIGN_OF_LIFE_MS);
  const print = (line: string): void => {
    io.output.write(CLEAR_LINE);
    io.out(line);
  };
  try {
    await ask(key, options, print, question.signal);
  } catch (error) {
    if (question.signal.aborted) print('given up');
    else print(escapeText((error as Error).message));
  } finally {
    clearInterval(timer);
  }
}
