/** Puts owners, modes and times back, as far as whoever restores may. */

import { fchmodSync, fchownSync, fstatSync, futimesSync, lchownSync, lutimesSync } from 'node:fs';
import { isSystemError } from '../../shared/errors';
import type { Attributes } from '../record';

const SET_IDS = 0o6000;
const SECOND_NS = 1_000_000_000n;
/** Of `utimensat` in Linux: the path is that of the working folder; a link is not followed. */
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;

/** Of an open file or folder. */
export function putAttributes(descriptor: number, { mode, uid, gid, mtime }: Attributes): void {
  const stat = fstatSync(descriptor);
  const isOwned = (stat.uid === uid && stat.gid === gid) || permitted(() => fchownSync(descriptor, uid, gid));
  // With another owner those bits would lend somebody else's rights.
  fchmodSync(descriptor, isOwned ? mode : mode & ~SET_IDS);
  const system = timesOfSystem();
  if (system) system.futimens(descriptor, timesOf(mtime));
  else futimesSync(descriptor, secondsOf(mtime), secondsOf(mtime));
}

/** Of a link itself, which has no mode of its own. */
export function putLinkAttributes(path: Buffer, { uid, gid, mtime }: Attributes): void {
  permitted(() => lchownSync(path, uid, gid));
  const system = timesOfSystem();
  if (system) system.utimensat(AT_FDCWD, Buffer.concat([path, Buffer.alloc(1)]), timesOf(mtime), AT_SYMLINK_NOFOLLOW);
  else lutimesSync(path, secondsOf(mtime), secondsOf(mtime));
}

function permitted(change: () => void): boolean {
  try {
    change();
    return true;
  } catch (error) {
    if (isSystemError(error) && ['EPERM', 'EINVAL', 'ENOSYS'].includes(error.code)) return false;
    throw error;
  }
}

/** The C library's calls for times: Node's take seconds as a floating-point number, which is off by up to 240 ns. */
interface SystemTimes {
  futimens(descriptor: number, times: Buffer): number;
  utimensat(folder: number, path: Buffer, times: Buffer, flags: number): number;
}

let loaded: SystemTimes | undefined | null = null;

/** Undefined where they cannot be had: koffi is an optional package. */
function timesOfSystem(): SystemTimes | undefined {
  if (loaded === null) loaded = loadTimes();
  return loaded;
}

function loadTimes(): SystemTimes | undefined {
  if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64')) return undefined;
  let koffi: typeof import('koffi');
  try {
    koffi = require('koffi');
  } catch {
    // Not installed, or without a binary that this system can load: times come back nearly.
    return undefined;
  }
  const library = koffi.load(null);
  return {
    futimens: library.func('int futimens(int fd, void *times)'),
    utimensat: library.func('int utimensat(int fd, void *path, void *times, int flags)'),
  };
}

/** Two `struct timespec` of 64-bit Linux: last access and last change. */
function timesOf(mtime: string): Buffer {
  const at = BigInt(mtime);
  const nanoseconds = ((at % SECOND_NS) + SECOND_NS) % SECOND_NS;
  const words = BigInt64Array.of(
    (at - nanoseconds) / SECOND_NS,
    nanoseconds,
    (at - nanoseconds) / SECOND_NS,
    nanoseconds,
  );
  return Buffer.from(words.buffer);
}

function secondsOf(mtime: string): number {
  return Number(BigInt(mtime) / 1000n) / 1e6;
}
