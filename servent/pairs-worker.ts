/** Reads and parses a key-value file on a thread of its own, and hands the finished table over without copying it. */

import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { parseKeyValueFile } from './key-value-file';
import type { LoadReport } from './load-pairs';

parentPort?.postMessage(...load(workerData as string));

function load(path: string): [LoadReport, ArrayBuffer[]?] {
  try {
    const file = readFileSync(path);
    // A small file may stand in memory that Node shares among buffers, which cannot be handed over.
    const bytes = file.byteLength === file.buffer.byteLength ? file : new Uint8Array(file);
    const { pairs, problems, problemCount } = parseKeyValueFile(bytes);
    const { parts } = pairs;
    const memory = [parts.text, parts.slots, parts.tags].map(({ buffer }) => buffer as ArrayBuffer);
    return [{ parts, problems, problemCount }, memory];
  } catch (error) {
    const { code = 'UNKNOWN', message } = error as NodeJS.ErrnoException;
    return [{ failure: { code, message } }];
  }
}
