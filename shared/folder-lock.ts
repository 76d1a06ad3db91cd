/** A folder held by one process alone: a lock of the kernel's that ends with its holder, however that ends. */

import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from './errors';
import { makeFolder } from './make-folder';

// It has no types of its own.
const { tryLock } = require('fs-native-extensions') as { tryLock(descriptor: number): boolean };

const LOCK_FILE = 'lock';

/** Gives the folder back. */
export type Unlock = () => void;

/**
 * Makes the folder where there is none, and holds it against other processes.
 * @throws OperatorError `lock` when another one has it, `file` when it cannot be used
 */
export function lockFolder(folder: string): Unlock {
  let descriptor: number;
  try {
    // What is kept there is nobody else's to read.
    makeFolder(folder, 0o700);
    descriptor = openSync(join(folder, LOCK_FILE), 'a+');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    throw new OperatorError('file', `expected a folder that can be written, got "${folder}": ${code}`, { cause });
  }
  const unlock = (): void => closeSync(descriptor);
  if (tryLock(descriptor)) return unlock;
  unlock();
  throw new OperatorError('lock', `expected a folder that nobody uses, got "${folder}": another process has it open`);
}
