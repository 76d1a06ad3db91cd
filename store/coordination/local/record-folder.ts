/**
 * The record as a file per version in a folder, made by exclusive creation of the next one. There is no lock: whoever is stopped,
 * at whatever step, holds up nobody, and when he goes on finds out whether he came too late.
 */

import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { OperatorError } from '../../../shared/errors';
import type { ChangeOutcome, Configuration } from '../coordination';
import type { Notices } from '../notices';
import { formatRecord, parseRecord } from '../record-text';
import { codeOf, type Files } from './files';

/** So few that one system call lists them all, and a list thus shows one moment. */
export const KEPT_VERSIONS = 100;
const VERSION_NAME = /^(\d{10})\.json$/;
const DRAFT_NAME = /^(\d{10})\..*\.draft$/;

export class RecordFolder {
  readonly #folder: string;
  readonly #files: Files;
  readonly #notices: Notices;

  constructor(folder: string, files: Files, notices: Notices) {
    this.#folder = folder;
    this.#files = files;
    this.#notices = notices;
  }

  /**
   * The record, undefined while there is none.
   * @throws OperatorError `coordination` when it cannot be read or is damaged: an older one must not be taken for it, since who is
   * in sync has changed
   */
  async latest(): Promise<Configuration | undefined> {
    for (;;) {
      const version = await this.#version();
      if (version === 0) return undefined;
      const path = this.#path(version);
      const text = await this.#files.read(path).catch((error: unknown) => {
        // Others went on meanwhile, and removed it.
        if (codeOf(error) === 'ENOENT') return undefined;
        throw cannotRead(path, error);
      });
      if (text === undefined) continue;
      const record = parseRecord(text);
      if (record?.version === version) return record;
      throw new OperatorError('coordination', `expected a whole record in ${path}, got a damaged one`);
    }
  }

  /** The same, and no loss of power can undo what it gives. @throws OperatorError like `latest` */
  async read(): Promise<Configuration | undefined> {
    const record = await this.latest();
    await this.#files.flushFolder(this.#folder).catch((error: unknown) => {
      throw cannotRead(this.#folder, error);
    });
    return record;
  }

  /** The same; null when it cannot be read, which is said as a notice. */
  async look(): Promise<Configuration | undefined | null> {
    try {
      const record = await this.latest();
      this.#notices.fine(this.#folder);
      return record;
    } catch (error) {
      assert(error instanceof OperatorError, error as Error);
      this.#notices.amiss(this.#folder, error.message);
      return null;
    }
  }

  /** Compare-and-set. What went wrong with the files is said as a notice. */
  async change(next: Configuration): Promise<ChangeOutcome> {
    // A name that no other has: what one who was stopped left behind is in nobody's way.
    const draft = join(this.#folder, `${padded(next.version)}.${randomUUID()}.draft`);
    /** What is true of the record, should the step fail that is under way. */
    let outcome: ChangeOutcome = 'refused';
    try {
      if ((await this.#version()) !== next.version - 1) return 'refused';
      await this.#files.writeFlushed(draft, `${formatRecord(next)}\n`);
      outcome = 'unknown';
      if (!(await this.#link(draft, next.version))) return 'refused';
      await this.#files.flushFolder(this.#folder);
      // Had we been stopped before the link, others may have gone on so far that our version was removed again: then a later one
      // is there now. So it is too when somebody built on ours at once; which of both it was, the record tells who reads it.
      return (await this.#version()) === next.version ? 'done' : 'unknown';
    } catch (error) {
      const reason = error instanceof OperatorError ? error.message : codeOf(error);
      this.#notices.amiss(`${this.#folder} changed`, `cannot change the record in ${this.#folder}: ${reason}`);
      return outcome;
    } finally {
      await this.#files.remove(draft).catch(() => {});
      await this.#prune().catch(() => {});
    }
  }

  /** Calls when it may have changed, as far as the system tells. */
  watch(changed: () => void): () => void {
    return this.#files.watch(this.#folder, (name) => {
      if (VERSION_NAME.test(name)) changed();
    });
  }

  /** Makes the draft the version; false: there is one already, or the draft was removed because there was one. */
  async #link(draft: string, version: number): Promise<boolean> {
    try {
      await this.#files.link(draft, this.#path(version));
      return true;
    } catch (error) {
      if (['EEXIST', 'ENOENT'].includes(codeOf(error))) return false;
      throw error;
    }
  }

  /** Removes old versions, and drafts of versions that are there: nothing can become of them. */
  async #prune(): Promise<void> {
    const names = await this.#files.list(this.#folder);
    const latest = Math.max(0, ...names.map((name) => numberIn(VERSION_NAME, name)));
    const superfluous = names.filter(
      (name) =>
        numberIn(DRAFT_NAME, name, latest + 1) <= latest ||
        numberIn(VERSION_NAME, name, latest) <= latest - KEPT_VERSIONS,
    );
    for (const name of superfluous) await this.#files.remove(join(this.#folder, name));
  }

  /** The version of the record; 0 while there is none. @throws OperatorError `coordination` */
  async #version(): Promise<number> {
    const names = await this.#files.list(this.#folder).catch((error: unknown) => {
      throw cannotRead(this.#folder, error);
    });
    return Math.max(0, ...names.map((name) => numberIn(VERSION_NAME, name)));
  }

  #path(version: number): string {
    return join(this.#folder, `${padded(version)}.json`);
  }
}

function cannotRead(path: string, cause: unknown): OperatorError {
  return new OperatorError('coordination', `cannot read ${path}: ${codeOf(cause)}`, { cause });
}

/** So that a listing by name is one by version. */
function padded(version: number): string {
  return String(version).padStart(10, '0');
}

function numberIn(pattern: RegExp, name: string, otherwise = 0): number {
  return Number(pattern.exec(name)?.[1] ?? otherwise);
}
