/**
 * One thing in a tree, as it stands in a copy's list and travels from agent to server: a JSON object a line. Names are bytes:
 * text where they are UTF-8, base64 where they are not.
 */

/** Of whom, when and how: what `lstat` says, and what a restore puts back. */
export interface Attributes {
  /** Permission bits and setuid, setgid, sticky: 0 to 0o7777. */
  mode: number;
  uid: number;
  gid: number;
  /** Last change of contents, nanoseconds since 1970, in decimal. */
  mtime: string;
}

/** What tells that a file is still the same without reading it. */
export interface Identity {
  /** Last change of the inode, nanoseconds since 1970, in decimal. */
  ctime: string;
  dev: number;
  /** In decimal: it may exceed 2^53. */
  ino: string;
}

export interface FolderRecord extends Attributes {
  type: 'folder';
  path: Name;
}

export interface LinkRecord extends Attributes {
  type: 'link';
  path: Name;
  target: Name;
}

export interface FileRecord extends Attributes, Identity {
  type: 'file';
  path: Name;
  /** Bytes. */
  size: number;
  /** Takes less room on disk than its size: holes come back as holes. */
  sparse?: true;
  /** It changed each time it was read: what is kept was never there at one moment. */
  torn?: true;
  /** Its contents: SHA-256 in base64 without padding, and length, of each chunk. Not there until it was read. */
  chunks?: [sum: string, length: number][];
}

/** Another name of a file that comes before it in the list. */
export interface HardLinkRecord {
  type: 'hardlink';
  path: Name;
  of: Name;
}

/** What could not be read, or is no file, folder or link, and why. */
export interface ProblemRecord {
  type: 'problem';
  path: Name;
  message: string;
}

export type TreeRecord = FolderRecord | LinkRecord | FileRecord | HardLinkRecord;

/** The bytes of a path or of its parts: text, or base64 of what is no UTF-8. Of a path the parts below the root, joined by `/`; '' is the root itself. */
export type Name = string | { base64: string };

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Is it a name as records have it, whatever its bytes? */
export function isName(value: unknown): value is Name {
  if (typeof value === 'string') return true;
  return typeof value === 'object' && value !== null && 'base64' in value && typeof value.base64 === 'string';
}

/** Bytes as a name. */
export function nameOf(bytes: Buffer): Name {
  try {
    return UTF8.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return { base64: bytes.toString('base64') };
    throw error;
  }
}

/** The bytes of a name. */
export function bytesOf(name: Name): Buffer {
  return typeof name === 'string' ? Buffer.from(name) : Buffer.from(name.base64, 'base64');
}

/** For people: bytes that are no UTF-8 shown as U+FFFD. */
export function textOf(name: Name): string {
  return bytesOf(name).toString();
}

const SLASH = 0x2f;

/**
 * Which of two paths comes first in every list: part by part, by their bytes, so that a folder stands before what is in it, and
 * all of that before the folder's next neighbour. Below 0: the first; above 0: the second.
 */
export function comparePaths(one: Name, other: Name): number {
  const a = bytesOf(one);
  const b = bytesOf(other);
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a[i] === b[i]) continue;
    // The end of a part comes before any byte of a longer one.
    if (a[i] === SLASH) return -1;
    if (b[i] === SLASH) return 1;
    return a[i]! - b[i]!;
  }
  return a.length - b.length;
}
