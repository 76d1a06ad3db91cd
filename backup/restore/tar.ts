/**
 * A copy as a tar.gz (POSIX.1-2001, "pax"): names of any bytes and length, sizes over 8 GiB and times to the nanosecond stand in
 * extended headers. Written here, for the packages that write tar take names for UTF-8.
 */

import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { bytesOf, type TreeRecord } from '../record';
import type { Copy } from '../repository/copy';
import type { Repository } from '../repository/repository';

const BLOCK = 512;
const NAME_MAX = 100;
/** Of numbers in eleven octal digits. */
const SIZE_MAX = 8 ** 11 - 1;
const ID_MAX = 8 ** 7 - 1;
const TYPE_FLAGS = { file: '0', hardlink: '1', link: '2', folder: '5' } as const;
const SECOND_NS = 1_000_000_000n;

/**
 * All of a copy in its order, compressed. Ends early with DamageError where something cannot be read.
 * @param prefix what goes before every name, such as the absolute path without the leading `/`; '' for names from the path itself
 */
export async function* tarGz(repository: Repository, copy: Copy, prefix = ''): AsyncGenerator<Buffer> {
  const gzip = createGzip();
  const piping = pipeline(tarOf(repository, copy, prefix), gzip);
  // Told where the bytes are read.
  piping.catch(() => undefined);
  try {
    yield* gzip as AsyncIterable<Buffer>;
  } finally {
    gzip.destroy();
    await piping.catch(() => undefined);
  }
}

async function* tarOf({ copies, packs }: Repository, copy: Copy, prefix: string): AsyncGenerator<Buffer> {
  const named = (path: Buffer): Buffer =>
    Buffer.concat([Buffer.from(prefix === '' || path.length === 0 ? prefix : `${prefix}/`), path]);
  for await (const record of copies.records(copy)) {
    const name = named(bytesOf(record.path));
    yield headerOf(
      record,
      name.length === 0 ? Buffer.from('.') : name,
      record.type === 'hardlink' ? named(bytesOf(record.of)) : undefined,
    );
    if (record.type !== 'file') continue;
    for (const [sum] of record.chunks!) yield await packs.read(sum);
    yield padding(record.size);
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** The header of an entry, with extended ones where it needs them. @param of what a hard link is another name of */
export function headerOf(record: TreeRecord, path: Buffer, of: Buffer | undefined): Buffer {
  const name = record.type === 'folder' ? Buffer.concat([path, Buffer.from('/')]) : path;
  const link = record.type === 'link' ? bytesOf(record.target) : (of ?? Buffer.alloc(0));
  const size = record.type === 'file' ? record.size : 0;
  const { mode, uid, gid, mtime } = record.type === 'hardlink' ? { mode: 0o644, uid: 0, gid: 0, mtime: '0' } : record;
  const extended: Buffer[] = [];
  if (!fits(name)) extended.push(extendedField('path', name));
  if (!fits(link)) extended.push(extendedField('linkpath', link));
  if (size > SIZE_MAX) extended.push(extendedField('size', String(size)));
  if (uid > ID_MAX) extended.push(extendedField('uid', String(uid)));
  if (gid > ID_MAX) extended.push(extendedField('gid', String(gid)));
  if (BigInt(mtime) % SECOND_NS !== 0n || BigInt(mtime) < 0n) extended.push(extendedField('mtime', secondsOf(mtime)));
  const fields = { mode, uid: uid > ID_MAX ? 0 : uid, gid: gid > ID_MAX ? 0 : gid, mtime };
  const main = headerBlock(name, link, size > SIZE_MAX ? 0 : size, TYPE_FLAGS[record.type], fields);
  if (extended.length === 0) return main;
  const data = Buffer.concat(extended);
  return Buffer.concat([
    headerBlock(Buffer.from('PaxHeader'), Buffer.alloc(0), data.length, 'x', fields),
    data,
    padding(data.length),
    main,
  ]);
}

/** A name that every reader takes as it is. */
function fits(name: Buffer): boolean {
  return name.length <= NAME_MAX && name.every((byte) => byte < 0x80);
}

/** `<length of all of it> <key>=<value>\n` */
function extendedField(key: string, value: string | Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value as string), Buffer.from('\n')]);
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function secondsOf(mtime: string): string {
  const at = BigInt(mtime);
  const digits = String(at < 0n ? -at : at).padStart(10, '0');
  return `${at < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

function headerBlock(
  name: Buffer,
  link: Buffer,
  size: number,
  typeFlag: string,
  { mode, uid, gid, mtime }: { mode: number; uid: number; gid: number; mtime: string },
): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number): void =>
    void block.write(value.toString(8).padStart(digits, '0'), at);
  name.copy(block, 0, 0, Math.min(name.length, NAME_MAX));
  octal(mode, 100, 7);
  octal(uid, 108, 7);
  octal(gid, 116, 7);
  octal(size, 124, 11);
  octal(Number(BigInt(mtime) < 0n ? 0n : BigInt(mtime) / SECOND_NS), 136, 11);
  block.fill(' ', 148, 156);
  block.write(typeFlag, 156);
  link.copy(block, 157, 0, Math.min(link.length, NAME_MAX));
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** Zeros that fill the last block of so many bytes of contents. */
export function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}
