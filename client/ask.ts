/** One question from key to summary, shown as it goes. */

import { ASKED_MAX } from './core';
import type { Display } from './display';
import { answersTo } from './lookup';
import type { ClientOptions } from './options';
import type { Waiting } from './waiting';

/** How a question ended. */
export type Outcome = 'answered' | 'unanswered' | 'unreachable';

/** Asks one key and shows what comes. @throws OperatorError; the signal's reason */
export async function ask(
  key: Uint8Array,
  { contact, count, timeoutMs, nul }: ClientOptions,
  display: Display,
  waiting: Waiting,
  signal: AbortSignal,
): Promise<Outcome> {
  const onUnreachable = (code: string): void => display.unreachable(key, code);
  const answers = answersTo({ contact, key, count, timeoutMs, nul, signal, onUnreachable });
  waiting.waits(answers, ASKED_MAX * timeoutMs);
  try {
    for (;;) {
      const next = await answers.next();
      if (next.done) {
        waiting.ended(answers);
        display.summary(key, next.value);
        return next.value.unreachable ? 'unreachable' : next.value.answers > 0 ? 'answered' : 'unanswered';
      }
      display.answer(key, next.value);
      waiting.waits(answers, timeoutMs);
    }
  } finally {
    waiting.ended(answers);
  }
}

/** A key as it was typed, without the spaces and tabs around it: what no key of a file can have (specification, section 2). */
export function trimBlanks(line: string): string {
  return line.replace(/^[ \t]+|[ \t\r]+$/g, '');
}
