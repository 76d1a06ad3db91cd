/**
 * `sync_log.txt`: what the leader found when it compared its followers' copies with its own log, in the words of the definition
 * (forms specification, section 2). Nothing waits for it, and nothing depends on it.
 */

import { appendFile, rename, stat } from 'node:fs/promises';
import type { Comparison } from '../../replication/outbox';

/** A file that has grown to this is set aside, `sync_log.1.txt`, in the place of the one before. */
const BYTES_MAX = 1024 * 1024;
/** Lines that wait for the disk at most; more are left out. */
const WAITING_MAX = 10_000;

const WORDS = {
  same: ['INFO', 'La sincronización ha sido satisfactoria para el archivo', ''],
  differs: ['ERROR', 'La sincronización ha fallado para el archivo', ''],
  missing: ['ERROR', 'El archivo', ' no se ha replicado en el nodo seguidor'],
} as const;

export class SyncLog {
  readonly #path: string;
  readonly #note: (text: string) => void;
  readonly #bytesMax: number;
  /** Bounded by WAITING_MAX. */
  #waiting: string[] = [];
  #writing: Promise<void> | undefined;
  #failed = false;

  /** @param note told once, should the file not be writable */
  constructor(path: string, note: (text: string) => void, bytesMax = BYTES_MAX) {
    this.#path = path;
    this.#note = note;
    this.#bytesMax = bytesMax;
  }

  /** One line for each file of the log that the comparison is about. */
  add({ found, follower, from, to }: Comparison, segments: readonly string[], at: Date): void {
    const time = at.toISOString().replace('T', ' ');
    const [level, before, behind] = WORDS[found];
    const entries = to < from ? `tras la entrada ${to}` : `entradas ${from} a ${to}`;
    for (const segment of segments) {
      if (this.#waiting.length >= WAITING_MAX) return;
      this.#waiting.push(`${time} - ${level} - ${before} ${segment}${behind} (${follower}, ${entries})\n`);
    }
    this.#writing ??= this.#write();
  }

  /** Resolves when all is written. */
  async close(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    // Not from within the caller, and all that comes meanwhile at once.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const lines = this.#waiting.splice(0).join('');
      try {
        const bytes = await sizeOf(this.#path);
        if (bytes > 0 && bytes + Buffer.byteLength(lines) > this.#bytesMax) {
          await rename(this.#path, this.#path.replace(/\.txt$/, '.1.txt'));
        }
        await appendFile(this.#path, lines);
      } catch (error) {
        if (!this.#failed) this.#note(`${this.#path} cannot be written: ${(error as Error).message}`);
        this.#failed = true;
      }
    }
    this.#writing = undefined;
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
