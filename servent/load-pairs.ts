/** Loads a key-value file off the event loop, so that service goes on while a large one is read. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { OperatorError } from '../shared/errors';
import type { KeyValueFile } from './key-value-file';
import { PairTable, type PairTableParts } from './pair-table';

/** What the worker sends: the table's parts, or why there is none. */
export type LoadReport =
  | (Omit<KeyValueFile, 'pairs'> & { parts: PairTableParts })
  | { failure: { code: string; message: string } };

/** Reads and parses a key-value file of at most 2 GiB. @throws OperatorError `file` when it cannot be read. */
export async function loadPairs(path: string): Promise<KeyValueFile> {
  const worker = new Worker(require.resolve('./pairs-worker'), { workerData: path });
  const [report] = (await once(worker, 'message')) as [LoadReport];
  if ('failure' in report)
    throw new OperatorError('file', `expected a readable key-value file, got "${path}": ${reason(report.failure)}`);
  const { parts, problems, problemCount } = report;
  return { pairs: PairTable.from(parts), problems, problemCount };
}

/** Node's messages name the path and the call again: `ENOENT: no such file or directory, open 'services.txt'`. */
function reason({ code, message }: { code: string; message: string }): string {
  return message.startsWith(`${code}: `) ? message.replace(/, \w+( '.*')?$/s, '') : message;
}
