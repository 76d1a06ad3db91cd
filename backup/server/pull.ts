/**
 * One run: fetches what has changed below a path of an agent, and makes a copy of it. The agent's list and the last one are read
 * side by side, both in order, so that memory does not grow with the tree. Nothing is kept of a run that fails but chunks.
 */

import type { ByteSource } from '../byte-source';
import { LinesError, readLines } from '../lines';
import {
  bytesOf,
  comparePaths,
  type FileRecord,
  type Name,
  type ProblemRecord,
  type TreeRecord,
  textOf,
} from '../record';
import { areContents } from '../repository/open-pack';
import { readBlock } from '../repository/pack';
import type { PackStore } from '../repository/pack-store';
import { CHUNKS_PATH, type ChunksRequest, READ_PATH, type ReadRequest } from '../wire';
import { type AgentClient, AgentError } from './agent-client';

/** Files asked for at once. */
const FILES_A_BATCH = 1000;
/** Or so many bytes of them: a batch is read once to be summed and, while it is still in the agent's memory, once to be sent. */
const BYTES_A_BATCH = 64 * 1024 * 1024;
/** A file whose chunks were gone so often when they were fetched changes all the time. */
const TRIES = 3;
/** Problems kept by path. */
const PROBLEMS_MAX = 100;

export class Pull {
  readonly problems: [path: string, message: string][] = [];
  problemCount = 0;
  readonly #agent: AgentClient;
  readonly #packs: PackStore;
  readonly #path: string;

  constructor(agent: AgentClient, packs: PackStore, path: string) {
    this.#agent = agent;
    this.#packs = packs;
    this.#path = path;
  }

  /**
   * The tree's records in order, each file's chunks in the packs (not yet sealed).
   * @param list what the agent lists
   * @param last what it listed before, in order; files that stand as they did are not read again
   */
  async *records(
    list: AsyncIterable<TreeRecord | ProblemRecord>,
    last: AsyncIterable<TreeRecord>,
    paranoid: boolean,
  ): AsyncGenerator<TreeRecord> {
    let fetching: Promise<TreeRecord[]> = Promise.resolve([]);
    for await (const batch of this.#batches(list, last, paranoid)) {
      const before = fetching;
      // One batch is fetched while the next is found.
      fetching = this.#fetch(batch);
      fetching.catch(() => undefined);
      yield* await before;
    }
    yield* await fetching;
  }

  async *#batches(
    list: AsyncIterable<TreeRecord | ProblemRecord>,
    last: AsyncIterable<TreeRecord>,
    paranoid: boolean,
  ): AsyncGenerator<TreeRecord[]> {
    let batch: TreeRecord[] = [];
    let files = 0;
    let bytes = 0;
    for await (const [record, known] of joined(list, last)) {
      if (record.type === 'problem') {
        this.#note(record);
        continue;
      }
      if (record.type === 'file') {
        if (!paranoid && known?.type === 'file' && this.#isSame(record, known)) record.chunks = known.chunks!;
        else bytes += record.size;
      }
      batch.push(record);
      if (++files < FILES_A_BATCH && bytes < BYTES_A_BATCH) continue;
      yield batch;
      [batch, files, bytes] = [[], 0, 0];
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
      known.chunks!.every(([sum]) => this.#packs.has(sum))
    );
  }

  /** Puts chunks to the files that have none: those that could not be read are left out and noted. */
  async #fetch(batch: readonly TreeRecord[]): Promise<TreeRecord[]> {
    const read = new Map<string, FileRecord | undefined>();
    let wanted = batch.flatMap((record) => (record.type === 'file' && !record.chunks ? [record.path] : []));
    for (let attempt = 1; wanted.length > 0; attempt++) {
      const lacking: FileRecord[] = [];
      for (const record of await this.#read(wanted)) {
        const isFile = record.type === 'file';
        if (!isFile) this.#note(record);
        read.set(keyOf(record.path), isFile ? record : undefined);
        if (isFile) lacking.push(record);
      }
      await this.#fetchChunks(lacking);
      wanted = lacking.filter(({ chunks }) => !chunks!.every(([sum]) => this.#packs.has(sum))).map(({ path }) => path);
      if (attempt < TRIES) continue;
      for (const path of wanted) {
        read.set(keyOf(path), undefined);
        this.#note({ type: 'problem', path, message: 'it changed each time it was read' });
      }
      break;
    }
    return batch.flatMap((record) => {
      if (record.type !== 'file' || record.chunks) return [record];
      return read.get(keyOf(record.path)) ?? [];
    });
  }

  async #read(files: Name[]): Promise<(FileRecord | ProblemRecord)[]> {
    const body: ReadRequest = { path: this.#path, files };
    const source = await this.#agent.ask(READ_PATH, body);
    const records: (FileRecord | ProblemRecord)[] = [];
    for await (const line of source ? linesOf(source) : []) records.push(line as FileRecord | ProblemRecord);
    if (records.length !== files.length)
      throw new AgentError(`expected ${files.length} records, got ${records.length}`);
    return records;
  }

  async #fetchChunks(records: readonly FileRecord[]): Promise<void> {
    const asked = new Set<string>();
    const files: ChunksRequest['files'] = [];
    for (const { path, chunks } of records) {
      let at = 0;
      const wanted: ChunksRequest['files'][number]['chunks'] = [];
      for (const [sum, length] of chunks!) {
        if (!this.#packs.has(sum) && !asked.has(sum)) {
          asked.add(sum);
          wanted.push([at, length, sum]);
        }
        at += length;
      }
      if (wanted.length > 0) files.push({ path, chunks: wanted });
    }
    if (files.length === 0) return;
    const body: ChunksRequest = { path: this.#path, files };
    const source = await this.#agent.ask(CHUNKS_PATH, body);
    if (!source) return;
    for (let block = await readBlock(source); block; block = await readBlock(source)) {
      const { chunks, frame, contents } = block;
      if (!areContents(chunks, contents)) throw new AgentError('expected chunks with their sums, got others');
      const unasked = chunks.find(([sum]) => !asked.has(sum));
      if (unasked) throw new AgentError('expected the chunks asked for, got another');
      await this.#packs.add(chunks, frame);
    }
  }

  #note({ path, message }: ProblemRecord): void {
    this.problemCount++;
    if (this.problems.length < PROBLEMS_MAX) this.problems.push([textOf(path), message]);
  }
}

/** Different names may show as one text. */
function keyOf(name: Name): string {
  return bytesOf(name).toString('latin1');
}

/** Lines from an agent. @throws AgentError */
export async function* linesOf(source: ByteSource): AsyncGenerator<unknown> {
  try {
    yield* readLines(source);
  } catch (cause) {
    throw cause instanceof LinesError ? new AgentError(cause.message, { cause }) : cause;
  }
}

/** Each record of a list with the one of the same path in another, both in order. */
async function* joined<Line extends { path: Name }>(
  list: AsyncIterable<Line>,
  last: AsyncIterable<TreeRecord>,
): AsyncGenerator<[Line, TreeRecord | undefined]> {
  const known = last[Symbol.asyncIterator]();
  let next = await known.next();
  try {
    for await (const line of list) {
      while (!next.done && comparePaths(next.value.path, line.path) < 0) next = await known.next();
      yield [line, !next.done && comparePaths(next.value.path, line.path) === 0 ? next.value : undefined];
    }
  } finally {
    await known.return?.();
  }
}
