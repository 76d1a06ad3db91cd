/** Reads and parses a key-value file on a thread of its own, and hands the finished table over without copying it. */

import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { isSystemError } from '../shared/errors';
import { parseKeyValueFile } from './key-value-file';
import type { LoadOrder, LoadReport } from './load-pairs';

parentPort?.postMessage(...load(workerData as LoadOrder));

function load(order: LoadOrder): [LoadReport, ArrayBuffer[]?] {
  let text: Uint8Array;
  try {
    text = 'text' in order ? order.text : readFileSync(order.file);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const { code, message, syscall } = error;
    return [{ failure: { code, message, syscall } }];
  }
  // A small file may stand in memory that Node shares among buffers, which cannot be handed over.
  const bytes = text.byteLength === text.buffer.byteLength ? text : new Uint8Array(text);
  const { pairs, problems, problemCount } = parseKeyValueFile(bytes, order);
  const { parts } = pairs;
  const memory = [parts.text, parts.slots, parts.tags].map(({ buffer }) => buffer as ArrayBuffer);
  return [{ parts, problems, problemCount }, memory];
}
