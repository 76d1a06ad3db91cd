/**
 * A disk in memory that fails at a chosen call, and can be left as a power cut would leave it: of what was not flushed, a part
 * that a seed chooses is there.
 */

import type { Files, LogFile, ReadableFile } from '../../../store/journal/files';

interface File {
  bytes: Uint8Array;
}

export class ForgetfulDisk implements Files {
  /** Calls that change something, so far. */
  calls = 0;
  /** This call, the first is 1, fails in its middle, and so does all that is asked afterwards. */
  failsAt = Number.POSITIVE_INFINITY;
  readonly #random: () => number;
  /** Of files and folders (undefined), as programs see them. */
  #names: Map<string, File | undefined>;
  /** As they are on the disk. */
  #flushed: Map<string, File | undefined>;

  /** @param random from 0 to below 1 */
  constructor(random: () => number, names: Map<string, File | undefined> = new Map()) {
    this.#random = random;
    this.#names = names;
    this.#flushed = new Map(names);
  }

  /** What is there after the machine has stopped and started. */
  afterPowerCut(): ForgetfulDisk {
    const names = new Map(this.#flushed);
    // Of names that were not flushed some are there, and some that were removed.
    for (const [path, file] of this.#names) if (!names.has(path) && this.#random() < 0.5) names.set(path, file);
    for (const path of this.#flushed.keys()) if (!this.#names.has(path) && this.#random() < 0.5) names.delete(path);
    for (const path of [...names.keys()]) if (!hasFolder(names, path)) names.delete(path);
    return new ForgetfulDisk(
      this.#random,
      new Map([...names].map(([path, file]) => [path, file && { bytes: file.bytes.slice() }])),
    );
  }

  async makeFolder(path: string): Promise<void> {
    await this.#change(() => {
      const parts = path.split('/');
      for (let i = 2; i <= parts.length; i++) {
        const folder = parts.slice(0, i).join('/');
        if (!this.#names.has(folder)) this.#names.set(folder, undefined);
        // A folder without which nothing can be flushed.
        if (i < parts.length) this.#flushed.set(folder, undefined);
      }
    });
  }

  async list(folder: string): Promise<string[]> {
    return [...this.#names.keys()]
      .filter((path) => folderOf(path) === folder)
      .map((path) => path.slice(folder.length + 1));
  }

  async readText(path: string): Promise<string | undefined> {
    const file = this.#names.get(path);
    return file && new TextDecoder().decode(file.bytes);
  }

  async writeFlushed(path: string, text: string): Promise<void> {
    const file = { bytes: new Uint8Array() };
    this.#names.set(path, file);
    await this.#append(file, new TextEncoder().encode(text));
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#change(() => {
      for (const [path, file] of [...this.#names]) {
        if (path !== from && !path.startsWith(`${from}/`)) continue;
        this.#names.delete(path);
        this.#names.set(to + path.slice(from.length), file);
      }
    });
  }

  async remove(path: string): Promise<void> {
    await this.#change(() => {
      for (const each of [...this.#names.keys()]) {
        if (each === path || each.startsWith(`${path}/`)) this.#names.delete(each);
      }
    });
  }

  async flushFolder(folder: string): Promise<void> {
    await this.#change(() => {
      for (const path of [...this.#flushed.keys()]) {
        if (folderOf(path) === folder && !this.#names.has(path)) this.#flushed.delete(path);
      }
      for (const [path, file] of this.#names) if (folderOf(path) === folder) this.#flushed.set(path, file);
    });
  }

  async openLog(path: string): Promise<LogFile> {
    if (!this.#names.has(path)) await this.#change(() => this.#names.set(path, { bytes: new Uint8Array() }));
    const file = this.#names.get(path)!;
    return {
      append: (bytes) => this.#append(file, bytes),
      truncate: (length) =>
        this.#change(() => {
          file.bytes = file.bytes.slice(0, length);
        }),
      flush: () => this.#change(() => {}),
      close: async () => {},
    };
  }

  async openToRead(path: string): Promise<ReadableFile> {
    const file = this.#names.get(path);
    if (!file) throw new Error(`no file ${path}`);
    return { read: async (position, length) => file.bytes.slice(position, position + length), close: async () => {} };
  }

  async #append(file: File, bytes: Uint8Array): Promise<void> {
    const before = file.bytes;
    const put = (length: number) => {
      file.bytes = Buffer.concat([before, bytes.subarray(0, length)]);
    };
    await this.#change(
      () => put(bytes.length),
      () => put(Math.floor(this.#random() * (bytes.length + 1))),
    );
  }

  /** Does something; or at the chosen call, perhaps a part of it, and never anything again. */
  async #change(whole: () => void, part = () => (this.#random() < 0.5 ? whole() : undefined)): Promise<void> {
    await Promise.resolve();
    this.calls++;
    if (this.calls > this.failsAt) throw new Error('the disk is gone');
    if (this.calls === this.failsAt) {
      part();
      throw new Error('the disk failed');
    }
    whole();
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function hasFolder(names: ReadonlyMap<string, unknown>, path: string): boolean {
  const folder = folderOf(path);
  return folder === '' || (names.has(folder) && hasFolder(names, folder));
}
