/** What an agent answers to a server's questions about files: what is in them, and chunks of them. */

import { closeSync, readSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { LineWriter } from '../lines';
import type { Name } from '../record';
import { type ChunkName, encodeBlockHeader } from '../repository/pack';
import { sumOf } from '../sum';
import { BLOCK_BYTES, type ChunksRequest, type ReadLine, type ReadRequest, type WholeRequest } from '../wire';
import { compressFrame } from '../zstd-frame';
import type { ChunkMemory } from './chunk-memory';
import { ContentReader } from './contents';
import { PathError, type Root } from './root';
import { systemError } from './system-error';

/** After so many records others get their turn. */
const RECORDS_A_TURN = 200;
/** Likewise after so many chunks. */
const CHUNKS_A_TURN = 32;
/** Contents of blocks being compressed at once, bytes: four of usual chunks. The system's threads do that. */
const BYTES_AT_ONCE = 4 * BLOCK_BYTES;

/** For each file a record with its chunks, or a problem. */
export async function* read(
  tree: Root,
  { files, longFrom = Number.POSITIVE_INFINITY }: ReadRequest,
  memory: ChunkMemory,
): AsyncGenerator<Buffer, void> {
  const reader = new ContentReader(tree, () => turn(), longFrom, memory);
  const writer = new LineWriter();
  let sinceTurn = 0;
  for (const path of files) {
    const frame = writer.add(await recordOf(reader, path));
    if (frame) yield await frame;
    if (++sinceTurn % RECORDS_A_TURN === 0) await turn();
  }
  yield await writer.end();
}

/** A file's record with its chunks, or why there is none. */
export async function recordOf(reader: ContentReader, path: Name): Promise<ReadLine> {
  try {
    return await reader.record(path);
  } catch (error) {
    const reason = error instanceof PathError ? error.message : `expected to read it, got ${systemError(error).code}`;
    return { type: 'problem', path, message: reason };
  }
}

/** The chunks asked for that still are what they were. */
export async function* sendChunks(
  tree: Root,
  { files }: ChunksRequest,
  memory: ChunkMemory,
): AsyncGenerator<Buffer, void> {
  const blocks = new BlockWriter();
  let sinceTurn = 0;
  for (const { path, chunks } of files) {
    for (const [sum, chunk] of contentsOf(tree, path, chunks, memory)) {
      const block = chunk && blocks.add(sum, chunk);
      if (block) yield await block;
      else if (!chunk || ++sinceTurn % CHUNKS_A_TURN === 0) await turn();
    }
  }
  yield* blocks.end();
}

/** All chunks of one file, in order, as it is read once from its beginning to its end. */
export async function* sendWhole(
  tree: Root,
  { file, longFrom = Number.POSITIVE_INFINITY }: WholeRequest,
): AsyncGenerator<Buffer, void> {
  const blocks = new BlockWriter();
  const reading = new ContentReader(tree, () => turn(), longFrom).chunks(file);
  try {
    for (const { sum, bytes } of reading) {
      const block = blocks.add(sum, bytes);
      if (block) yield await block;
      else await turn();
    }
  } catch (error) {
    // Gone meanwhile: nothing is sent of it, or the answer is cut off.
    if (!(error instanceof PathError) && systemError(error).code !== 'ENOENT') throw error;
  }
  yield* blocks.end();
}

/** Puts chunks together to blocks, several of which are compressed while the next are read. */
class BlockWriter {
  /** Bounded by BYTES_AT_ONCE and one block. */
  readonly #pending: { bytes: number; block: Promise<Buffer> }[] = [];
  #pendingBytes = 0;
  #names: ChunkName[] = [];
  #contents: Buffer[] = [];
  #bytes = 0;

  /** Takes a chunk; gives a block when there are enough under way. */
  add(sum: string, chunk: Buffer): Promise<Buffer> | undefined {
    this.#names.push([sum, chunk.length]);
    this.#contents.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes >= BLOCK_BYTES) this.#flush();
    if (this.#pendingBytes < BYTES_AT_ONCE) return undefined;
    const { bytes, block } = this.#pending.shift()!;
    this.#pendingBytes -= bytes;
    return block;
  }

  async *end(): AsyncGenerator<Buffer, void> {
    if (this.#bytes > 0) this.#flush();
    for (const { block } of this.#pending) yield await block;
  }

  #flush(): void {
    const [chunks, whole] = [this.#names, Buffer.concat(this.#contents)];
    const block = compressFrame(whole).then((frame) => Buffer.concat([encodeBlockHeader(chunks, frame.length), frame]));
    // Whoever takes it is told; until then nobody waits for it.
    block.catch(() => undefined);
    this.#pending.push({ bytes: this.#bytes, block });
    this.#pendingBytes += this.#bytes;
    [this.#names, this.#contents, this.#bytes] = [[], [], 0];
  }
}

/** A chunk of a file, as it is asked for. */
export type Range = ChunksRequest['files'][number]['chunks'][number];

/**
 * The chunks that are remembered, then those that still are what they were; none of a file that cannot be read any more. A chunk
 * that was read in vain comes without contents: others get their turn.
 */
export function* contentsOf(
  tree: Root,
  path: Name,
  chunks: readonly Range[],
  memory: ChunkMemory,
): Generator<[sum: string, contents: Buffer | undefined]> {
  const forgotten: Range[] = [];
  for (const chunk of chunks) {
    const contents = memory.take(chunk[2]);
    if (contents) yield [chunk[2], contents];
    else forgotten.push(chunk);
  }
  if (forgotten.length > 0) yield* readRanges(tree, path, forgotten);
}

/** The chunks that still are what they were; none of a file that cannot be read any more. */
function* readRanges(
  tree: Root,
  path: Name,
  chunks: readonly Range[],
): Generator<[sum: string, bytes: Buffer | undefined]> {
  let descriptor: number;
  try {
    descriptor = tree.open(path);
  } catch (error) {
    if (!(error instanceof PathError)) systemError(error);
    return;
  }
  try {
    for (const [at, length, sum] of chunks) {
      const bytes = Buffer.allocUnsafe(length);
      const isWhole = readSync(descriptor, bytes, 0, length, at) === length && sumOf(bytes) === sum;
      yield [sum, isWhole ? bytes : undefined];
    }
  } catch (error) {
    // It is a folder now, or the disk does not give it back.
    systemError(error);
  } finally {
    closeSync(descriptor);
  }
}
