/**
 * All packs of a repository: which chunks there are, appending blocks to the pack that is open, reading chunks back, and
 * throwing away what no copy needs. A chunk is only said to be there once it is in a block of ours; it is durable once `seal`
 * has come back. What is damaged counts as missing, and the rest of its pack is used.
 */

import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { isSystemError } from '../../shared/errors';
import { sumOf } from '../sum';
import { compressFrame, decompressFrame } from '../zstd-frame';
import { ChunkIndex, type Place } from './chunk-index';
import { DamageError } from './damage-error';
import { namesIn, readAt, TEMPORARY } from './files';
import { contentsOf, EXTENSION, fileOf, OPEN_FOLDER, OpenPack, PACKS_FOLDER } from './open-pack';
import { type Block, type ChunkName, lengthOf, type ReadAt, readIndex, readWholeBlocks } from './pack';

/** A pack is ended when it is so long, bytes: one flush each, and little to write again when a part of it is thrown away. */
const PACK_BYTES = 16 * 1024 * 1024;
/** Or when so many chunks are in it: all their names are in memory until then. */
const PACK_CHUNKS = 16 * 1024;
/** Of a pack's contents that must be needed, or what is needed moves to a new one when packs are cleaned. */
const NEEDED_MIN = 0.5;
/** Packs of which no more is full are put together once there are so many of them: each run leaves one. */
const SHORT_PART = 1 / 8;
const SHORT_MAX = 64;
/** Decompressed blocks kept for those who read chunks in order, bytes. */
const CACHE_BYTES = 32 * 1024 * 1024;

interface Pack {
  /** From the repository's folder. */
  file: string;
  /** Where each block's frame stands, how long it is, and how long its contents are. */
  blocks: { at: number; length: number; contents: number }[];
  /** How many are in all of them. */
  chunks: number;
}

/** Keeps what was asked for or added since from being cleaned away, until it is called. */
export type Release = () => void;

