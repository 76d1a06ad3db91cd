/**
 * A folder that is open while things in it are made or looked at. On Linux they are named by way of the open folder itself, so that
 * they are in it also when its path has become a link meanwhile; elsewhere by its path, looked at when it is opened.
 */

import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync, readdirSync, readlinkSync } from 'node:fs';

const SLASH = Buffer.from('/');
const HAS_OPEN_PATHS = process.platform === 'linux' && existsSync('/proc/self/fd');
const OPEN_FOLDER = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0);

export class Folder {
  readonly descriptor: number;
  readonly #path: Buffer;

  /** Opens a folder that is no link. @throws the system's error: ELOOP or ENOTDIR for a link or a file */
  constructor(path: Buffer) {
    if (!HAS_OPEN_PATHS && !lstatSync(path).isDirectory()) throw notFolder();
    this.descriptor = openSync(path, OPEN_FOLDER);
    this.#path = HAS_OPEN_PATHS ? Buffer.from(`/proc/self/fd/${this.descriptor}`) : path;
    if (!fstatSync(this.descriptor).isDirectory()) throw notFolder();
  }

  /** What to call something in it. @param part a name, without a slash */
  pathOf(part: Buffer): Buffer {
    return Buffer.concat([this.#path, SLASH, part]);
  }

  /** What is in it, in the order of bytes. @throws the system's error */
  parts(): Buffer[] {
    return readdirSync(this.pathOf(Buffer.from('.')), { encoding: 'buffer' }).sort(Buffer.compare);
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

/** Where an open file or folder lies; undefined where the system does not tell. */
export function openedPath(descriptor: number): Buffer | undefined {
  return HAS_OPEN_PATHS ? readlinkSync(`/proc/self/fd/${descriptor}`, { encoding: 'buffer' }) : undefined;
}

function notFolder(): Error {
  return Object.assign(new Error('expected a folder, got something else'), { code: 'ENOTDIR', syscall: 'open' });
}
