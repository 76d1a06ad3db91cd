/**
 * What a replica must know beside its log, in one small file, `replica.json`: who it is, where its log begins, and what its core
 * wrote down. It is written under another name, flushed, and renamed, so that it is always one whole version or the next.
 */

import { hash } from 'node:crypto';
import { join } from 'node:path';
import { OperatorError } from '../../shared/errors';
import type { Json, Position } from '../entry';
import type { Files } from './files';

/** Of the folder and all that is in it. */
export const FORMAT = 1;

/** Its name: a folder with such a file is a replica's. */
export const FACTS = 'replica.json';
const NEXT_FILE = 'replica.json.next';

export interface Facts {
  /** Random, and the folder's for ever: a folder that was lost or damaged is another member. */
  readonly id: string;
  /** The folder beneath that holds the log's segments. */
  readonly segments: string;
  /** The place that the log begins behind. */
  readonly base: Position;
  /** The core's own, such as the epoch; null before it wrote any. */
  readonly marks: Json;
}

/**
 * Undefined in a folder that is nobody's yet.
 * @throws OperatorError `format` for a folder of another version, `damage` for a file that is damaged
 */
export async function readFacts(files: Files, folder: string): Promise<Facts | undefined> {
  const path = join(folder, FACTS);
  const text = await files.readText(path);
  if (text === undefined) return undefined;
  let read: Partial<Facts> & { format?: unknown; sum?: unknown };
  try {
    read = JSON.parse(text);
  } catch (cause) {
    throw new OperatorError('damage', `expected the JSON of a replica's facts, got other text in "${path}"`, { cause });
  }
  const { sum, ...said } = read ?? {};
  const { format, id, segments, base, marks } = said;
  if (format !== FORMAT) {
    const came = JSON.stringify(format) ?? 'none';
    throw new OperatorError(
      'format',
      `expected a replica's folder of format ${FORMAT}, got format ${came} in "${path}"`,
    );
  }
  if (
    typeof id !== 'string' ||
    typeof segments !== 'string' ||
    !isPosition(base) ||
    marks === undefined ||
    sum !== sumOf(said)
  ) {
    throw new OperatorError('damage', `expected a replica's facts, got others in "${path}"`);
  }
  return { id, segments, base, marks };
}

/** All of it is on disk when it resolves. */
export async function writeFacts(files: Files, folder: string, facts: Facts): Promise<void> {
  const { id, segments, base, marks } = facts;
  const { index, epoch, timeUs, sum } = base;
  const written = { format: FORMAT, id, segments, base: { index, epoch, timeUs, sum }, marks };
  await files.writeFlushed(
    join(folder, NEXT_FILE),
    `${JSON.stringify({ ...written, sum: sumOf(written) }, undefined, 2)}\n`,
  );
  await files.rename(join(folder, NEXT_FILE), join(folder, FACTS));
  await files.flushFolder(folder);
}

/** Of all the rest: the file is small, and what it says decides who may lead. */
function sumOf(said: object): string {
  return hash('sha256', JSON.stringify(said), 'hex');
}

function isPosition(value: Position | undefined): value is Position {
  if (typeof value !== 'object' || value === null) return false;
  const { index, epoch, timeUs, sum } = value;
  return [index, epoch, timeUs].every(Number.isSafeInteger) && typeof sum === 'string';
}