export class PackStore {
  readonly #folder: string;
  readonly #index = new ChunkIndex();
  /** By number, which the index names; undefined where one was thrown away. */
  readonly #packs: (Pack | undefined)[] = [];
  /** Numbers of packs that are not what was written, and their blocks that were found useless. */
  readonly #damaged = new Map<number, Set<number>>();
  readonly #blocks = new LRUCache<string, Buffer>({
    maxSize: CACHE_BYTES,
    sizeCalculation: ({ length }) => length + 1,
  });
  #open: { pack: OpenPack; number: number } | undefined;
  /** Appends and seals, one after the other. */
  #writing: Promise<unknown> = Promise.resolve();
  #made = 0;
  /** Grows with each cleaning. Chunks remember in which they were last asked for. */
  #generation = 1;
  /** In which generation each of those who hold began. */
  readonly #holds = new Set<{ since: number }>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Reads the indexes of all packs, and ends packs that a crash left open at their last whole block.
   * What is damaged is told to `damaged`, and used as far as it goes.
   */
  static async open(folder: string, damaged: (error: DamageError) => void): Promise<PackStore> {
    const store = new PackStore(folder);
    await mkdir(join(folder, PACKS_FOLDER), { recursive: true });
    for (const part of await namesIn(join(folder, PACKS_FOLDER))) {
      for (const name of await namesIn(join(folder, PACKS_FOLDER, part))) {
        if (name.endsWith(EXTENSION)) await store.#load(join(PACKS_FOLDER, part, name), damaged);
      }
    }
    for (const name of await namesIn(join(folder, OPEN_FOLDER))) await store.#salvage(name);
    return store;
  }

  /** Is the chunk here? What was asked for stays while its asker holds. */
  has(sum: string): boolean {
    if (!this.#placeOf(sum)) return false;
    this.#index.touch(sum, this.#generation);
    return true;
  }

  get chunks(): number {
    return this.#index.size;
  }

  /** Is nothing known to be damaged? */
  get isWhole(): boolean {
    return this.#damaged.size === 0;
  }

  /** Until it is released, nothing is cleaned away that `has` has said to be here, or that was added. */
  hold(): Release {
    const hold = { since: this.#generation };
    this.#holds.add(hold);
    return () => void this.#holds.delete(hold);
  }

  /** Appends a block that holds these chunks, checked by the caller. */
  add(chunks: readonly ChunkName[], frame: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      const { pack, number } = (this.#open ??= await this.#begin());
      this.#enter(number, await pack.append(chunks, frame));
      if (pack.size >= PACK_BYTES || this.#packs[number]!.chunks >= PACK_CHUNKS) await this.#end();
    });
  }

  /** Makes all that was added durable. */
  seal(): Promise<void> {
    return this.#inTurn(() => this.#end());
  }

  /** A chunk's contents, checked against its sum. @throws DamageError when it is missing or not what it was */
  async read(sum: string): Promise<Buffer> {
    const place = this.#placeOf(sum);
    if (!place) throw new DamageError(PACKS_FOLDER, `expected chunk ${sum} in one of them, found it in none`);
    try {
      const contents = (await this.#blockAt(place)).subarray(place.at, place.at + place.length);
      if (sumOf(contents) === sum) return contents;
      throw new DamageError(this.#packs[place.pack]!.file, `expected chunk ${sum} in block ${place.block}`);
    } catch (error) {
      // It may have been moved meanwhile, its pack thrown away.
      const now = this.#placeOf(sum);
      if (now && (now.pack !== place.pack || now.block !== place.block)) return this.read(sum);
      if (error instanceof DamageError) this.#badBlocksOf(place.pack).add(place.block);
      throw error;
    }
  }

  /** Where a chunk lies, and how long the contents of its block are; undefined for one that is not here. */
  locate(sum: string): (Place & { contents: number }) | undefined {
    const place = this.#placeOf(sum);
    return place && { ...place, contents: this.#packs[place.pack]!.blocks[place.block]!.contents };
  }

  /** A block as it stands in its pack, compressed and unchecked. @throws DamageError */
  async frame({ pack: number, block: blockNumber }: Pick<Place, 'pack' | 'block'>): Promise<Buffer> {
    const pack = this.#packs[number];
    if (!pack) throw new DamageError(PACKS_FOLDER, 'expected a pack, got one that was thrown away');
    const { at, length } = pack.blocks[blockNumber]!;
    if (this.#open?.number === number) return readAt(this.#open.pack.handle, at, length);
    try {
      const handle = await open(join(this.#folder, pack.file), 'r');
      try {
        return await readAt(handle, at, length);
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw damageOf(pack.file, error);
    }
  }

  /** Bytes in all packs that have an end. */
  async bytes(): Promise<number> {
    let bytes = 0;
    for (const [number, pack] of this.#packs.entries()) {
      if (pack && number !== this.#open?.number) bytes += await this.#sizeOf(pack.file);
    }
    return bytes;
  }

  /** Reads every byte of every pack that has an end, and every chunk in it; what is damaged counts as missing from then on. */
  async *verify(): AsyncGenerator<{ bytes: number } | DamageError> {
    for (const [number, pack] of this.#packs.entries()) {
      if (!pack || number === this.#open?.number) continue;
      let bytes: Buffer;
      try {
        bytes = await readFile(join(this.#folder, pack.file));
      } catch (error) {
        if (!this.#packs[number]) continue; // Cleaned away meanwhile.
        const damage = damageOf(pack.file, error);
        if (!(damage instanceof DamageError)) throw damage;
        yield damage;
        for (const block of pack.blocks.keys()) this.#badBlocksOf(number).add(block);
        continue;
      }
      const sum = createHash('sha256').update(bytes).digest('hex');
      if (pack.file !== fileOf(sum)) {
        this.#badBlocksOf(number);
        yield new DamageError(pack.file, `its bytes have the sum ${sum}`);
      }
      // From the bytes at hand: its file may be cleaned away by now.
      const { blocks } = await blocksOf(pack.file, bytes.length, async (at, length) => bytes.subarray(at, at + length));
      for (const [i, block] of blocks.entries()) {
        if (await contentsOf(block.chunks, bytes.subarray(block.at, block.at + block.length))) continue;
        this.#badBlocksOf(number).add(i);
        yield new DamageError(pack.file, `block ${i} does not hold its chunks`);
      }
      yield { bytes: bytes.length };
    }
  }

  /**
   * Throws away what is not needed: packs without a needed chunk at once; of packs with few of them, of damaged and of many short
   * ones the needed chunks are written again first. Nothing needed is ever missing, wherever this is cut off.
   * @param mark calls `has` for all that is needed
   */
  async clean(mark: () => Promise<void>): Promise<void> {
    const since = Math.min(++this.#generation, ...[...this.#holds].map((hold) => hold.since));
    await mark();
    await this.seal();
    const needed = this.#neededBytes(since);
    await this.#drop(
      [...this.#packs.keys()].filter((number) => !needed[number]),
      since,
    );
    const moving = await this.#worthMoving(needed);
    for (const number of moving) await this.#move(number, since);
    await this.seal();
    await this.#drop(moving, since);
  }

  async close(): Promise<void> {
    await this.seal();
  }

  /** Of each pack the bytes of contents that somebody needs. */
  #neededBytes(since: number): number[] {
    const bytes: number[] = this.#packs.map(() => 0);
    this.#index.each(({ pack, block, length }, touched) => {
      if (touched >= since && !this.#damaged.get(pack)?.has(block)) bytes[pack]! += length;
    });
    return bytes;
  }

  async #worthMoving(needed: readonly number[]): Promise<number[]> {
    const moving: number[] = [];
    const short: number[] = [];
    for (const [number, pack] of this.#packs.entries()) {
      if (!pack || number === this.#open?.number) continue;
      const contents = pack.blocks.reduce((sum, block) => sum + block.contents, 0);
      if (this.#damaged.has(number) || needed[number]! < contents * NEEDED_MIN) moving.push(number);
      else if (pack.chunks < PACK_CHUNKS * SHORT_PART && (await this.#sizeOf(pack.file)) < PACK_BYTES * SHORT_PART) {
        short.push(number);
      }
    }
    return short.length > SHORT_MAX ? [...moving, ...short] : moving;
  }

  /** Writes what is needed of a pack again; what cannot be read stays where it is. */
  async #move(number: number, since: number): Promise<void> {
    const needed = new Set<string>();
    this.#index.each(({ pack, block, at }, touched) => {
      if (pack === number && touched >= since) needed.add(`${block} ${at}`);
    });
    for (const [i, block] of (await this.#blocksIn(this.#packs[number]!.file)).blocks.entries()) {
      const chunks: ChunkName[] = [];
      const contents: Buffer[] = [];
      for (const [sum, length] of block.chunks) {
        const place = this.#placeOf(sum);
        if (place?.pack !== number || place.block !== i || !needed.has(`${i} ${place.at}`)) continue;
        const bytes = await this.read(sum).catch(onlyDamage);
        if (!bytes) continue;
        chunks.push([sum, length]);
        contents.push(bytes);
      }
      if (chunks.length > 0) await this.add(chunks, await compressFrame(Buffer.concat(contents)));
    }
  }

  /** Removes those of these packs in which nothing lies that is needed, or was asked for meanwhile. */
  async #drop(numbers: readonly number[], since: number): Promise<void> {
    // Nobody is asked anything between this look and the packs being forgotten.
    const needed = new Set<number>();
    this.#index.each(({ pack }, touched) => {
      if (touched >= since) needed.add(pack);
    });
    const gone: Pack[] = [];
    for (const number of numbers) {
      const pack = this.#packs[number];
      if (!pack || needed.has(number) || number === this.#open?.number) continue;
      gone.push(pack);
      this.#packs[number] = undefined;
      this.#damaged.delete(number);
    }
    if (gone.length > 0) this.#index.keep(({ pack }) => this.#packs[pack] !== undefined);
    for (const { file } of gone) await rm(join(this.#folder, file), { force: true });
  }

  #placeOf(sum: string): Place | undefined {
    const place = this.#index.find(sum);
    return place && this.#damaged.get(place.pack)?.has(place.block) ? undefined : place;
  }

  #badBlocksOf(pack: number): Set<number> {
    let bad = this.#damaged.get(pack);
    if (!bad) this.#damaged.set(pack, (bad = new Set()));
    return bad;
  }

  async #blockAt(place: Place): Promise<Buffer> {
    const key = `${place.pack} ${place.block}`;
    const kept = this.#blocks.get(key);
    if (kept) return kept;
    const pack = this.#packs[place.pack]!;
    const frame = await this.frame(place);
    const contents = await decompressFrame(frame, pack.blocks[place.block]!.contents).catch((cause: unknown) => {
      throw new DamageError(pack.file, `block ${place.block} cannot be decompressed`, { cause });
    });
    this.#blocks.set(key, contents);
    return contents;
  }

  async #begin(): Promise<{ pack: OpenPack; number: number }> {
    const pack = await OpenPack.make(this.#folder, `${process.pid}-${Date.now()}-${this.#made++}${TEMPORARY}`);
    return { pack, number: this.#packs.push({ file: pack.file, blocks: [], chunks: 0 }) - 1 };
  }

  async #end(): Promise<void> {
    if (!this.#open) return;
    const { pack, number } = this.#open;
    const file = await pack.end();
    this.#forgetTwin(file);
    // From here on it is read by its file; who reads it still is waited for.
    this.#packs[number]!.file = file;
    this.#open = undefined;
    await pack.handle.close();
  }

  /** The same blocks make the same pack: a damaged one was just written again, in its place. */
  #forgetTwin(file: string): void {
    const twin = this.#packs.findIndex((pack) => pack?.file === file);
    if (twin < 0) return;
    this.#packs[twin] = undefined;
    this.#damaged.delete(twin);
    this.#index.keep(({ pack }) => this.#packs[pack] !== undefined);
  }

  #enter(number: number, { at: frameAt, length: frameLength, chunks }: Block): void {
    const pack = this.#packs[number]!;
    pack.chunks += chunks.length;
    const block = pack.blocks.push({ at: frameAt, length: frameLength, contents: lengthOf(chunks) }) - 1;
    let at = 0;
    for (const [sum, length] of chunks) {
      this.#index.put(sum, { pack: number, block, at, length }, this.#generation);
      at += length;
    }
  }

  async #load(file: string, damaged: (error: DamageError) => void): Promise<void> {
    const { blocks, error } = await this.#blocksIn(file);
    const number = this.#packs.push({ file, blocks: [], chunks: 0 }) - 1;
    for (const block of blocks) this.#enter(number, block);
    if (!error) return;
    this.#badBlocksOf(number);
    damaged(error);
  }

  async #blocksIn(file: string): Promise<FoundBlocks> {
    const handle = await open(join(this.#folder, file), 'r');
    try {
      const { size } = await handle.stat();
      return await blocksOf(file, size, (at, length) => readAt(handle, at, length));
    } finally {
      await handle.close();
    }
  }

  async #salvage(name: string): Promise<void> {
    const pack = await OpenPack.salvage(this.#folder, name);
    if (pack.blocks.length === 0) return pack.abandon();
    try {
      const file = await pack.end();
      this.#forgetTwin(file);
      const number = this.#packs.push({ file, blocks: [], chunks: 0 }) - 1;
      for (const block of pack.blocks) this.#enter(number, block);
    } catch (error) {
      // A full disk: what is kept can be restored all the same, and the next start tries again.
      if (!isSystemError(error)) throw error;
    } finally {
      await pack.handle.close();
    }
  }

  async #sizeOf(file: string): Promise<number> {
    try {
      return (await stat(join(this.#folder, file))).size;
    } catch (error) {
      // It was taken away: damage, for those who read it to tell.
      if (isSystemError(error) && error.code === 'ENOENT') return 0;
      throw error;
    }
  }

  #inTurn<Result>(write: () => Promise<Result>): Promise<Result> {
    const turn = this.#writing.then(write);
    // Who asked is told; the next in line has a try of its own.
    this.#writing = turn.catch(() => undefined);
    return turn;
  }
}

/** A pack's blocks, and what is wrong with its index. */
interface FoundBlocks {
  blocks: Block[];
  error?: DamageError;
}

/** A pack's blocks by its index, or where that is damaged by what stands before each block. */
async function blocksOf(file: string, size: number, at: ReadAt): Promise<FoundBlocks> {
  try {
    return { blocks: await readIndex(size, at, file) };
  } catch (error) {
    if (!(error instanceof DamageError)) throw error;
    return { blocks: await readWholeBlocks(size, at), error };
  }
}

/** A pack that is gone or that the disk does not give back is damaged; other errors are none of it. */
function damageOf(file: string, error: unknown): unknown {
  if (!isSystemError(error) || !['ENOENT', 'EIO', 'EISDIR'].includes(error.code)) return error;
  return new DamageError(file, `it cannot be read: ${error.code}`, { cause: error });
}

function onlyDamage(error: unknown): undefined {
  if (!(error instanceof DamageError)) throw error;
}
