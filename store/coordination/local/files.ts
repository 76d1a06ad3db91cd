/** The few things that are done to files here, each a step at which a process may be stopped; tests put their own in its place. */

import { watch } from 'node:fs';
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isSystemError } from '../../../shared/errors';
import { flushFolder } from '../../../shared/flush-folder';

export interface Files {
  makeFolder(path: string): Promise<void>;
  list(folder: string): Promise<string[]>;
  read(path: string): Promise<string>;
  /** Not flushed: for what need not outlive the machine. */
  write(path: string, text: string): Promise<void>;
  /** On disk when it resolves; the file must be new. */
  writeFlushed(path: string, text: string): Promise<void>;
  /** A second name for a file; rejects with EEXIST where there is one of that name. */
  link(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** No matter whether it is there. */
  remove(path: string): Promise<void>;
  /** The names in it are on disk when it resolves. */
  flushFolder(folder: string): Promise<void>;
  /** Calls with the name of what changed in it, as far as the system tells. Gives what ends it. */
  watch(folder: string, changed: (name: string) => void): () => void;
}

export const realFiles: Files = {
  makeFolder: async (path) => void (await mkdir(path, { recursive: true })),
  list: (folder) => readdir(folder),
  read: (path) => readFile(path, 'utf8'),
  write: (path, text) => writeFile(path, text),
  writeFlushed: (path, text) => writeFile(path, text, { flag: 'wx', flush: true }),
  link,
  rename,
  remove: (path) => rm(path, { force: true }),
  flushFolder,
  watch: watchFolder,
};

/** Where the system has no more watches to give, polling alone has to do. */
function watchFolder(folder: string, changed: (name: string) => void): () => void {
  try {
    const watcher = watch(folder, (_event, name) => changed(name ?? ''));
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return () => {};
  }
}

/** Identity of this boot of the machine; empty where the system tells none. */
export async function bootIdentity(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
}

/** The system's word for what failed, such as ENOENT. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
