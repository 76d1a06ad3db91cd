/** One question from key to summary, printed as it goes. */

import { answersTo } from './lookup';
import type { ClientOptions } from './options';
import { answerEvent, answerLine, summaryLine } from './report';

/** Asks one key and prints what comes. Gives whether there was an answer. */
export async function ask(
  key: Uint8Array,
  options: ClientOptions,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const { contact, timeoutMs, count, nul, json } = options;
  const answers = answersTo({ contact, key, timeoutMs, count, nul, signal });
  for (;;) {
    const next = await answers.next();
    if (!next.done) {
      print(json ? answerEvent(key, next.value) : answerLine(next.value));
      continue;
    }
    if (!json) print(summaryLine(next.value));
    return next.value.answers > 0;
  }
}

/** A key as it was typed, without the spaces and tabs around it: what no key of a file can have (specification, section 2). */
export function trimBlanks(line: string): string {
  return line.replace(/^[ \t]+|[ \t\r]+$/g, '');
}
