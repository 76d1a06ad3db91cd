/**
 * A copy on its way to who restores it: for some records at a time a frame of lines, then blocks with the chunks of their files,
 * in the order in which they are needed; at last the line `{"type": "end", "entries"}`. A chunk that is in one of the last
 * SENT_BLOCKS blocks does not come again. A block of
 * which the repository has lost something comes without contents.
 */

import { LineWriter } from '../lines';
import type { Name, TreeRecord } from '../record';
import type { Copy } from '../repository/copy';
import { DamageError } from '../repository/damage-error';
import { type ChunkName, encodeBlockHeader, lengthOf } from '../repository/pack';
import type { PackStore } from '../repository/pack-store';
import type { Repository } from '../repository/repository';
import { compressFrame } from '../zstd-frame';
import { selected } from './select';

/** Who restores remembers so many blocks. */
export const SENT_BLOCKS = 8;
/** A batch of records ends with so many, or with so many bytes of files. */
const RECORDS_A_BATCH = 1000;
const BYTES_A_BATCH = 32 * 1024 * 1024;
/** Blocks being read and compressed at once. */
const BLOCKS_AT_ONCE = 4;
/** Contents compressed together where blocks cannot be sent as they are, bytes. */
const BLOCK_BYTES = 1024 * 1024;

/** What a restore takes, of all of a copy or what is at and below a path. @throws OperatorError `file` when nothing is there, DamageError */
export async function* restoreStream(repository: Repository, copy: Copy, below: Name): AsyncGenerator<Buffer> {
  const sender = new ChunkSender(repository.packs);
  let batch: TreeRecord[] = [];
  let bytes = 0;
  let entries = 0;
  for await (const record of selected(() => repository.copies.records(copy), below)) {
    batch.push(record);
    entries++;
    if (record.type === 'file') bytes += record.size;
    if (batch.length < RECORDS_A_BATCH && bytes < BYTES_A_BATCH) continue;
    yield* sendBatch(batch, sender);
    [batch, bytes] = [[], 0];
  }
  yield* sendBatch(batch, sender);
  yield* linesOf([{ type: 'end', entries }]);
}

async function* sendBatch(batch: readonly TreeRecord[], sender: ChunkSender): AsyncGenerator<Buffer> {
  yield* linesOf(batch);
  yield* sender.send(batch.flatMap((record) => (record.type === 'file' ? record.chunks! : [])));
}

async function* linesOf(lines: readonly object[]): AsyncGenerator<Buffer> {
  const writer = new LineWriter();
  for (const line of lines) {
    const frame = writer.add(line);
    if (frame) yield await frame;
  }
  yield await writer.end();
}

class ChunkSender {
  readonly #packs: PackStore;
  /** What is in the blocks sent last. Bounded by SENT_BLOCKS. */
  readonly #sent: Set<string>[] = [];

  constructor(packs: PackStore) {
    this.#packs = packs;
  }

  /** The blocks that bring these chunks. */
  async *send(wanted: readonly ChunkName[]): AsyncGenerator<Buffer> {
    const byBlock = this.#byBlock(wanted);
    const pending: Promise<Buffer[]>[] = [];
    for (const chunk of wanted) {
      if (this.#sent.some((sums) => sums.has(chunk[0]))) continue;
      const block = this.#blockWith(chunk, byBlock);
      this.#sent.push(new Set(block.chunks.map(([sum]) => sum)));
      if (this.#sent.length > SENT_BLOCKS) this.#sent.shift();
      const bytes = this.#encode(block);
      // Told where it is awaited.
      bytes.catch(() => undefined);
      pending.push(bytes);
      while (pending.length >= BLOCKS_AT_ONCE) yield* await pending.shift()!;
    }
    for (const block of pending) yield* await block;
  }

  /** Of each block that holds some of these chunks, which: by place in the block. */
  #byBlock(wanted: readonly ChunkName[]): Map<string, Map<number, ChunkName>> {
    const byBlock = new Map<string, Map<number, ChunkName>>();
    for (const chunk of wanted) {
      const place = this.#packs.locate(chunk[0]);
      if (!place) continue;
      const key = `${place.pack} ${place.block}`;
      byBlock.set(key, (byBlock.get(key) ?? new Map<number, ChunkName>()).set(place.at, chunk));
    }
    return byBlock;
  }

  /** The block of a chunk as it stands in its pack when all of it is wanted, else what is wanted of it. */
  #blockWith(chunk: ChunkName, byBlock: ReadonlyMap<string, ReadonlyMap<number, ChunkName>>): Sending {
    const place = this.#packs.locate(chunk[0]);
    const here = place && byBlock.get(`${place.pack} ${place.block}`);
    // Cleaning may have moved it a moment ago.
    if (!here?.has(place!.at)) return { chunks: [chunk] };
    const chunks = [...here.entries()].sort(([one], [other]) => one - other).map(([, wanted]) => wanted);
    if (lengthOf(chunks) === place!.contents) return { chunks, stored: place! };
    return { chunks: pieces(chunks).find((piece) => piece.includes(here.get(place!.at)!))! };
  }

  async #encode({ chunks, stored }: Sending): Promise<Buffer[]> {
    try {
      // It may have been cleaned away meanwhile: its chunks lie elsewhere then.
      const frame = (stored && (await this.#packs.frame(stored).catch(onlyDamage))) ?? (await this.#compressed(chunks));
      return [encodeBlockHeader(chunks, frame.length), frame];
    } catch (error) {
      onlyDamage(error);
      return [encodeBlockHeader(chunks, 0)];
    }
  }

  async #compressed(chunks: readonly ChunkName[]): Promise<Buffer> {
    const contents: Buffer[] = [];
    for (const [sum] of chunks) contents.push(await this.#packs.read(sum));
    return compressFrame(Buffer.concat(contents));
  }
}

/** A block to be sent: as it is stored, or made of chunks. */
interface Sending {
  chunks: readonly ChunkName[];
  stored?: { pack: number; block: number };
}

function onlyDamage(error: unknown): undefined {
  if (!(error instanceof DamageError)) throw error;
}

function pieces(chunks: readonly ChunkName[]): ChunkName[][] {
  const cut: ChunkName[][] = [];
  let bytes = BLOCK_BYTES;
  for (const chunk of chunks) {
    if (bytes >= BLOCK_BYTES) {
      cut.push([]);
      bytes = 0;
    }
    cut.at(-1)!.push(chunk);
    bytes += chunk[1];
  }
  return cut;
}
