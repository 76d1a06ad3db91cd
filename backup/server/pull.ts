/**
 * One run: fetches what has changed below a path of an agent, and makes a copy of it. Memory does not grow with the tree. Nothing is kept of a run that fails but chunks.
 */

import type { ByteSource } from '../byte-source';
import { unread } from '../list-runs';
import { bytesOf, type FileRecord, type Name, type ProblemRecord, type TreeRecord, textOf } from '../record';
import { CHUNKS_MAX, LONG_FROM } from '../repository/chunker';
import { contentsOf } from '../repository/open-pack';
import { lengthOf, readBlock, type SentBlock } from '../repository/pack';
import type { PackStore } from '../repository/pack-store';
import { CHUNKS_PATH, type ChunksRequest, READ_PATH, type ReadRequest, WHOLE_PATH, type WholeRequest } from '../wire';
import type { AgentClient } from './agent-client';
import { AgentError } from './agent-error';
import { readOf } from './agent-lines';
import { fetchParts } from './fetch-parts';
import type { Listed } from './list';

/** Files asked for at once. */
const FILES_A_BATCH = 250;
/** Or so many bytes of them: what an agent has read to be summed it remembers for a while, to be sent. */
const BYTES_A_BATCH = 16 * 1024 * 1024;
/** Batches under way: one is read, of one the chunks come. */
const BATCHES_AT_ONCE = 2;
/** Blocks taken from an answer before they are asked for: they are decompressed meanwhile. */
const BLOCKS_AHEAD = 4;
/** Or so many bytes of them, compressed and not, and one block more. */
const BYTES_AHEAD = 8 * 1024 * 1024;
/** Chunks asked for at once, so that a request has a bound whatever the size of a file. */
const CHUNKS_A_REQUEST = 10_000;
/** Or so many bytes of them: an agent that reads all of that in vain must not be silent for too long. */
const BYTES_A_REQUEST = 1024 ** 3;
/** A file whose chunks were gone so often when they were fetched changes all the time. */
const TRIES = 3;
/** Problems kept by path. */
const PROBLEMS_MAX = 100;

type Wanted = ChunksRequest['files'];

/** Some of a tree's records, in order. */
interface Batch {
  records: TreeRecord[];
  /** Files of which the list has told what is in them. */
  told: FileRecord[];
  /** Files of which it is not known what is in them. */
  unknown: Name[];
  /** By path: what files that are to be read had in them before, all of it here. Bounded by FILES_A_BATCH. */
  was: Map<string, NonNullable<FileRecord['chunks']>>;
}

export class Pull {
  /** Bounded by PROBLEMS_MAX. */
  readonly problems: [path: string, message: string][] = [];
  problemCount = 0;
  /** Files kept as they never were at one moment. */
  tornCount = 0;
  readonly #agent: AgentClient;
  readonly #packs: PackStore;
  readonly #path: string;
  readonly #sendsParts: boolean;

  /** @param sendsParts the agent knows how to send parts of chunks */
  constructor(agent: AgentClient, packs: PackStore, path: string, sendsParts: boolean) {
    this.#agent = agent;
    this.#packs = packs;
    this.#path = path;
    this.#sendsParts = sendsParts;
  }

