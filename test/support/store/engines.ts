/** The engines under test, each in a folder of its own that goes with the test. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../../../store/documents/engine';
import { LmdbEngine } from '../../../store/documents/lmdb-engine';
import { MemoryEngine } from '../../../store/documents/memory-engine';

export const ENGINES: readonly [name: string, open: (folder: string) => Engine][] = [
  ['memory', () => new MemoryEngine()],
  ['lmdb', (folder) => new LmdbEngine(join(folder, 'state'))],
];

/** Runs `work` with a new folder. */
export async function inFolder<T>(work: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'store-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
