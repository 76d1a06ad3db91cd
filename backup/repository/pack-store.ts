/**
 * All packs of a repository: which chunks there are, appending blocks to the pack that is open, reading chunks back, and
 * throwing away what no copy needs. A chunk is only said to be there once it is in a block of ours; it is durable once `seal`
 * has come back.
 */

import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { sumOf } from '../sum';
import { decompressFrame } from '../zstd-frame';
import { ChunkIndex, type Place } from './chunk-index';
import { DamageError } from './damage-error';
import { flushFolder, namesIn, putInPlace, readAt, TEMPORARY } from './files';
import {
  type Block,
  type ChunkName,
  compressBlock,
  encodeBlockHeader,
  encodeIndex,
  readIndex,
  readWholeBlocks,
} from './pack';

/** A pack is ended when it is so long, bytes: one flush each, and little to write again when a part of it is thrown away. */
const PACK_BYTES = 16 * 1024 * 1024;
/** Of a pack's contents that must be needed, or what is needed moves to a new one when packs are cleaned. */
const NEEDED_MIN = 0.5;
/** Decompressed blocks kept for those who read chunks in order, bytes. */
const CACHE_BYTES = 32 * 1024 * 1024;
/** Open packs kept for reading. */
const HANDLES_MAX = 32;
const EXTENSION = '.pack';

interface Pack {
  /** From the repository's folder. */
  file: string;
  /** Where each block's frame stands, how long it is, and how long its contents are. */
  blocks: { at: number; length: number; contents: number }[];
}

/** The pack being written. */
interface OpenPack extends Pack {
  number: number;
  handle: FileHandle;
  size: number;
  hash: Hash;
  index: Block[];
}

