/** Where a picture goes, and in which form: text for a person at a terminal, SVG into a pipe or a file. */

import { writeFileSync } from 'node:fs';
import { fileError } from '../shared/errors';
import type { Streams } from '../shared/program/run-main';

/** What was chosen. */
export interface Output<Form extends string> {
  /** Undefined where it depends on where it goes. */
  form: Form | undefined;
  /** Path of a file to write; undefined for the standard output. */
  file: string | undefined;
}

/**
 * Makes what is wanted, and writes it.
 * @param forms how each form is made, as text without a last line end
 * @throws OperatorError `file` when it cannot be written
 */
export async function put<Form extends string>(
  { form, file }: Output<Form | 'svg' | 'text'>,
  forms: Record<Form | 'svg' | 'text', () => string | Promise<string>>,
  streams: Streams,
): Promise<void> {
  const text = await forms[form ?? (file === undefined && streams.output.isTTY ? 'text' : 'svg')]();
  if (file === undefined) return streams.out(text);
  try {
    writeFileSync(file, `${text}\n`);
  } catch (cause) {
    throw fileError('a file to write', file, cause);
  }
}
