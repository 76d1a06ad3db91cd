/**
 * The engine of real replicas: LMDB, one file that is mapped into memory, and over it in memory what was written lately. A
 * flush brings that into the file piece by piece, as one durable transaction that a thread of its own commits; so the file
 * always holds what was there after some transaction, and no write waits for the disk.
 */

import { setImmediate as aTurn } from 'node:timers/promises';
import { open, type RootDatabase } from 'lmdb';
import { Blocks, Draft } from './blocks';
import { type Engine, KEY_BYTES_MAX, type Reader, type Writer } from './engine';
import { type Layer, Layers } from './layers';

/** Snapshots, searches and offline readers at once; each is a slot of the lock file. */
const READERS_MAX = 126;
/**
 * Address space for the file, not memory: one that must grow is mapped anew, and the old mapping stays resident beside it. What a
 * store may have at most.
 */
const MAP_BYTES = 256 * 2 ** 30;
/**
 * So many writes, or characters of them, are kept in memory before a flush begins by itself: the more there are, the more of
 * them meet on a page, and each page is written once.
 */
const RECENT_MAX = 20_000;
const RECENT_LENGTH_MAX = 8 * 1024 * 1024;
/** So many are brought into the file in one turn of the event loop: about a millisecond. */
const PIECE_WRITES = 300;
/** What may wait in memory while a flush is under way: so many writes, so many characters of keys and values. */
const WAITING_MAX = 50_000;
const WAITING_LENGTH_MAX = 64 * 1024 * 1024;

export interface LmdbOptions {
  /** For who looks at a state, perhaps another process's: the file must be there, and nothing is written. */
  readOnly?: boolean;
}

export class LmdbEngine implements Engine {
  readonly #db: RootDatabase<string, string>;
  /** For the transaction of a flush alone: on a handle that has one open, even snapshots are read as it sees them. */
  readonly #writing: RootDatabase<string, string> | undefined;
  readonly #file: FileReader;
  /** Not in the file yet. Bounded by WAITING_MAX and WAITING_LENGTH_MAX, and what is written by who does not heed `isFull`. */
  #recent = new Blocks<string | null>();
  #recentWrites = 0;
  #recentLength = 0;
  /** Being brought into the file; empty while nothing is. */
  #leaving = new Blocks<string | null>();
  #flushing: Promise<void> | undefined;
  #failure: unknown;
  #now: Layers;

  /** @param path of the file; another with `-lock` behind its name stands beside it */
  constructor(path: string, { readOnly = false }: LmdbOptions = {}) {
    this.#db = openFile(path, readOnly);
    this.#writing = readOnly ? undefined : openFile(path, readOnly);
    this.#file = new FileReader(this.#db, {});
    this.#now = this.#layers();
  }

  get isFull(): boolean {
    const isMuch = this.#recentWrites >= WAITING_MAX || this.#recentLength >= WAITING_LENGTH_MAX;
    return isMuch && this.#flushing !== undefined;
  }

  get(key: string): string | undefined {
    return this.#now.get(key);
  }

  range(from: string, to: string): Iterable<readonly [string, string]> {
    return this.#now.range(from, to);
  }

  keys(from: string, to: string): Iterable<string> {
    return this.#now.keys(from, to);
  }

