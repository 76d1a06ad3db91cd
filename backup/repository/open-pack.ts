/** The pack being written: blocks are appended all or nothing, and what a crash left of one is ended at its last whole block. */

import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { flushFolder } from '../../shared/flush-folder';
import { sumOf } from '../sum';
import { decompressFrame } from '../zstd-frame';
import { putInPlace, readAt } from './files';
import { type Block, type ChunkName, encodeBlockHeader, encodeIndex, lengthOf, readWholeBlocks } from './pack';

/** Where packs lie that have no end yet. */
export const OPEN_FOLDER = 'open';
export const PACKS_FOLDER = 'packs';
export const EXTENSION = '.pack';

export class OpenPack {
  readonly blocks: Block[] = [];
  /** From the repository's folder. */
  readonly file: string;
  readonly handle: FileHandle;
  readonly #folder: string;
  readonly #hash: Hash = createHash('sha256');
  #size = 0;

  private constructor(folder: string, file: string, handle: FileHandle) {
    this.#folder = folder;
    this.file = file;
    this.handle = handle;
  }

  static async make(folder: string, name: string): Promise<OpenPack> {
    await mkdir(join(folder, OPEN_FOLDER), { recursive: true });
    const file = join(OPEN_FOLDER, name);
    return new OpenPack(folder, file, await open(join(folder, file), 'ax+'));
  }

  /** What had arrived before a crash is kept as far as it is whole: a transfer goes on from there. */
  static async salvage(folder: string, name: string): Promise<OpenPack> {
    const file = join(OPEN_FOLDER, name);
    const pack = new OpenPack(folder, file, await open(join(folder, file), 'a+'));
    const { size } = await pack.handle.stat();
    const at = (from: number, length: number): Promise<Buffer> => readAt(pack.handle, from, length);
    for (const block of await readWholeBlocks(size, at)) {
      const contents = await contentsOf(block.chunks, await at(block.at, block.length));
      if (!contents) break;
      pack.blocks.push(block);
      pack.#hash.update(await at(pack.#size, block.at + block.length - pack.#size));
      pack.#size = block.at + block.length;
    }
    await pack.handle.truncate(pack.#size);
    return pack;
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** Appends a block that holds these chunks. */
  async append(chunks: readonly ChunkName[], frame: Uint8Array): Promise<Block> {
    const header = encodeBlockHeader(chunks, frame.length);
    await this.#write(header, frame);
    this.#hash.update(header).update(frame);
    const block = { at: this.#size + header.length, length: frame.length, chunks };
    this.blocks.push(block);
    this.#size += header.length + frame.length;
    return block;
  }

  /** Makes it durable, and a pack like all others; gives its file, to be closed. Can be tried again. */
  async end(): Promise<string> {
    const index = encodeIndex(this.blocks);
    await this.#write(index);
    const file = fileOf(this.#hash.copy().update(index).digest('hex'));
    try {
      await this.handle.sync();
      if (await mkdir(join(this.#folder, dirname(file)), { recursive: true })) {
        await flushFolder(join(this.#folder, PACKS_FOLDER));
      }
      await putInPlace(join(this.#folder, this.file), join(this.#folder, file));
    } catch (error) {
      await this.handle.truncate(this.#size);
      throw error;
    }
    return file;
  }

  /** Throws it away. */
  async abandon(): Promise<void> {
    await this.handle.close();
    await rm(join(this.#folder, this.file));
  }

  /** All or nothing: what a full disk left of it is cut off, or the next block would stand behind rubbish. */
  async #write(...pieces: Uint8Array[]): Promise<void> {
    try {
      for (const piece of pieces) await this.handle.appendFile(piece);
    } catch (error) {
      await this.handle.truncate(this.#size);
      throw error;
    }
  }
}

/** Where the pack whose bytes have this sum (hex) lies. */
export function fileOf(sum: string): string {
  return join(PACKS_FOLDER, sum.slice(0, 2), `${sum}${EXTENSION}`);
}

/** What a block's frame holds; undefined when that is not these chunks. */
export async function contentsOf(chunks: readonly ChunkName[], frame: Buffer): Promise<Buffer | undefined> {
  const contents = await decompressFrame(frame, lengthOf(chunks)).catch(() => undefined);
  return contents && areContents(chunks, contents) ? contents : undefined;
}

/** Are these the contents of these chunks, one after the other? */
function areContents(chunks: readonly ChunkName[], contents: Uint8Array): boolean {
  let at = 0;
  return (
    chunks.every(([sum, length]) => sumOf(contents.subarray(at, (at += length))) === sum) && at === contents.length
  );
}
