/**
 * Puts a copy back below a folder, and nothing outside it, whatever the copy says: each thing is made in a folder that this restore
 * has opened, never by way of a link. What exists stays, but with `overwrite`. A file has its name once it is whole.
 */

import {
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  type Stats,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { fileError, isSystemError, OperatorError } from '../../shared/errors';
import { makeFolder } from '../../shared/make-folder';
import { Folder } from '../folder';
import {
  bytesOf,
  type FileRecord,
  type FolderRecord,
  type HardLinkRecord,
  type LinkRecord,
  type Name,
  type TreeRecord,
  textOf,
} from '../record';
import { DamageError } from '../repository/damage-error';
import { putAttributes, putLinkAttributes } from './attributes';
import { ReceivedCopy } from './receive';
import { createFile, type ReadChunk, writeContents } from './write-file';

export interface RestoreOptions {
  overwrite: boolean;
  /** What a copy is called that is a single file or link. */
  name: string;
}

export interface Restored {
  /** Files, folders and links that were put back. */
  entries: number;
  /** Of all files. */
  bytes: number;
  /** What was not put back, path and reason: the first thousand. */
  missing: [path: string, reason: string][];
  /** All that was not. */
  missingCount: number;
}

const MISSING_MAX = 1000;
const SLASH = 0x2f;
/** What a file is called in its folder until it is whole; one that a crash left is written over. */
const PART = Buffer.from('.backup-restore.part');
/** With these nothing more can be put back. */
const FATAL = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE']);

/** A thing that is left out, and why. */
class LeftOut extends Error {}

/**
 * Restores what `restoreStream` sent.
 * @throws OperatorError `file` when the target cannot be used or is full; what the stream throws, or LinesError, when that is cut off
 */
export function restore(
  bytes: AsyncIterable<Uint8Array>,
  target: string,
  options: RestoreOptions,
  onProgress: (bytes: number) => void,
): Promise<Restored> {
  const copy = new ReceivedCopy(bytes);
  return restoreTree(copy.records(), (sum) => copy.read(sum), target, options, onProgress);
}

/** Restores records, in the order of a copy, with their chunks. */
export async function restoreTree(
  records: AsyncIterable<TreeRecord>,
  readChunk: ReadChunk,
  target: string,
  options: RestoreOptions,
  onProgress: (bytes: number) => void,
): Promise<Restored> {
  const restorer = new Restorer(target, readChunk, options, onProgress);
  try {
    for await (const record of records) await restorer.put(record);
  } finally {
    restorer.close();
  }
  return restorer.restored;
}

/** A folder that is open, with all above it. */
interface Level {
  /** '' for the root, else with a slash behind, in bytes as text (latin1). */
  path: string;
  folder: Folder;
  /** This restore has made it: nothing is in it yet but what this restore puts there. */
  isNew: boolean;
  /** What to put back when all that is in it has been. */
  attributes: FolderRecord | undefined;
}

class Restorer {
  readonly restored: Restored = { entries: 0, bytes: 0, missing: [], missingCount: 0 };
  readonly #readChunk: ReadChunk;
  readonly #options: RestoreOptions;
  readonly #onProgress: (bytes: number) => void;
  readonly #target: Level;
  /** The way to where we are. Bounded by the longest path of the system, whose parts are bytes. */
  readonly #levels: Level[];

  constructor(target: string, readChunk: ReadChunk, options: RestoreOptions, onProgress: (bytes: number) => void) {
    this.#readChunk = readChunk;
    this.#options = options;
    this.#onProgress = onProgress;
    this.#target = { path: '', folder: openTarget(target), isNew: false, attributes: undefined };
    this.#levels = [this.#target];
  }

  async put(record: TreeRecord): Promise<void> {
    try {
      if (bytesOf(record.path).length === 0) await this.#putRoot(record);
      else {
        const { level, part } = this.#enter(record.path);
        await this.#putIn(level, part, record);
      }
      this.restored.entries++;
    } catch (error) {
      this.#miss(record.path, error);
    }
  }

  /** Puts back what is owed to the folders that are open. */
  close(): void {
    while (this.#levels.length > 0) this.#leave();
  }

  async #putRoot(record: TreeRecord): Promise<void> {
    if (record.type !== 'folder') return this.#putIn(this.#target, Buffer.from(this.#options.name), record);
    const isEmpty = readdirSync(this.#target.folder.pathOf(Buffer.from('.'))).length === 0;
    if (isEmpty || this.#options.overwrite) this.#target.attributes = record;
  }

  /** The open folder in which a path lies, and its last part: folders that are behind us are left. */
  #enter(path: Name): { level: Level; part: Buffer } {
    const bytes = bytesOf(path);
    const end = bytes.lastIndexOf(SLASH) + 1;
    const above = bytes.toString('latin1', 0, end);
    const part = bytes.subarray(end);
    checkPart(part);
    while (this.#levels.length > 1 && !above.startsWith(this.#levels.at(-1)!.path)) this.#leave();
    const level = this.#levels.at(-1)!;
    if (level.path !== above) throw new LeftOut('the folder that it is in was not restored');
    return { level, part };
  }

  #leave(): void {
    const { folder, attributes } = this.#levels.pop()!;
    try {
      if (attributes) putAttributes(folder.descriptor, attributes);
    } catch (error) {
      this.#miss(attributes!.path, error);
    } finally {
      folder.close();
    }
  }

  #putIn(level: Level, part: Buffer, record: TreeRecord): Promise<void> | void {
    switch (record.type) {
      case 'folder':
        return this.#putFolder(level, part, record);
      case 'file':
        return this.#putFile(level, part, record);
      case 'link':
        return this.#putLink(level, part, record);
      case 'hardlink':
        return this.#putHardLink(level, part, record);
    }
  }

  #putFolder(level: Level, part: Buffer, record: FolderRecord): void {
    const path = level.folder.pathOf(part);
    const found = statOf(path);
    if (found && !found.isDirectory()) {
      if (!this.#options.overwrite) throw new LeftOut('something else with this name exists');
      unlinkSync(path);
    }
    const isNew = !found?.isDirectory();
    if (isNew) mkdirSync(path, 0o700);
    const folder = new Folder(path);
    const attributes = isNew || this.#options.overwrite ? record : undefined;
    this.#levels.push({ path: `${bytesOf(record.path).toString('latin1')}/`, folder, isNew, attributes });
  }

  async #putFile(level: Level, part: Buffer, record: FileRecord): Promise<void> {
    this.#checkFree(level, part);
    const temporary = level.folder.pathOf(PART);
    const descriptor = madeAt(temporary, () => createFile(temporary));
    try {
      try {
        await writeContents(descriptor, record, this.#readChunk, this.#onProgress);
        putAttributes(descriptor, record);
      } finally {
        closeSync(descriptor);
      }
      this.#giveName(level.folder, temporary, part);
    } catch (error) {
      remove(temporary);
      throw error;
    }
    this.restored.bytes += record.size;
  }

  #putLink(level: Level, part: Buffer, record: LinkRecord): void {
    this.#checkFree(level, part);
    const temporary = level.folder.pathOf(PART);
    madeAt(temporary, () => symlinkSync(bytesOf(record.target), temporary));
    putLinkAttributes(temporary, record);
    this.#giveName(level.folder, temporary, part);
  }

  #putHardLink(level: Level, part: Buffer, { of }: HardLinkRecord): void {
    this.#checkFree(level, part);
    const temporary = level.folder.pathOf(PART);
    madeAt(temporary, () => this.#linkTo(bytesOf(of), temporary));
    this.#giveName(level.folder, temporary, part);
    // Where both were names of one file already, the system leaves them.
    remove(temporary);
  }

  /** Gives a file that was restored before another name, found from the target by way of no link. */
  #linkTo(of: Buffer, path: Buffer): void {
    const parts = of.length === 0 ? [this.#options.name] : of.toString('latin1').split('/');
    const names = parts.map((part) => Buffer.from(part, of.length === 0 ? 'utf8' : 'latin1'));
    for (const name of names) checkPart(name);
    const last = names.pop()!;
    const opened: Folder[] = [];
    let folder = this.#target.folder;
    try {
      for (const name of names) opened.push((folder = new Folder(folder.pathOf(name))));
      const file = folder.pathOf(last);
      if (!statOf(file)?.isFile()) throw new LeftOut('the file that it is another name of is not there');
      linkSync(file, path);
    } finally {
      for (const each of opened) each.close();
    }
  }

  #checkFree({ folder, isNew }: Level, part: Buffer): void {
    if (isNew) return; // Looked at all the same before the name is given.
    const found = statOf(folder.pathOf(part));
    if (!found) return;
    if (found.isDirectory()) throw new LeftOut('a folder with this name exists');
    if (!this.#options.overwrite) throw new LeftOut('it exists');
  }

  #giveName(folder: Folder, temporary: Buffer, part: Buffer): void {
    const path = folder.pathOf(part);
    try {
      // A name that somebody gave meanwhile stays, too.
      if (!this.#options.overwrite && statOf(path)) throw new LeftOut('it exists');
      renameSync(temporary, path);
    } catch (error) {
      remove(temporary);
      throw error;
    }
  }

  #miss(path: Name, error: unknown): void {
    if (isSystemError(error)) {
      if (FATAL.has(error.code))
        throw new OperatorError('file', `expected to restore "${textOf(path)}", got ${error.code}`, { cause: error });
    } else if (!(error instanceof LeftOut) && !(error instanceof DamageError)) throw error;
    this.restored.missingCount++;
    if (this.restored.missing.length >= MISSING_MAX) return;
    this.restored.missing.push([textOf(path), isSystemError(error) ? `got ${error.code}` : (error as Error).message]);
  }
}

/** Only what names something in its own folder. */
function checkPart(part: Buffer): void {
  const text = part.toString('latin1');
  if (text === '' || text === '.' || text === '..' || /[/\0]/.test(text)) {
    throw new LeftOut('expected a path below the target, got one that leads elsewhere');
  }
}

function openTarget(target: string): Folder {
  try {
    makeFolder(target);
    return new Folder(realpathSync(target, { encoding: 'buffer' }));
  } catch (cause) {
    throw fileError('a folder to restore to', target, cause);
  }
}

function statOf(path: Buffer): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** Makes something under a temporary name; what a crash left there goes first. */
function madeAt<Made>(path: Buffer, make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'EEXIST') throw error;
    remove(path);
    return make();
  }
}

/** Takes a name away, if it is there. */
function remove(path: Buffer): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'ENOENT') throw error;
  }
}
