/**
 * A pack: chunks of files in compressed blocks, a block as long as it pays to compress together.
 *
 *     block:  skippable frame (JSON: the chunks' sums and lengths) | Zstandard frame (the chunks' contents, one after the other)
 *     pack:   block ... | skippable frame (JSON: where each block stands, and its chunks)
 *
 * Skippable frames are passed over by every Zstandard program, so `zstd -dc` prints the contents; what they say makes a pack
 * cut short usable up to its last whole block. A pack's name is the SHA-256 of all of it.
 */

import type { ByteSource } from '../byte-source';
import { DamageError } from './damage-error';

/** Magic number of a skippable frame (RFC 8878 section 3.1.2), then four bytes of length; both little-endian. */
const SKIPPABLE = 0x184d_2a5b;
const SKIPPABLE_HEADER = 8;
/** The index's length stands again at its end, so that it is found from behind. */
const TRAILER = 4;
/** Longer than any header of a block of CHUNKS_MAX chunks, bytes. */
const HEADER_MAX = 1024 * 1024;

/** No block's frame or contents are longer, bytes. */
const FRAME_MAX = 16 * 1024 * 1024;

/** A chunk's SHA-256 in base64 without padding, and its length in bytes. */
export type ChunkName = readonly [sum: string, length: number];

/** Where one block's Zstandard frame stands in a pack, and what is in it. */
export interface Block {
  at: number;
  length: number;
  chunks: readonly ChunkName[];
}

/** The bytes that go before a block's Zstandard frame of `length` bytes. */
export function encodeBlockHeader(chunks: readonly ChunkName[], length: number): Buffer {
  return skippable(Buffer.from(JSON.stringify({ length, chunks })));
}

/** The bytes that end a pack. */
export function encodeIndex(blocks: readonly Block[]): Buffer {
  const json = Buffer.from(JSON.stringify({ blocks }));
  const trailer = Buffer.alloc(TRAILER);
  trailer.writeUInt32LE(json.length + TRAILER);
  return skippable(Buffer.concat([json, trailer]));
}

/** Reads `length` bytes at a place; fewer at the end of the file. */
export type ReadAt = (at: number, length: number) => Promise<Buffer>;

/** A whole pack's blocks, from its index. @throws DamageError */
export async function readIndex(size: number, readAt: ReadAt, name: string): Promise<Block[]> {
  const trailer = await readAt(Math.max(size - TRAILER, 0), TRAILER);
  const length = trailer.length === TRAILER ? trailer.readUInt32LE() : 0;
  const at = size - length - SKIPPABLE_HEADER;
  if (length < TRAILER || at < 0) throw new DamageError(name, `expected an index at its end, got none`);
  const frame = await readAt(at, SKIPPABLE_HEADER + length);
  const json = skippableContent(frame);
  if (json?.length !== length) throw new DamageError(name, `expected an index at byte ${at}, got something else`);
  const blocks = parseBlocks(json.subarray(0, length - TRAILER));
  if (!blocks?.every((block) => block.at + block.length <= at && lengthOf(block.chunks) <= FRAME_MAX)) {
    throw new DamageError(name, `expected a list of blocks at byte ${at}, got something else`);
  }
  return blocks;
}

/** Bytes of chunks' contents. */
export function lengthOf(chunks: readonly ChunkName[]): number {
  return chunks.reduce((sum, [, length]) => sum + length, 0);
}

/** The blocks of a pack that was cut short, those that are whole; what comes behind is no damage. */
export async function readWholeBlocks(size: number, readAt: ReadAt): Promise<Block[]> {
  const blocks: Block[] = [];
  for (let at = 0; ; ) {
    const prefix = await readAt(at, SKIPPABLE_HEADER);
    if (prefix.length < SKIPPABLE_HEADER) return blocks;
    const length = prefix.readUInt32LE(4);
    if (prefix.readUInt32LE() !== SKIPPABLE || length > HEADER_MAX) return blocks;
    const header = parseHeader(await readAt(at + SKIPPABLE_HEADER, length));
    at += SKIPPABLE_HEADER + length;
    if (!header || at + header.length > size || lengthOf(header.chunks) > FRAME_MAX) return blocks;
    blocks.push({ at, ...header });
    at += header.length;
  }
}

/** A block of a stream. */
export interface SentBlock {
  chunks: ChunkName[];
  frame: Buffer;
}

/** The next block of a stream, unchecked; undefined at its end. @throws RangeError for what is no block */
export async function readBlock(source: ByteSource): Promise<SentBlock | undefined> {
  const prefix = await source.take(SKIPPABLE_HEADER);
  return prefix.length === 0 ? undefined : takeBlock(prefix, source);
}

/** A block whose first bytes were taken already, its contents as they came. @throws RangeError for what is no block */
export async function takeBlock(prefix: Buffer, source: ByteSource): Promise<SentBlock> {
  const length = prefix.length === SKIPPABLE_HEADER ? prefix.readUInt32LE(4) : Number.NaN;
  if (!(length <= HEADER_MAX) || prefix.readUInt32LE() !== SKIPPABLE)
    throw new RangeError('expected a block, got none');
  const header = parseHeader(await source.take(length));
  if (!header || header.length > FRAME_MAX)
    throw new RangeError('expected a block with its chunks, got something else');
  const bytes = lengthOf(header.chunks);
  if (bytes > FRAME_MAX) throw new RangeError(`expected a block of at most ${FRAME_MAX} bytes, got ${bytes}`);
  const frame = await source.take(header.length);
  if (frame.length < header.length) throw new RangeError('expected a whole block, got its beginning');
  return { chunks: header.chunks, frame };
}

function parseHeader(bytes: Buffer): { length: number; chunks: ChunkName[] } | undefined {
  const header = parsed(bytes) as { length?: unknown; chunks?: unknown } | undefined;
  if (!isLength(header?.length) || !areChunks(header.chunks)) return undefined;
  return { length: header.length, chunks: header.chunks };
}

function parseBlocks(bytes: Buffer): Block[] | undefined {
  const index = parsed(bytes) as { blocks?: unknown } | undefined;
  if (!Array.isArray(index?.blocks)) return undefined;
  const blocks = index.blocks as Partial<Block>[];
  return blocks.every((block) => isLength(block?.at) && isLength(block.length) && areChunks(block.chunks))
    ? (blocks as Block[])
    : undefined;
}

function parsed(bytes: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isLength(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function areChunks(value: unknown): value is ChunkName[] {
  return Array.isArray(value) && value.every((chunk) => Array.isArray(chunk) && isSum(chunk[0]) && isLength(chunk[1]));
}

function isSum(value: unknown): boolean {
  return typeof value === 'string' && /^[A-Za-z0-9+/]{43}$/.test(value);
}

function skippable(content: Buffer): Buffer {
  const header = Buffer.alloc(SKIPPABLE_HEADER);
  header.writeUInt32LE(SKIPPABLE);
  header.writeUInt32LE(content.length, 4);
  return Buffer.concat([header, content]);
}

function skippableContent(frame: Buffer): Buffer | undefined {
  if (frame.length < SKIPPABLE_HEADER || frame.readUInt32LE() !== SKIPPABLE) return undefined;
  const content = frame.subarray(SKIPPABLE_HEADER);
  return content.length === frame.readUInt32LE(4) ? content : undefined;
}
