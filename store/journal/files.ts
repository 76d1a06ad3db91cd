/** The few things that the log does to files, so that tests can put a failing, tearing, forgetting disk in their place. */

import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { flushFolder } from '../../shared/flush-folder';

/** A file that grows at its end. */
export interface LogFile {
  /** On disk when it resolves. */
  append(bytes: Uint8Array): Promise<void>;
  /** Cuts it to this length; on disk when it resolves. */
  truncate(length: number): Promise<void>;
  /** Brings to disk what an earlier process had only written. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface ReadableFile {
  /** Up to `length` bytes from `position` on; fewer only at the end. */
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface Files {
  /** With the folders above it, no matter whether it is there. */
  makeFolder(path: string): Promise<void>;
  list(folder: string): Promise<string[]>;
  /** Undefined where there is no such file. */
  readText(path: string): Promise<string | undefined>;
  /** The content is on disk when it resolves; the name is when its folder is flushed. */
  writeFlushed(path: string, text: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** A file, or a folder with all that is in it; no matter whether it is there. */
  remove(path: string): Promise<void>;
  /** The names in it are on disk when it resolves. */
  flushFolder(folder: string): Promise<void>;
  /** Makes the file where there is none. */
  openLog(path: string): Promise<LogFile>;
  openToRead(path: string): Promise<ReadableFile>;
}

export const realFiles: Files = {
  makeFolder: async (path) => void (await mkdir(path, { recursive: true })),
  list: (folder) => readdir(folder),
  readText: (path) =>
    readFile(path, 'utf8').catch((error) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    }),
  writeFlushed: (path, text) => writeFile(path, text, { flush: true }),
  rename,
  remove: (path) => rm(path, { force: true, recursive: true }),
  flushFolder,
  openLog: async (path) => new RealFile(await open(path, LOG_FLAGS, 0o644)),
  openToRead: async (path) => new RealFile(await open(path, 'r')),
};

/** Data-synchronous: a write is a write and a flush in one call of the system, a fifth faster than the two. */
const LOG_FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | (constants.O_DSYNC ?? 0);
/** Where such a write does not wait for the disk's own cache. */
const FLUSHES_APART = process.platform !== 'linux';

class RealFile implements LogFile, ReadableFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) done += (await this.#handle.write(bytes, done)).bytesWritten;
    if (FLUSHES_APART) await this.#handle.datasync();
  }

  async truncate(length: number): Promise<void> {
    await this.#handle.truncate(length);
    await this.#handle.datasync();
  }

  flush(): Promise<void> {
    return this.#handle.datasync();
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await this.#handle.read(bytes, done, length - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
