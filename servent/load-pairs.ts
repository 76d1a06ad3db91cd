/** Loads pairs from where the settings say; text off the event loop, so that service goes on while a large file is read. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { fileError, OperatorError } from '../shared/errors';
import type { ParsedFile } from './key-value-file';
import { isReadOnce, type PairSource, tableOf } from './pair-source';
import { PairTable, type PairTableParts } from './pair-table';

/** Where a servent's pairs come from: the path of a key-value file, the text of one as it comes in, or a program. */
export type PairsFrom = {
  /** Report keys that appear again. */
  duplicates: boolean;
} & ({ file: string } | { input: AsyncIterable<Uint8Array> } | { pairs: PairSource });

/** What the worker is asked to parse: a file, or text that was read already. */
export type LoadOrder = { duplicates: boolean } & ({ file: string } | { text: Uint8Array });

/** What the worker sends: the table's parts, or why the file could not be read. */
export type LoadReport =
  | (Omit<ParsedFile, 'pairs'> & { parts: PairTableParts })
  | { failure: { message: string; code: string; syscall: string } };

/**
 * Reads and parses pairs: a file of at most 2 GiB, or as much text.
 * @throws OperatorError `file` when it cannot be read or is no text of this kind, `usage` for a pair of a program that no servent can hold
 */
export async function loadPairs(from: PairsFrom): Promise<ParsedFile> {
  if ('pairs' in from) return tableOf(from.pairs);
  const { duplicates } = from;
  const name = 'file' in from ? from.file : 'standard input';
  const order: LoadOrder = 'file' in from ? { file: name, duplicates } : { text: await textOf(from.input), duplicates };
  const worker = new Worker(require.resolve('./pairs-worker'), { workerData: order });
  const [report] = (await once(worker, 'message')) as [LoadReport];
  if ('failure' in report)
    throw fileError('a readable key-value file', name, Object.assign(new Error(), report.failure));
  const { parts, problems, problemCount } = report;
  const [first] = problems;
  if (first?.code === 'utf-16') throw new OperatorError('file', `${first.message}: "${name}"`);
  return { pairs: PairTable.from(parts), problems, problemCount };
}

/** Loads them once more. @throws OperatorError as `loadPairs`; also `file` for what was read and is gone: nothing would be found */
export async function reloadPairs(from: PairsFrom): Promise<ParsedFile> {
  const once =
    'input' in from ? 'standard input' : 'pairs' in from && isReadOnce(from.pairs) && 'pairs that are read once';
  if (once) throw new OperatorError('file', `expected pairs that can be read again, got ${once}`);
  return loadPairs(from);
}

async function textOf(input: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of input) chunks.push(chunk);
  return Buffer.concat(chunks);
}
