/** How a program is told what it needs to know: placeholders in its command line and in what is typed to it. */

import { usageError } from '../../shared/errors';

/** What each placeholder of a case stands for; a list becomes several words, or one with what stands between them. */
export type Values = Readonly<Record<string, string | readonly string[]>>;

const PLACEHOLDER = /\{([a-z]+)(?::([^{}]*))?\}/g;

/** The words of a command line. A word that is a list's placeholder alone becomes as many words as the list has. */
export function wordsOf(template: readonly string[], values: Values): string[] {
  return template.flatMap((word) => {
    const lone = /^\{([a-z]+)\}$/.exec(word);
    const value = lone && values[lone[1]!];
    return typeof value === 'object' && value !== null ? [...value] : [textOf(word, values)];
  });
}

/** A text with its placeholders filled in; lists are joined by what stands behind the colon, else by a blank. */
export function textOf(template: string, values: Values): string {
  return template.replace(PLACEHOLDER, (written, name: string, between = ' ') => {
    const value = values[name];
    if (value === undefined) return written;
    return typeof value === 'string' ? value : value.join(between);
  });
}

/** Refuses placeholders that nothing will fill. @throws OperatorError `usage` */
export function checkPlaceholders(texts: readonly string[], known: readonly string[]): void {
  const torn = texts.find((text) => text.endsWith(':') && known.includes(text.slice(0, -1)));
  if (torn !== undefined)
    throw usageError(`expected '{${torn},}' in quotes, without which a shell takes it apart, got "${torn}"`);
  for (const [written, name] of texts.flatMap((text) => [...text.matchAll(PLACEHOLDER)])) {
    if (!known.includes(name!))
      throw usageError(
        `expected ${known.map((one) => `{${one}}`).join(', ')} in the program's words, got "${written}"`,
      );
  }
}

/** `\n`, `\t` and `\\` of a word of the command line as what they stand for. */
export function unescaped(word: string): string {
  const stands: Record<string, string> = { n: '\n', t: '\t', '\\': '\\' };
  return word.replace(/\\([nt\\])/g, (_, letter: string) => stands[letter]!);
}

/**
 * The words of one line, as a shell takes blanks, quotes and backslashes; nothing else has a meaning.
 * @throws OperatorError `usage` for a quote that does not end
 */
export function splitWords(line: string): string[] {
  const words = [...line.matchAll(/(?:[^\s'"\\]|'[^']*'|"(?:[^"\\]|\\.)*"|\\.)+/g)].map(([word]) => word);
  if (words.join('') !== line.replace(/('[^']*'|"(?:[^"\\]|\\.)*"|\\.)|\s/g, '$1'))
    throw usageError(`expected quotes that end in a command, got "${line}"`);
  return words.map((word) =>
    word.replace(
      /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/g,
      (_, plain, quoted, letter) => plain ?? (quoted === undefined ? letter : quoted.replace(/\\(["\\])/g, '$1')),
    ),
  );
}
