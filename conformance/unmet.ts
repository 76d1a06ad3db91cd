/** How a scene ends that shows a rule broken, or that cannot be played. */

import { escapeText } from '../shared/escape';

/** A program did not do what was expected. Both sides are one line of words, safe to show. */
export class Unmet extends Error {
  readonly expected: string;
  readonly came: string;

  constructor(expected: string, came: string) {
    super(`expected ${expected}, came ${came}`);
    this.name = 'Unmet';
    this.expected = expected;
    this.came = came;
  }
}

/** The scene needs what this machine, or this program, has not. */
export class NotPlayable extends Error {
  override readonly name = 'NotPlayable';
}

/** Holds one value to what it must be. @throws Unmet */
export function same(what: string, came: unknown, expected: unknown): void {
  if (came !== expected) throw new Unmet(`${what} ${expected}`, String(came));
}

/** A value as JSON, safe to show, and not all of a long one. */
export function jsonWords(value: unknown): string {
  return escapeText((JSON.stringify(value) ?? 'nothing').slice(0, 300));
}
