/**
 * The folder that an agent lends, and nothing outside it: paths come from a server that is not trusted, and the tree may be
 * changed by others while it is read.
 */

import { closeSync, constants, lstatSync, openSync, realpathSync } from 'node:fs';
import { OperatorError } from '../../shared/errors';
import { Folder, openedPath } from '../folder';
import { bytesOf, type Name, textOf } from '../record';
import { systemError } from './system-error';

const SLASH = Buffer.from('/');

/** A path that a peer asked for leads out of what is lent, or is none. */
export class PathError extends Error {}

export class Root {
  /** Without any link in it. */
  readonly path: Buffer;

  private constructor(path: Buffer) {
    this.path = path;
  }

  /** What an operator lends. @throws OperatorError `file` when there is no such folder */
  static of(folder: string): Root {
    const fault = (reason: string, cause?: unknown): OperatorError =>
      new OperatorError('file', `expected a folder to lend, got "${folder}": ${reason}`, { cause });
    let path: Buffer;
    try {
      path = realpathSync(folder, { encoding: 'buffer' });
    } catch (cause) {
      throw fault(String(systemError(cause).code), cause);
    }
    if (!lstatSync(path).isDirectory()) throw fault('that is no folder');
    return new Root(path);
  }

  /** What lies at a path below: a tree of its own. @throws PathError for `..` and the like or a way through a link, or the system's error */
  at(name: Name): Root {
    const path = this.pathOf(name);
    const folder = path.subarray(0, path.lastIndexOf(SLASH[0]!));
    if (path !== this.path && !realpathSync(folder, { encoding: 'buffer' }).equals(folder)) {
      throw new PathError(`expected folders on the way to "${textOf(name)}", got a link`);
    }
    return new Root(path);
  }

  /** Is it there? @throws the system's error */
  check(): void {
    lstatSync(this.path);
  }

  /** Opens the root, which is a folder: what is in it is found by way of that. @throws PathError, or the system's error */
  openFolder(): Folder {
    const folder = new Folder(this.path);
    const path = openedPath(folder.descriptor);
    if (!path || path.equals(this.path)) return folder;
    folder.close();
    throw new PathError('expected folders on the way to the root, got a link');
  }

  /** The path on disk of something below; '' is the root itself. @throws PathError for `..`, an empty part or a NUL */
  pathOf(name: Name): Buffer {
    const bytes = bytesOf(name);
    if (bytes.length === 0) return this.path;
    checkParts(bytes);
    return join(this.path, bytes);
  }

  /**
   * Opens a file for reading, and makes sure that what was opened lies below the root: a folder may have become a link meanwhile.
   * @throws PathError, or the system's error
   */
  open(name: Name): number {
    const path = this.pathOf(name);
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if (isBelow(openedPath(descriptor), this.path)) return descriptor;
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    closeSync(descriptor);
    throw new PathError(`expected a file below the root, got "${textOf(name)}": it lies elsewhere`);
  }
}

/** A path and one part more. */
export function join(folder: Buffer, part: Buffer): Buffer {
  return Buffer.concat([folder, SLASH, part]);
}

function checkParts(path: Buffer): void {
  const parts = path.toString('latin1').split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'))) {
    throw new PathError(`expected a path below the root, got "${path}"`);
  }
}

function isBelow(path: Buffer | undefined, folder: Buffer): boolean {
  if (path === undefined || path.equals(folder)) return true;
  const prefix = folder.equals(SLASH) ? SLASH : Buffer.concat([folder, SLASH]);
  return path.subarray(0, prefix.length).equals(prefix);
}