export class PackStore {
  readonly #folder: string;
  readonly #index = new ChunkIndex();
  /** By number, which the index names; undefined where one was thrown away. */
  readonly #packs: (Pack | undefined)[] = [];
  readonly #blocks = new LRUCache<string, Buffer>({
    maxSize: CACHE_BYTES,
    sizeCalculation: ({ length }) => length + 1,
  });
  readonly #handles = new LRUCache<string, Promise<FileHandle>>({
    max: HANDLES_MAX,
    dispose: (handle) => void handle.then((opened) => opened.close()).catch(() => undefined),
  });
  #open: OpenPack | undefined;
  /** Appends and seals, one after the other. */
  #writing: Promise<unknown> = Promise.resolve();
  #made = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Reads the indexes of all packs, and ends a pack that a crash left open at its last whole block.
   * Packs whose index is damaged are told to `damaged`: what is in them counts as missing.
   */
  static async open(folder: string, damaged: (error: DamageError) => void): Promise<PackStore> {
    const store = new PackStore(folder);
    await mkdir(join(folder, 'packs'), { recursive: true });
    for (const part of await namesIn(join(folder, 'packs'))) {
      for (const name of await namesIn(join(folder, 'packs', part))) {
        if (name.endsWith(EXTENSION)) await store.#load(join('packs', part, name), damaged);
      }
    }
    for (const name of await namesIn(join(folder, 'open'))) await store.#salvage(join('open', name));
    return store;
  }

  has(sum: string): boolean {
    return this.#index.has(sum);
  }

  get chunks(): number {
    return this.#index.size;
  }

  /** Appends a block that holds these chunks, checked by the caller. */
  add(chunks: readonly ChunkName[], frame: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      const pack = (this.#open ??= await this.#begin());
      const header = encodeBlockHeader(chunks, frame.length);
      const bytes = Buffer.concat([header, frame]);
      await append(pack, bytes);
      pack.hash.update(bytes);
      const block = { at: pack.size + header.length, length: frame.length, chunks };
      pack.index.push(block);
      this.#enter(pack, pack.number, block);
      pack.size += bytes.length;
      if (pack.size >= PACK_BYTES) await this.#end();
    });
  }

  /** Makes all that was added durable. */
  seal(): Promise<void> {
    return this.#inTurn(() => this.#end());
  }

  /** A chunk's contents, checked against its sum. @throws DamageError when it is missing or not what it was */
  async read(sum: string): Promise<Buffer> {
    const place = this.#index.find(sum);
    if (!place) throw new DamageError('packs', `expected chunk ${sum} in one of them, found it in none`);
    const contents = (await this.#blockAt(place)).subarray(place.at, place.at + place.length);
    if (sumOf(contents) !== sum) {
      throw new DamageError(
        this.#packs[place.pack]!.file,
        `expected chunk ${sum} in block ${place.block}, got another`,
      );
    }
    return contents;
  }

  /** Reads every byte of every pack; gives each damage. */
  async *verify(): AsyncGenerator<DamageError | { file: string }> {
    for (const pack of this.#packs) {
      if (!pack || pack === this.#open) continue;
      const sum = createHash('sha256')
        .update(await readFile(join(this.#folder, pack.file)))
        .digest('hex');
      yield pack.file === fileOf(sum)
        ? { file: pack.file }
        : new DamageError(pack.file, `its bytes have the sum ${sum}`);
    }
  }

  /**
   * Throws away what is not needed: packs without a needed chunk at once; of packs with few of them, the needed ones are
   * written again first. Nothing needed is ever missing, wherever this is cut off.
   */
  async clean(isNeeded: (sum: string) => boolean): Promise<void> {
    await this.seal();
    const gone: { pack: Pack; number: number }[] = [];
    for (const [number, pack] of this.#packs.entries()) {
      if (!pack) continue;
      const blocks = await this.#readIndex(pack.file);
      const needed = blocks.map((block, i) => this.#neededOf(number, i, block, isNeeded));
      const neededBytes = needed.reduce((sum, chunks) => sum + lengthOf(chunks), 0);
      const bytes = pack.blocks.reduce((sum, { contents }) => sum + contents, 0);
      if (neededBytes > 0 && neededBytes >= bytes * NEEDED_MIN) continue;
      for (const chunks of needed) await this.#move(chunks);
      gone.push({ pack, number });
    }
    await this.seal();
    for (const { pack, number } of gone) {
      this.#packs[number] = undefined;
      this.#handles.delete(pack.file);
      await rm(join(this.#folder, pack.file));
    }
    this.#index.keep(({ pack }) => this.#packs[pack] !== undefined);
  }

  async close(): Promise<void> {
    await this.seal();
    const handles = [...this.#handles.values()];
    this.#handles.clear();
    await Promise.allSettled(handles);
  }

  /** Of a block's chunks those that somebody needs and that lie nowhere else. */
  #neededOf(pack: number, blockNumber: number, block: Block, isNeeded: (sum: string) => boolean): ChunkName[] {
    return block.chunks.filter(([sum]) => {
      const place = this.#index.find(sum);
      return place?.pack === pack && place.block === blockNumber && isNeeded(sum);
    });
  }

  async #move(chunks: readonly ChunkName[]): Promise<void> {
    if (chunks.length === 0) return;
    const contents: Buffer[] = [];
    for (const [sum] of chunks) contents.push(await this.read(sum));
    await this.add(chunks, await compressBlock(Buffer.concat(contents)));
  }

  async #blockAt({ pack: number, block: blockNumber }: Place): Promise<Buffer> {
    const key = `${number} ${blockNumber}`;
    const kept = this.#blocks.get(key);
    if (kept) return kept;
    const pack = this.#packs[number]!;
    const block = pack.blocks[blockNumber]!;
    const handle = pack === this.#open ? this.#open.handle : await this.#handleOf(pack.file);
    try {
      const contents = await decompressFrame(await readAt(handle, block.at, block.length), block.contents);
      this.#blocks.set(key, contents);
      return contents;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code?.startsWith('E')) throw cause;
      throw new DamageError(pack.file, `block ${blockNumber} cannot be decompressed`, { cause });
    }
  }

  #handleOf(file: string): Promise<FileHandle> {
    let handle = this.#handles.get(file);
    if (!handle) this.#handles.set(file, (handle = open(join(this.#folder, file), 'r')));
    return handle;
  }

  async #load(file: string, damaged: (error: DamageError) => void): Promise<void> {
    try {
      const blocks = await this.#readIndex(file);
      const pack: Pack = { file, blocks: [] };
      const number = this.#packs.push(pack) - 1;
      for (const block of blocks) this.#enter(pack, number, block);
    } catch (error) {
      if (!(error instanceof DamageError)) throw error;
      damaged(error);
    }
  }

  async #readIndex(file: string): Promise<Block[]> {
    const handle = await open(join(this.#folder, file), 'r');
    try {
      return await readIndex((await handle.stat()).size, (at, length) => readAt(handle, at, length), file);
    } finally {
      await handle.close();
    }
  }

  /** What had arrived before a crash is kept as far as it is whole: a transfer goes on from there. */
  async #salvage(file: string): Promise<void> {
    const path = join(this.#folder, file);
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      for (const { at, length, chunks } of await readWholeBlocks(size, (from, count) => readAt(handle, from, count))) {
        const frame = await readAt(handle, at, length);
        const contents = await decompressFrame(frame, lengthOf(chunks)).catch(() => undefined);
        if (!contents || !areContents(chunks, contents)) break;
        await this.add(chunks, frame);
      }
    } finally {
      await handle.close();
    }
    await this.seal();
    await rm(path);
  }

  async #begin(): Promise<OpenPack> {
    await mkdir(join(this.#folder, 'open'), { recursive: true });
    const file = join('open', `${process.pid}-${Date.now()}-${this.#made++}${TEMPORARY}`);
    const handle = await open(join(this.#folder, file), 'ax+');
    const pack: OpenPack = {
      file,
      blocks: [],
      index: [],
      number: this.#packs.length,
      handle,
      size: 0,
      hash: createHash('sha256'),
    };
    this.#packs.push(pack);
    return pack;
  }

  async #end(): Promise<void> {
    const pack = this.#open;
    if (!pack) return;
    const index = encodeIndex(pack.index);
    await append(pack, index);
    await pack.handle.sync();
    const file = fileOf(pack.hash.copy().update(index).digest('hex'));
    if (await mkdir(join(this.#folder, dirname(file)), { recursive: true })) {
      await flushFolder(join(this.#folder, 'packs'));
    }
    await putInPlace(join(this.#folder, pack.file), join(this.#folder, file));
    this.#packs[pack.number] = { file, blocks: pack.blocks };
    this.#open = undefined;
    await pack.handle.close();
  }

  #enter(pack: Pack, number: number, { at: frameAt, length: frameLength, chunks }: Block): void {
    const block = pack.blocks.push({ at: frameAt, length: frameLength, contents: lengthOf(chunks) }) - 1;
    let at = 0;
    for (const [sum, length] of chunks) {
      this.#index.put(sum, { pack: number, block, at, length });
      at += length;
    }
  }

  #inTurn<Result>(write: () => Promise<Result>): Promise<Result> {
    const turn = this.#writing.then(write);
    // Who asked is told; the next in line has a try of its own.
    this.#writing = turn.catch(() => undefined);
    return turn;
  }
}

/** Appends to the open pack all or nothing: what a full disk left of it is cut off, or the next block would stand behind rubbish. */
async function append(pack: OpenPack, bytes: Uint8Array): Promise<void> {
  try {
    await pack.handle.appendFile(bytes);
  } catch (error) {
    await pack.handle.truncate(pack.size);
    throw error;
  }
}

/** Are these the contents of these chunks, one after the other? */
export function areContents(chunks: readonly ChunkName[], contents: Uint8Array): boolean {
  let at = 0;
  return (
    chunks.every(([sum, length]) => sumOf(contents.subarray(at, (at += length))) === sum) && at === contents.length
  );
}

function lengthOf(chunks: readonly ChunkName[]): number {
  return chunks.reduce((sum, [, length]) => sum + length, 0);
}

/** Where the pack whose bytes have this sum (hex) lies. */
function fileOf(sum: string): string {
  return join('packs', sum.slice(0, 2), `${sum}${EXTENSION}`);
}
