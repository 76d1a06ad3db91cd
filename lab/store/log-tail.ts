/** The last lines of a replica's log, read from its files while it runs, or when it is gone. */

import { setTimeout as sleep } from 'node:timers/promises';
import { isSystemError } from '../../shared/errors';
import { escapeText } from '../../shared/escape';
import { realFiles } from '../../store/journal/files';
import { LogDamage } from '../../store/journal/scan';
import { readLog } from '../../store/offline/read-log';

/** Lines kept. */
const LINES_MAX = 8;
/** Between two looks, milliseconds. */
const LOOK_MS = 250;

export class LogTail {
  /** Bounded by LINES_MAX. */
  lines: readonly string[] = [];
  readonly #ending = new AbortController();

  /** @param folder of the replica @param changed called when there are other lines */
  constructor(folder: string, changed: () => void) {
    void this.#follow(folder, changed);
  }

  close(): void {
    this.#ending.abort();
  }

  async #follow(folder: string, changed: () => void): Promise<void> {
    const { signal } = this.#ending;
    const pause = (): Promise<boolean> =>
      sleep(LOOK_MS, undefined, { signal }).then(
        () => true,
        () => false,
      );
    do {
      const lines: string[] = [];
      try {
        for await (const { line } of readLog(realFiles, folder, 1, pause)) {
          lines.push(escapeText(line));
          if (lines.length > LINES_MAX) lines.shift();
          this.lines = [...lines];
          changed();
        }
      } catch (error) {
        // Entries that were never committed are cut off, a snapshot takes the place of all: it is read anew.
        if (!(error instanceof LogDamage) && !isSystemError(error)) throw error;
      }
    } while (await pause());
  }
}
