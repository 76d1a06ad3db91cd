/**
 * Files in memory for the local coordination, shared by all who take part in a test; each has a door of its own to them, at
 * which it can be stopped, for a while or for ever, and made to fail.
 */

import { basename, dirname } from 'node:path';
import type { Files } from '../../../store/coordination/local/files';

/** Before the step is done; what it throws is the step's failure, and while it waits the step is not done. */
export type Hook = (step: keyof Files, path: string) => void | Promise<void>;

export class MemoryFiles {
  /** Texts by folder and name. */
  readonly folders = new Map<string, Map<string, string>>();
  readonly #watchers = new Map<string, Set<(name: string) => void>>();

  /** The names in a folder, sorted. */
  names(folder: string): string[] {
    return [...this.#in(folder).keys()].sort();
  }

  get(path: string): string {
    const text = this.#in(dirname(path)).get(basename(path));
    if (text === undefined) throw failure('ENOENT');
    return text;
  }

  set(path: string, text: string): void {
    this.#in(dirname(path)).set(basename(path), text);
    this.#changed(path);
  }

  remove(path: string): void {
    if (this.#in(dirname(path)).delete(basename(path))) this.#changed(path);
  }

  /** One participant's way to the files. */
  door(hook: Hook = () => {}): Files {
    const link = (from: string, to: string): void => {
      if (this.#in(dirname(to)).has(basename(to))) throw failure('EEXIST');
      this.set(to, this.get(from));
    };
    /** One who is stopped while writing has written half. */
    const write = async (step: 'write' | 'writeFlushed', path: string, text: string): Promise<void> => {
      this.set(path, text.slice(0, text.length / 2));
      await hook(step, path);
      this.set(path, text);
    };
    return {
      makeFolder: async (path) => {
        await hook('makeFolder', path);
        if (!this.folders.has(path)) this.folders.set(path, new Map());
      },
      list: async (folder) => {
        await hook('list', folder);
        return this.names(folder);
      },
      read: async (path) => {
        await hook('read', path);
        return this.get(path);
      },
      write: (path, text) => write('write', path, text),
      writeFlushed: (path, text) => write('writeFlushed', path, text),
      link: async (from, to) => {
        await hook('link', to);
        link(from, to);
      },
      rename: async (from, to) => {
        await hook('rename', to);
        this.set(to, this.get(from));
        this.remove(from);
      },
      remove: async (path) => {
        await hook('remove', path);
        this.remove(path);
      },
      flushFolder: async (folder) => hook('flushFolder', folder),
      watch: (folder, changed) => {
        const watchers = this.#watchers.get(folder) ?? new Set();
        this.#watchers.set(folder, watchers.add(changed));
        return () => watchers.delete(changed);
      },
    };
  }

  #in(folder: string): Map<string, string> {
    const names = this.folders.get(folder);
    if (!names) throw failure('ENOENT');
    return names;
  }

  #changed(path: string): void {
    for (const watcher of this.#watchers.get(dirname(path)) ?? []) queueMicrotask(() => watcher(basename(path)));
  }
}

/** As the system's calls fail. */
export function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}
