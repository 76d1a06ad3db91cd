/**
 * A tree out of a tar.gz that an agent of the simple wire sent: names made relative to the path asked for, contents cut into
 * chunks. Nothing comes in that is not below that path; links stay links, devices are named and left out, and what expands
 * without end is cut off.
 */

import { createHash } from 'node:crypto';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import {
  type Attributes,
  bytesOf,
  comparePaths,
  type Name,
  nameOf,
  type ProblemRecord,
  type TreeRecord,
} from '../record';
import type { PackStore } from '../repository/pack-store';
import { AgentError } from '../server/agent-error';
import { ChunkWriter } from './chunk-writer';

/** That wire has no order: all entries are kept until the last has come. */
const ENTRIES_MAX = 1_000_000;
/** Contents may be so many times longer than what travelled, and this much, bytes. */
const EXPANSION_MAX = 200;
const EXPANSION_FREE = 1024 * 1024 * 1024;

export interface TarTree {
  /** In the order that lists have. */
  records: TreeRecord[];
  problems: ProblemRecord[];
  /** Of the contents of the regular files, one after the other in the tar's order (hex). */
  md5: string;
}

/**
 * @param path what was asked for; the entries' names hold it
 * @param travelled how many bytes have come so far
 * @throws AgentError for what is no such tar, or leads out
 */
export async function readTarTree(
  pieces: AsyncIterable<Buffer>,
  path: string,
  packs: PackStore,
  travelled: () => number,
): Promise<TarTree> {
  const tree = new TarReader(path, packs, travelled);
  // Names that are no UTF-8 keep their bytes so.
  const tar = extract({ filenameEncoding: 'latin1' } as object);
  const reading = tree.read(tar as AsyncIterable<Readable & { header: Header }>);
  reading.catch(() => undefined);
  try {
    await Promise.all([pipeline(Readable.from(pieces), createGunzip(), tar as unknown as Transform), reading]);
  } catch (cause) {
    if (cause instanceof AgentError) throw cause;
    const { message } = await reading.then(
      () => cause as Error,
      (error: Error) => error,
    );
    throw new AgentError(`expected a tar.gz, got something else: ${message}`, { cause });
  }
  return tree.tree();
}

class TarReader {
  readonly #asked: string;
  readonly #packs: PackStore;
  readonly #travelled: () => number;
  readonly #md5 = createHash('md5');
  /** By path; bounded by ENTRIES_MAX. */
  readonly #records = new Map<string, TreeRecord>();
  readonly #problems: ProblemRecord[] = [];
  /** What goes before the names of what was asked for. */
  #prefix: string | undefined;
  #contents = 0;

  constructor(path: string, packs: PackStore, travelled: () => number) {
    this.#asked = trimmed(path);
    this.#packs = packs;
    this.#travelled = travelled;
  }