  /**
   * The tree's records in order, each file's chunks in the packs (not yet sealed).
   * @param list what the agent lists, beside what it listed before: files that stand as they did are not read again
   * @throws AgentError
   */
  async *records(list: AsyncIterable<Listed>, paranoid: boolean): AsyncGenerator<TreeRecord> {
    let reading: Promise<unknown> = Promise.resolve();
    const fetching: Promise<TreeRecord[]>[] = [];
    let fetched: Promise<unknown> = reading;
    for await (const batch of this.#batches(list, paranoid)) {
      // While the chunks of one batch are fetched, the next is read, one more is found, and the one before is written.
      const read = reading.then(() => this.#read(batch.unknown));
      const whole = Promise.all([read, fetched]).then(([files]) => this.#fetch(batch, [...batch.told, ...files]));
      // Told where it is awaited.
      whole.catch(() => undefined);
      [reading, fetched] = [read, whole];
      fetching.push(whole);
      if (fetching.length >= BATCHES_AT_ONCE) yield* await fetching.shift()!;
    }
    for (const whole of fetching) yield* await whole;
  }

  async *#batches(list: AsyncIterable<Listed>, paranoid: boolean): AsyncGenerator<Batch> {
    let batch = emptyBatch();
    let bytes = 0;
    for await (const [entry, known] of list) {
      if (entry.type === 'problem') {
        this.#note(entry);
        continue;
      }
      if (entry.type !== 'file') batch.records.push(entry);
      else if (!paranoid && known?.type === 'file' && this.#isSame(entry, known)) {
        batch.records.push({ ...entry, chunks: known.chunks! });
      } else {
        batch.records.push(unread(entry));
        bytes += entry.size;
        // What stands in the last list is what was there then.
        if (entry.chunks && entry !== known) batch.told.push(entry);
        else batch.unknown.push(entry.path);
        if (known?.type === 'file' && this.#hasAll(known)) batch.was.set(keyOf(entry.path), known.chunks!);
      }
      if (batch.records.length < FILES_A_BATCH && bytes < BYTES_A_BATCH) continue;
      yield batch;
      [batch, bytes] = [emptyBatch(), 0];
    }
    yield batch;
  }

  /** Does the file stand as before, with all its chunks here? */
  #isSame(record: FileRecord, known: FileRecord): boolean {
    return (
      record.size === known.size &&
      record.mtime === known.mtime &&
      record.ctime === known.ctime &&
      record.dev === known.dev &&
      record.ino === known.ino &&
      known.torn === undefined &&
      this.#hasAll(known)
    );
  }

  #hasAll({ chunks }: FileRecord): boolean {
    return chunks!.every(([sum]) => this.#packs.has(sum));
  }

  /** Puts chunks to the files that have none: those that could not be read are left out and noted. */
  async #fetch({ records, was }: Batch, files: FileRecord[]): Promise<TreeRecord[]> {
    const read = new Map<string, FileRecord>();
    const changed = files.flatMap((file) => {
      const chunks = was.get(keyOf(file.path));
      return chunks ? { file, was: chunks } : [];
    });
    if (this.#sendsParts) await fetchParts(this.#agent, this.#packs, this.#path, changed);
    let lacking = files;
    for (let attempt = 1; lacking.length > 0; attempt++) {
      for (const file of lacking) read.set(keyOf(file.path), file);
      await this.#fetchChunks(lacking);
      lacking = lacking.filter((file) => !this.#hasAll(file));
      if (attempt === TRIES) break;
      lacking = await this.#read(lacking.map(({ path }) => path));
    }
    for (const file of lacking) {
      const torn = await this.#readTorn(file);
      if (torn) read.set(keyOf(file.path), torn);
      else read.delete(keyOf(file.path));
    }
    const whole = records.flatMap((record) =>
      record.type !== 'file' || record.chunks ? record : (read.get(keyOf(record.path)) ?? []),
    );
    this.tornCount += whole.filter((record) => record.type === 'file' && record.torn).length;
    return whole;
  }

  /** What is in these files; what cannot be read is noted. */
  async #read(paths: Name[]): Promise<FileRecord[]> {
    if (paths.length === 0) return [];
    const body: ReadRequest = { path: this.#path, files: paths, longFrom: LONG_FROM };
    const files: FileRecord[] = [];
    let count = 0;
    for await (const line of this.#agent.lines(READ_PATH, body)) {
      if (count === paths.length) throw new AgentError(`expected ${paths.length} records, got more`);
      const record = readOf(line, paths[count++]!);
      if (record.type === 'file') files.push(record);
      else this.#note(record);
    }
    if (count < paths.length) throw new AgentError(`expected ${paths.length} records, got ${count}`);
    return files;
  }

  async #fetchChunks(files: readonly FileRecord[]): Promise<void> {
    for (const wanted of requestsOf(files, (sum) => this.#packs.has(sum))) {
      const asked = new Set(wanted.flatMap(({ chunks }) => chunks.map(([, , sum]) => sum)));
      const body: ChunksRequest = { path: this.#path, files: wanted };
      for await (const { chunks, frame } of this.#blocks(CHUNKS_PATH, body)) {
        // Each once: a block sent again and again would fill the disk.
        if (!chunks.every(([sum]) => asked.delete(sum))) {
          throw new AgentError('expected the chunks asked for, each once, got another');
        }
        await this.#packs.add(chunks, frame);
      }
    }
  }

  /** A file that changes all the time: read once from its beginning to its end, and kept so. Undefined when it is gone. */
  async #readTorn(file: FileRecord): Promise<FileRecord | undefined> {
    const body: WholeRequest = { path: this.#path, file: file.path, longFrom: LONG_FROM };
    const whole: [string, number][] = [];
    for await (const { chunks, frame } of this.#blocks(WHOLE_PATH, body)) {
      for (const [sum, length] of chunks) whole.push([sum, length]);
      if (whole.length > CHUNKS_MAX) {
        this.#note({ type: 'problem', path: file.path, message: `expected at most ${CHUNKS_MAX} chunks, got more` });
        return undefined;
      }
      if (!chunks.every(([sum]) => this.#packs.has(sum))) await this.#packs.add(chunks, frame);
    }
    if (whole.length === 0 && file.size > 0) {
      this.#note({ type: 'problem', path: file.path, message: 'it changed each time it was read, and then was gone' });
      return undefined;
    }
    const size = whole.reduce((sum, [, length]) => sum + length, 0);
    return { ...file, size, chunks: whole, torn: true };
  }

  /** The blocks of an answer, their contents checked. @throws AgentError */
  async *#blocks(path: string, body: object): AsyncGenerator<SentBlock> {
    const source = await this.#agent.ask(path, body);
    const ahead: Promise<SentBlock | undefined>[] = [];
    let bytesAhead = 0;
    try {
      for (let ended = false; !ended || ahead.length > 0; ) {
        while (!ended && ahead.length < BLOCKS_AHEAD && bytesAhead < BYTES_AHEAD) {
          // What came whole before an answer was cut off is kept: a block's error is told in its turn.
          const block = await nextBlock(source).catch((error: Error) => error);
          ended = block === undefined || block instanceof Error;
          if (block && !(block instanceof Error)) bytesAhead += bytesIn(block);
          const whole = block instanceof Error ? Promise.reject(block) : checkedBlock(block);
          whole.catch(() => undefined);
          ahead.push(whole);
        }
        const block = await ahead.shift()!;
        if (!block) continue;
        bytesAhead -= bytesIn(block);
        yield block;
      }
    } finally {
      await source.close();
    }
  }

  #note({ path, message }: ProblemRecord): void {
    this.problemCount++;
    if (this.problems.length < PROBLEMS_MAX) this.problems.push([textOf(path), message]);
  }
}

/** What a block takes in memory while it is checked. */
function bytesIn({ chunks, frame }: SentBlock): number {
  return lengthOf(chunks) + frame.length;
}

async function nextBlock(source: ByteSource): Promise<SentBlock | undefined> {
  try {
    return await readBlock(source);
  } catch (cause) {
    if (cause instanceof AgentError) throw cause;
    throw new AgentError(`expected a block, got something else: ${(cause as Error).message}`, { cause });
  }
}

/** A block that holds what it says, or none. @throws AgentError */
async function checkedBlock(block: SentBlock | undefined): Promise<SentBlock | undefined> {
  if (!block || (await contentsOf(block.chunks, block.frame))) return block;
  throw new AgentError('expected chunks with their sums, got others');
}

function emptyBatch(): Batch {
  return { records: [], told: [], unknown: [], was: new Map() };
}

/** Chunks of these files that are not here, each once, in requests of bounded length. */
function* requestsOf(files: readonly FileRecord[], has: (sum: string) => boolean): Generator<Wanted> {
  const asked = new Set<string>();
  let request: Wanted = [];
  let [count, bytes] = [0, 0];
  for (const { path, chunks } of files) {
    let at = 0;
    let wanted: Wanted[number]['chunks'] = [];
    for (const [sum, length] of chunks!) {
      if (!has(sum) && !asked.has(sum)) {
        asked.add(sum);
        wanted.push([at, length, sum]);
        [count, bytes] = [count + 1, bytes + length];
        if (count === CHUNKS_A_REQUEST || bytes >= BYTES_A_REQUEST) {
          yield [...request, { path, chunks: wanted }];
          [request, wanted, count, bytes] = [[], [], 0, 0];
        }
      }
      at += length;
    }
    if (wanted.length > 0) request.push({ path, chunks: wanted });
  }
  if (request.length > 0) yield request;
}

/** Different names may show as one text. */
function keyOf(name: Name): string {
  return bytesOf(name).toString('latin1');
}
