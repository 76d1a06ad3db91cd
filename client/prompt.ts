/** The client's prompt: asks what is typed, with a sign of life while a question waits, and Ctrl-C for the question alone. */

import { escapeText } from '../shared/escape';
import { Prompt } from '../shared/program/prompt';
import type { Streams } from '../shared/program/run-main';
import { ask, trimBlanks } from './ask';
import { Display } from './display';
import { type ClientOptions, keyFault } from './options';
import { Waiting } from './waiting';

const HELP = 'Type a key and Enter; Ctrl-C gives up a question, Ctrl-D ends.';
/** Words of other prompts. Said to nobody but the person who typed them, unless a blank stands in front. */
const HINTED = /^(quit|exit|help|\?)$/;

/** Asks what is typed, until Ctrl-D or the end of input. Gives the exit status. */
export async function prompt(options: ClientOptions, streams: Streams): Promise<number> {
  let question: AbortController | undefined;
  streams.out(HELP);
  const terminal = new Prompt(streams, {
    prompt: 'key> ',
    history: 'history',
    completer: (line) => {
      print('Tab completes nothing: a key is asked for as it is typed.');
      return [[], line];
    },
    giveUp: () => question?.abort(),
  });
  const print = (line: string): void => terminal.print(line);
  const waiting = new Waiting((text) => terminal.show(text === '' ? '' : `(${text}, Ctrl-C gives up) `));
  const display = new Display(options, [], { ...streams, out: print, err: print });
  for await (const line of terminal.lines()) {
    const key = Buffer.from(trimBlanks(line));
    if (key.length === 0) continue;
    const fault = hintFor(line) ?? keyFault(key);
    if (fault !== undefined) {
      print(fault);
      continue;
    }
    question = new AbortController();
    try {
      await ask(key, options, display, waiting, question.signal);
    } catch (error) {
      // Whatever becomes of a question, the prompt goes on.
      print(question.signal.aborted ? 'given up' : escapeText((error as Error).message));
    }
    question = undefined;
  }
  return 0;
}

/** What to say to a word that is rather meant for the prompt than for the servents. */
function hintFor(line: string): string | undefined {
  return HINTED.test(line) ? `${HELP} A blank in front asks for the key "${line}".` : undefined;
}
