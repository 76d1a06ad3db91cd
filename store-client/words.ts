/**
 * What is typed at the prompt, taken apart (store specification, section 3): words, and in them assignments and conditions, that
 * blanks or commas part. Quotes hold both together.
 */

import { usageError } from '../shared/errors';

/** A quote counts where a word or a value begins: in the middle, as in O'Brien, it is a letter. */
const OPENS_VALUE = /[\s,=<>]/;

/** Parts a text at any of these characters, outside of quotes; quotes stay. @throws OperatorError `usage` for one left open */
export function split(text: string, separators: RegExp): string[] {
  const parts: string[] = [];
  let part = '';
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (quote !== '') {
      part += char;
      if (char === '\\' && i + 1 < text.length) part += text[++i]!;
      else if (char === quote) quote = '';
    } else if (separators.test(char)) {
      if (part !== '') parts.push(part);
      part = '';
    } else {
      if (/["']/.test(char) && (part === '' || OPENS_VALUE.test(part.at(-1)!))) quote = char;
      part += char;
    }
  }
  if (quote !== '') throw usageError(`expected a closing ${quote}, got ${text}`);
  if (part !== '') parts.push(part);
  return parts;
}

/** Words of a line, which blanks part. */
export function wordsOf(line: string): string[] {
  return split(line, /\s/);
}

export interface Assignment {
  name: string;
  value: string;
}

export interface Condition extends Assignment {
  comparison: string;
}

/** `key=value` each, parted by blanks or commas. @throws OperatorError `usage` */
export function assignmentsIn(words: readonly string[]): Assignment[] {
  return words
    .flatMap((word) => split(word, /,/))
    .map((part) => {
      const match = /^([^=<>!]+)=(.*)$/s.exec(unquoted(part));
      if (!match) throw usageError(`expected key=value, got "${part}"`);
      return { name: unquoted(match[1]!), value: unquoted(match[2]!) };
    });
}

/** `key=value`, `key>value` and the like, parted by blanks or commas; `{}` is none. @throws OperatorError `usage` */
export function conditionsIn(words: readonly string[]): Condition[] {
  return words
    .flatMap((word) => split(word, /,/))
    .filter((part) => part !== EVERYTHING)
    .map((part) => {
      const match = /^([^=<>!]+)(!=|<=|>=|=|<|>)(.*)$/s.exec(unquoted(part));
      if (!match) throw usageError(`expected a condition such as age>10, got "${part}"`);
      return { name: unquoted(match[1]!), comparison: match[2]!, value: unquoted(match[3]!) };
    });
}

/** A query without a condition: every document. */
export const EVERYTHING = '{}';

function unquoted(value: string): string {
  const match = /^(["'])((?:\\.|(?!\1).)*)\1$/s.exec(value);
  return match ? match[2]!.replace(/\\(["'\\])/g, '$1') : value;
}
