/**
 * What keeps the state: an ordered map with transactions, snapshots, and no haste to reach the disk (the log replays what is
 * lost). Keys are byte strings (one character of U+0000 to U+00FF a byte), in the order of their bytes; values are texts.
 */

/** What an engine must be able to take as a key, in bytes. */
export const KEY_BYTES_MAX = 1200;

export interface Reader {
  get(key: string): string | undefined;
  /** Keys from `from` on and before `to`, in order, with their values; nothing may be written until it is left. */
  range(from: string, to: string): Iterable<readonly [key: string, value: string]>;
  /** As `range`, for who needs no values. */
  keys(from: string, to: string): Iterable<string>;
}

export interface Writer extends Reader {
  put(key: string, value: string): void;
  remove(key: string): void;
}

export interface Engine extends Reader {
  /** More was written than should wait in memory for the file: whoever can, awaits `room` before it writes on. */
  readonly isFull: boolean;
  /** One transaction: all that `work` writes, or, where it throws, nothing. */
  write(work: (writer: Writer) => void): void;
  /** Everything as it is now, however much is written while it is read. */
  snapshot(): Reader & { close(): void };
  /** Resolves when all that was written before the call survives a power cut. Until then what survives is an earlier whole. */
  flush(): Promise<void>;
  /** Resolves when the flush under way is over, at once where there is none. @throws Error when the disk refuses it */
  room(): Promise<void>;
  close(): Promise<void>;
}
