/** The prompt in a terminal: line editing, history, a sign of life while a question waits, Ctrl-C for the question alone. */

import { createInterface, type Interface } from 'node:readline';
import { escapeText } from '../shared/escape';
import { HISTORY_MAX, historyFile, loadHistory, saveHistory } from '../shared/program/history';
import type { Streams } from '../shared/program/run-main';
import { ask, trimBlanks } from './ask';
import { Display } from './display';
import { type ClientOptions, keyFault } from './options';
import { Waiting } from './waiting';

const PROMPT = 'key> ';
/** Back to the line's start, and clear it (ECMA-48: CR, EL). */
const CLEAR_LINE = '\r\u001b[K';
const HELP = 'Type a key and Enter; Ctrl-C gives up a question, Ctrl-D ends.';
/** Words of other prompts. Said to nobody but the person who typed them, unless a blank stands in front. */
const HINTED = /^(quit|exit|help|\?)$/;

/** Asks what is typed, until Ctrl-D or the end of input. Gives the exit status. */
export async function prompt(options: ClientOptions, streams: Streams): Promise<number> {
  const path = historyFile(streams.environment, 'history');
  const terminal = createInterface({
    input: streams.input,
    output: streams.output,
    prompt: PROMPT,
    history: loadHistory(path),
    historySize: HISTORY_MAX,
    removeHistoryDuplicates: true,
    completer: (line: string) => {
      print('Tab completes nothing: a key is asked for as it is typed.');
      return [[], line];
    },
  });
  terminal.on('history', (keys: string[]) => saveHistory(path, keys));
  let closed = false;
  /** Shows the prompt, and behind it what is being typed. Since Node 24 a closed terminal that is asked to prompt throws. */
  const redraw = (): void => void (closed || terminal.prompt(true));
  /** Prints a line above the one that is being typed, which stays. */
  const print = (line: string): void => {
    streams.output.write(CLEAR_LINE);
    streams.out(line);
    redraw();
  };
  const waiting = new Waiting((text) => {
    terminal.setPrompt(text === '' ? PROMPT : `(${text}, Ctrl-C gives up) `);
    redraw();
  });
  const display = new Display(options, [], { ...streams, out: print, err: print });
  let question: AbortController | undefined;
  /** Lines typed while a question was under way, not asked yet. */
  let ahead = 0;
  terminal.on('line', () => {
    if (!question) return;
    ahead++;
    redraw();
  });
  terminal.on('SIGINT', () => {
    if (question) return question.abort();
    // As a shell does: leave the line, take a new one.
    streams.output.write('\n');
    terminal.write(null, { ctrl: true, name: 'e' });
    terminal.write(null, { ctrl: true, name: 'u' });
    redraw();
  });
  suspendable(terminal, streams, () => {
    if (closed) return;
    streams.input.setRawMode(true);
    redraw();
  });
  terminal.on('close', () => {
    closed = true;
    question?.abort();
  });
  streams.out(HELP);
  terminal.prompt();
  for await (const line of terminal) {
    if (ahead > 0) {
      ahead--;
      // What it was typed behind was not this prompt.
      print(PROMPT + escapeText(line));
    }
    const key = Buffer.from(trimBlanks(line));
    const fault = key.length > 0 ? (hintFor(line) ?? keyFault(key)) : undefined;
    if (fault) print(fault);
    else if (key.length > 0) {
      question = new AbortController();
      await askAlive(key, options, display, waiting, question, print);
      question = undefined;
    }
    redraw();
  }
  streams.output.write('\n');
  return 0;
}

/** What to say to a word that is rather meant for the prompt than for the servents. */
function hintFor(line: string): string | undefined {
  return HINTED.test(line) ? `${HELP} A blank in front asks for the key "${line}".` : undefined;
}

/** Asks one key; whatever becomes of it, the prompt goes on. */
async function askAlive(
  key: Uint8Array,
  options: ClientOptions,
  display: Display,
  waiting: Waiting,
  question: AbortController,
  print: (line: string) => void,
): Promise<void> {
  try {
    await ask(key, options, display, waiting, question.signal);
  } catch (error) {
    if (question.signal.aborted) print('given up');
    else print(escapeText((error as Error).message));
  }
}

/**
 * Ctrl-Z stops the whole job: readline would stop this process alone, and a shell that waits for npm would never know. The
 * terminal is as the shell wants it meanwhile, and ours again afterwards: also where nobody can continue us, and the system does
 * not stop us.
 */
function suspendable(terminal: Interface, streams: Streams, resume: () => void): void {
  terminal.on('SIGTSTP', () => {
    streams.input.setRawMode(false);
    streams.suspend();
    setImmediate(resume);
  });
  streams.onSignal('SIGCONT', resume);
}
