/** Node decodes a command line as UTF-8 and replaces what is none. A key or a path so changed would be another one. */

import { readFileSync } from 'node:fs';
import { usageError } from '../errors';
import { escapeBytes, utf8 } from '../escape';

/** What stands in the place of bytes that are no UTF-8. */
const REPLACEMENT = '\ufffd';

/** Refuses words that came changed, as far as the system shows what was given. @throws OperatorError `usage` */
export function refuseChangedWords(argv: readonly string[], bytesGiven = commandLineBytes): void {
  if (!argv.some((word) => word.includes(REPLACEMENT))) return;
  const changed = wordsIn(bytesGiven()).find((word) => utf8(word) === undefined);
  if (changed) throw usageError(`expected words in UTF-8, got "${escapeBytes(changed)}"`);
}

/** The command line as it was given, each word ended by a NUL; empty where the system does not show it. */
function commandLineBytes(): Buffer {
  try {
    return readFileSync('/proc/self/cmdline');
  } catch {
    return Buffer.alloc(0); // Not Linux.
  }
}

function wordsIn(bytes: Buffer): Buffer[] {
  const words: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const nul = bytes.indexOf(0, start);
    const end = nul < 0 ? bytes.length : nul;
    words.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return words;
}
