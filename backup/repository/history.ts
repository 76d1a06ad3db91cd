/** The record of every run, one line each, in the order in which they ended: `history.jsonl`. */

import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Source } from './copy';
import { DamageError } from './damage-error';
import { readAt } from './files';
import { decodeSummed, encodeSummed } from './summed';

const FILE = 'history.jsonl';

/** How one run went. */
export interface Run extends Source {
  /** When it began, milliseconds since 1970. */
  atMs: number;
  /** How long it took, milliseconds. */
  tookMs: number;
  /** `copied`: there is a new copy; `unchanged`: none was needed; `failed`: nothing that is kept has changed. */
  outcome: 'copied' | 'unchanged' | 'failed';
  /** Number of the copy. */
  copy?: number;
  /** Bytes of all its files. */
  bytes?: number;
  entries?: number;
  /** Bytes of questions to the agent and of its answers; what HTTP adds is not counted. */
  travelled: number;
  /** Why it failed. */
  error?: string;
  /** What could not be read, path and reason: the first hundred. */
  problems?: [path: string, message: string][];
}

export class History {
  readonly #handle: FileHandle;
  #size: number;
  /** Runs that ended at once are written one after the other. */
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.#size = size;
  }

  /** Opens it, and cuts off a line that a crash left torn. */
  static async open(folder: string): Promise<History> {
    const handle = await open(join(folder, FILE), 'a+');
    const { size } = await handle.stat();
    const whole = await endOfLastLine(handle, size);
    const rest = await readAt(handle, whole, size - whole);
    if (isDamaged(rest)) {
      await handle.appendFile('\n');
      return new History(handle, size + 1);
    }
    if (whole < size) await handle.truncate(whole);
    return new History(handle, whole);
  }

  /** Adds a run: durable when this resolves. A line that a full disk cut short is taken back. */
  add(run: Run): Promise<void> {
    const turn = this.#writing.then(() => this.#add(run));
    // Who asked is told; the next in line has a try of its own.
    this.#writing = turn.catch(() => undefined);
    return turn;
  }

  async #add(run: Run): Promise<void> {
    const line = `${encodeSummed(run)}\n`;
    try {
      await this.#handle.appendFile(line);
      await this.#handle.sync();
    } catch (error) {
      await this.#handle.truncate(this.#size);
      throw error;
    }
    this.#size += Buffer.byteLength(line);
  }

  /** All runs, oldest first; damaged lines as such. */
  async *runs(): AsyncGenerator<Run | DamageError> {
    let at = 0;
    let rest = '';
    for (let number = 1; at < this.#size; ) {
      const bytes = await readAt(this.#handle, at, Math.min(READ_BYTES, this.#size - at));
      at += bytes.length;
      const lines = (rest + bytes.toString('latin1')).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const run = decodeSummed(Buffer.from(line, 'latin1').toString()) as Run | undefined;
        yield run ?? new DamageError(FILE, `line ${number} is not what was written`);
        number++;
      }
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** All of a line and another byte in its newline's place: no crash leaves that, so the line stays, for `verify` to name. */
function isDamaged(rest: Buffer): boolean {
  return decodeSummed(rest.subarray(0, -1).toString()) !== undefined;
}

const READ_BYTES = 256 * 1024;

async function endOfLastLine(handle: FileHandle, size: number): Promise<number> {
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - READ_BYTES);
    const newline = (await readAt(handle, from, end - from)).lastIndexOf(0x0a);
    if (newline >= 0) return from + newline + 1;
    end = from;
  }
  return 0;
}