  /** @throws Error also when the disk refused an earlier flush */
  write(work: (writer: Writer) => void): void {
    if (this.#failure !== undefined) throw this.#failure;
    const writer = new LayersWriter(this.#recent, this.#leaving, this.#file);
    work(writer);
    this.#recent = writer.draft;
    this.#recentWrites += writer.writes;
    this.#recentLength += writer.length;
    this.#now = this.#layers();
    // Its failure is told by the next call.
    const isDue = this.#recentWrites >= RECENT_MAX || this.#recentLength >= RECENT_LENGTH_MAX;
    if (isDue && !this.#flushing) this.flush().catch(() => {});
  }

  snapshot(): Reader & { close(): void } {
    const transaction = this.#db.useReadTransaction();
    const file = new FileReader(this.#db, { transaction });
    return Object.assign(this.#layers(file), { close: () => transaction.done() });
  }

  async flush(): Promise<void> {
    // What is under way may lack what came since.
    while (this.#flushing) await this.#flushing;
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#recentWrites === 0) return;
    this.#flushing = this.#bringIntoFile();
    await this.#flushing;
  }

  async room(): Promise<void> {
    await this.#flushing;
  }

  async close(): Promise<void> {
    await this.flush().catch(() => {});
    for (const handle of [this.#writing, this.#db]) {
      await handle?.close().catch((error) => {
        // What the disk refused was told, and is told here again.
        if (this.#failure === undefined) throw error;
      });
    }
  }

  async #bringIntoFile(): Promise<void> {
    [this.#leaving, this.#recent] = [this.#recent, new Blocks()];
    this.#recentWrites = this.#recentLength = 0;
    this.#now = this.#layers();
    try {
      await this.#writing!.transaction(() => this.#writeLeaving());
      // Readers of this turn must not see the file as it was before.
      this.#db.resetReadTxn();
      this.#leaving = new Blocks();
      this.#now = this.#layers();
    } catch (cause) {
      this.#failure = new Error(`${await reasonOf(cause)}, writing documents`, { cause });
      throw this.#failure;
    } finally {
      this.#flushing = undefined;
    }
  }

  /** Piece by piece, so that nobody else waits long. */
  async #writeLeaving(): Promise<void> {
    const db = this.#writing!;
    let written = 0;
    for (const [key, value] of this.#leaving.range('', '\xff'.repeat(KEY_BYTES_MAX + 1))) {
      if (value === null) db.removeSync(key);
      else db.putSync(key, value);
      if (++written % PIECE_WRITES === 0) await aTurn();
    }
  }

  /** Without those that hold nothing: most of the time there is only the file to be asked. */
  #layers(file = this.#file): Layers {
    const upper = [this.#recent, this.#leaving].filter(({ blocks }) => blocks.length > 0);
    return new Layers(upper, file);
  }
}

function openFile(path: string, readOnly: boolean): RootDatabase<string, string> {
  return open({
    path,
    noSubdir: true,
    encoding: 'string',
    keyEncoder: KEYS,
    // A commit is durable when it resolves, and every page on disk is one of a whole state.
    overlappingSync: false,
    // Else it wraps ours in a batch of its own, whose promise nobody has, so that a full disk would end the process.
    eventTurnBatching: false,
    readOnly,
    mapSize: MAP_BYTES,
    maxReaders: READERS_MAX,
  } as Parameters<typeof open>[0]);
}

/** What a transaction sees, and what it writes into a draft of the uppermost layer. */
class LayersWriter extends Layers implements Writer {
  readonly draft: Draft<string | null>;
  writes = 0;
  /** Of the keys and values written, characters. */
  length = 0;

  constructor(recent: Blocks<string | null>, leaving: Layer, file: Reader) {
    const draft = new Draft(recent);
    super([draft, leaving], file);
    this.draft = draft;
  }

  put(key: string, value: string): void {
    if (key.length > KEY_BYTES_MAX) throw new RangeError(`a key of ${key.length} bytes`);
    this.draft.put(key, value);
    this.writes++;
    this.length += key.length + value.length;
  }

  remove(key: string): void {
    this.draft.put(key, null);
    this.writes++;
    this.length += key.length;
  }
}

type Options = Parameters<RootDatabase<string, string>['getRange']>[0] & object;

class FileReader implements Reader {
  readonly #db: RootDatabase<string, string>;
  readonly #options: Options;

  constructor(db: RootDatabase<string, string>, options: Options) {
    this.#db = db;
    this.#options = options;
  }

  get(key: string): string | undefined {
    return this.#db.get(key, this.#options);
  }

  *range(from: string, to: string): Generator<readonly [string, string]> {
    for (const { key, value } of this.#db.getRange(this.#between(from, to))) yield [key, value];
  }

  keys(from: string, to: string): Iterable<string> {
    return this.#db.getKeys(this.#between(from, to));
  }

  #between(from: string, to: string): Options {
    return { start: from, end: to, transaction: this.#options.transaction } as Options;
  }
}

/** Keys straight into LMDB's memory and out of it, a character a byte: no buffer is made for each. */
const KEYS = {
  writeKey(key: string, target: Buffer, start: number): number {
    const end = start + key.length;
    // LMDB then takes larger memory. `write` would silently leave away what does not fit.
    if (end > target.length) throw new RangeError('no room for a key');
    target.write(key, start, 'latin1');
    return end;
  },
  readKey: (source: Buffer, start: number, end: number): string => source.toString('latin1', start, end),
};

/** LMDB tells what the system said by a promise of its own, which rejects somewhat later. */
async function reasonOf(error: unknown): Promise<string> {
  try {
    await (error as { commitError?: Promise<never> }).commitError;
  } catch (cause) {
    return (cause as Error).message;
  }
  return (error as Error).message;
}
