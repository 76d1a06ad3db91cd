/** Small files that an operator names: tokens and certificates. */

import { readFile } from 'node:fs/promises';
import { fileError, OperatorError } from '../shared/errors';

/** @throws OperatorError `file` */
export async function readTextFile(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw fileError(`a file with ${what}`, path, cause);
  }
}

/** A token is the file's text without space around it; undefined where no file is named. @throws OperatorError `file` */
export async function readToken(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const token = (await readTextFile(path, 'a token')).trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new OperatorError(
    'file',
    `expected a token of letters and digits in one line, got something else in "${path}"`,
  );
}
