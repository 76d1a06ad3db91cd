/**
 * The engine of real replicas: LMDB, one file that is mapped into memory. A commit writes without waiting for the disk; `flush`
 * is what waits. LMDB keeps the pages of the last flushed transaction until the next flush: after a power cut it opens at that
 * one, after the process's death alone at the last committed.
 */

import { open, type RootDatabase, TransactionFlags } from 'lmdb';
import { type Engine, KEY_BYTES_MAX, type Reader, type Writer } from './engine';

/** Snapshots, searches and offline readers at once; each is a slot of the lock file. */
const READERS_MAX = 126;

export interface LmdbOptions {
  /** Opens at the last flushed transaction even where the machine has not stopped since. */
  asAfterPowerCut?: boolean;
  /** For who looks at a state, perhaps another process's: the file must be there, and nothing is written. */
  readOnly?: boolean;
}

type Options = Parameters<RootDatabase<string, Buffer>['getRange']>[0] & object;

export class LmdbEngine implements Engine {
  readonly #db: RootDatabase<string, Buffer>;
  readonly #now: LmdbReader;

  /** @param path of the file; another with `-lock` behind its name stands beside it */
  constructor(path: string, { asAfterPowerCut = false, readOnly = false }: LmdbOptions = {}) {
    this.#db = open({
      path,
      noSubdir: true,
      encoding: 'string',
      keyEncoding: 'binary',
      overlappingSync: !readOnly,
      readOnly,
      safeRestore: asAfterPowerCut,
      maxReaders: READERS_MAX,
    } as Parameters<typeof open>[0]);
    this.#now = new LmdbReader(this.#db, {});
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

  write(work: (writer: Writer) => void): void {
    const db = this.#db;
    const writer = new LmdbWriter(db, {});
    const flags = TransactionFlags.ABORTABLE | TransactionFlags.SYNCHRONOUS_COMMIT | TransactionFlags.NO_SYNC_FLUSH;
    db.transactionSync(() => work(writer), flags);
  }

  snapshot(): Reader & { close(): void } {
    const transaction = this.#db.useReadTransaction();
    const reader = new LmdbReader(this.#db, { transaction });
    return Object.assign(reader, { close: () => transaction.done() });
  }

  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      (this.#db as unknown as { sync(done: (error: unknown) => void): void }).sync((error) =>
        error ? reject(error) : resolve(),
      );
    });
  }

  async close(): Promise<void> {
    await this.#db.close();
  }
}

class LmdbReader implements Reader {
  protected readonly db: RootDatabase<string, Buffer>;
  readonly #options: Options;

  constructor(db: RootDatabase<string, Buffer>, options: Options) {
    this.db = db;
    this.#options = options;
  }

  get(key: string): string | undefined {
    return this.db.get(bytesOf(key), this.#options);
  }

  *range(from: string, to: string): Generator<readonly [string, string]> {
    const bounds = { start: bytesOf(from), end: bytesOf(to), ...this.#options };
    for (const { key, value } of this.db.getRange(bounds)) yield [key.toString('latin1'), value];
  }

  *keys(from: string, to: string): Generator<string> {
    const bounds = { start: bytesOf(from), end: bytesOf(to), ...this.#options };
    for (const key of this.db.getKeys(bounds)) yield key.toString('latin1');
  }
}

class LmdbWriter extends LmdbReader implements Writer {
  put(key: string, value: string): void {
    this.db.put(bytesOf(key), value);
  }

  remove(key: string): void {
    this.db.remove(bytesOf(key));
  }
}

function bytesOf(key: string): Buffer {
  if (key.length > KEY_BYTES_MAX) throw new RangeError(`a key of ${key.length} bytes`);
  return Buffer.from(key, 'latin1');
}