  async read(entries: AsyncIterable<Readable & { header: Header }>): Promise<void> {
    const chunks = new ChunkWriter(this.#packs);
    for await (const entry of entries) {
      const { header } = entry;
      const name = this.#below(bytesOfName(header.name, header));
      if (this.#records.size + this.#problems.length >= ENTRIES_MAX)
        throw new AgentError(`expected at most ${ENTRIES_MAX} entries, got more`);
      const record = this.#recordOf(name, header);
      if (record.type === 'problem') this.#problems.push(record);
      else this.#records.set(keyOf(name), record);
      if (record.type === 'file') record.chunks = await chunks.cut(this.#counted(entry), record.size);
      else entry.resume();
    }
    await chunks.end();
  }

  tree(): TarTree {
    this.#addFolders();
    const records = [...this.#records.values()].sort((one, other) => comparePaths(one.path, other.path));
    return { records, problems: this.#problems, md5: this.#md5.digest('hex') };
  }

  async *#counted(entry: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of entry) {
      this.#contents += piece.length;
      if (this.#contents > EXPANSION_FREE + EXPANSION_MAX * this.#travelled()) {
        throw new AgentError(`expected contents at most ${EXPANSION_MAX} times what travelled, got more`);
      }
      this.#md5.update(piece);
      yield piece;
    }
  }

  #recordOf(path: Name, header: Header): TreeRecord | ProblemRecord {
    const attributes = attributesOf(header);
    switch (header.type) {
      case 'file':
      case 'contiguous-file':
        return { type: 'file', path, size: header.size, ...attributes, ctime: '0', dev: 0, ino: '0' };
      case 'directory':
        return { type: 'folder', path, ...attributes };
      case 'symlink':
        return { type: 'link', path, target: nameOf(bytesOfName(header.linkname, header)), ...attributes };
      case 'link': {
        const of = this.#below(bytesOfName(header.linkname, header));
        if (this.#records.get(keyOf(of))?.type === 'file') return { type: 'hardlink', path, of };
        return { type: 'problem', path, message: 'a link to a file that did not come' };
      }
      default:
        return { type: 'problem', path, message: `${header.type}: left out` };
    }
  }

  /** A name below what was asked for. @throws AgentError for one elsewhere, or one that leads out */
  #below(bytes: Buffer): Name {
    const name = trimmed(bytes.toString('latin1'));
    if (name.split('/').includes('..') || name.includes('\0'))
      throw new AgentError(`expected names below the path asked for, got ${JSON.stringify(name.slice(0, 200))}`);
    this.#prefix ??= prefixOf(name, Buffer.from(this.#asked).toString('latin1'));
    if (name === this.#prefix) return '';
    const start = this.#prefix === '' ? '' : `${this.#prefix}/`;
    if (!name.startsWith(start))
      throw new AgentError(
        `expected names below ${JSON.stringify(this.#prefix)}, got ${JSON.stringify(name.slice(0, 200))}`,
      );
    return nameOf(Buffer.from(name.slice(start.length), 'latin1'));
  }

  /** Folders that the tar does not name; what stands in something else is no tree. @throws AgentError */
  #addFolders(): void {
    for (const [key, record] of [...this.#records]) {
      if (key === '') continue;
      const parts = key.split('/');
      for (let length = parts.length - 1; length >= 0; length--) {
        const above = parts.slice(0, length).join('/');
        const known = this.#records.get(above);
        if (known?.type === 'folder') break;
        if (known) throw new AgentError(`expected a folder above ${JSON.stringify(record.path)}, got a ${known.type}`);
        const path = nameOf(Buffer.from(above, 'latin1'));
        this.#records.set(above, { type: 'folder', path, mode: 0o755, uid: 0, gid: 0, mtime: '0' });
      }
    }
  }
}

/** Names are absolute paths without the leading `/`: all up to what was asked for goes before what is below it. */
function prefixOf(first: string, asked: string): string {
  if (asked === '' || first === asked || first.startsWith(`${asked}/`)) return asked;
  const at = `${first}/`.indexOf(`/${asked}/`);
  if (at >= 0) return first.slice(0, at + 1 + asked.length);
  throw new AgentError(`expected names with ${JSON.stringify(asked)}, got ${JSON.stringify(first.slice(0, 200))}`);
}

function trimmed(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** Extended headers are UTF-8; other names were read as Latin-1, so that their bytes are still there. */
function bytesOfName(name: string, { pax }: Header): Buffer {
  const { path, linkpath } = (pax ?? {}) as { path?: string; linkpath?: string };
  return Buffer.from(name, name === path || name === linkpath ? 'utf8' : 'latin1');
}

function attributesOf({ mode, uid, gid, mtime }: Header): Attributes {
  const ms = mtime instanceof Date ? mtime.getTime() : 0;
  return {
    mode: (mode || 0) & 0o7777,
    uid: uid || 0,
    gid: gid || 0,
    mtime: String(BigInt(Math.trunc(ms || 0)) * 1_000_000n),
  };
}

function keyOf(name: Name): string {
  return bytesOf(name).toString('latin1');
}
