/**
 * A replica's own folder beneath the path it was given: its log, its state, and where its store's record lies. What is damaged is
 * set aside, for people to look at, and the replica begins anew under another identity (store specification, sections 1 and 5).
 */

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { fileError, OperatorError } from '../shared/errors';
import { lockFolder, type Unlock } from '../shared/folder-lock';
import type { Recovered } from './core';
import { Documents } from './documents/documents';
import { LmdbEngine } from './documents/lmdb-engine';
import type { Entry, Json } from './entry';
import type { Facts } from './journal/facts';
import { realFiles } from './journal/files';
import { holdFolder, setAside } from './journal/folder';
import { Journal } from './journal/journal';
import type { Marks } from './replication/outbox';

/** Entries kept in memory besides those that are not applied: followers that are a little behind cost no reading. */
const TAIL_ENTRIES = 10_000;
/** The documents' file. */
export const STATE = 'state';
const PLACE = 'place.json';

/** All that was found in a folder, open. */
export interface Recovery {
  recovered: Recovered;
  journal: Journal;
  machine: Documents;
  engine: LmdbEngine;
}

/** The folder with the record of the store. */
export interface Place {
  coordination: string;
}

export class ReplicaFolder {
  readonly path: string;
  readonly #note: (text: string) => void;
  readonly #unlock: Unlock;
  #facts: Facts;
  /** The identity of what was damaged and set aside. */
  #former: string | undefined;

  private constructor(path: string, facts: Facts, unlock: Unlock, note: (text: string) => void) {
    this.path = path;
    this.#facts = facts;
    this.#unlock = unlock;
    this.#note = note;
  }

  /**
   * Holds the folder of a replica, `<path>/<host>-<port>`, made where there is none: replicas of one machine may share a path.
   * @throws OperatorError `lock` when another process has it, `format` when another version wrote it, `file`
   */
  static async hold(
    path: string,
    { host, port }: { host: string; port: number },
    note: (text: string) => void,
  ): Promise<ReplicaFolder> {
    const folder = join(path, `${host}-${port}`);
    try {
      const { facts, unlock } = await holdFolder(realFiles, folder, randomUUID());
      return new ReplicaFolder(folder, facts, unlock, note);
    } catch (error) {
      if (!isDamage(error)) throw fileError('a folder that can be read and written', folder, error);
      const unlock = lockFolder(folder);
      const { facts, aside } = await setAside(realFiles, folder, randomUUID());
      note(`${error.message}; all of it was set aside in "${aside}"`);
      const held = new ReplicaFolder(folder, facts, unlock, note);
      held.#former = 'unknown';
      return held;
    }
  }

  /** Opens log and state; what is damaged is told, and set aside. @throws OperatorError `file` */
  async recover(): Promise<Recovery> {
    try {
      return await this.#open();
    } catch (error) {
      if (!isDamage(error)) throw fileError('files that can be read and written', this.path, error);
      const former = this.#facts.id;
      await this.setAside(error.message);
      this.#former = former;
      return this.#open();
    }
  }

  /** Moves log and state away, and says why: the replica is another from now on, and has nothing. */
  async setAside(reason: string): Promise<void> {
    const { facts, aside } = await setAside(realFiles, this.path, randomUUID());
    this.#facts = facts;
    this.#former = undefined;
    this.#note(`${reason}; all of it was set aside in "${aside}", and the replica begins anew`);
  }

  /** Where the record lies, as this folder knows; undefined in one that is new. */
  async place(): Promise<Place | undefined> {
    const text = await realFiles.readText(join(this.path, PLACE));
    return text === undefined ? undefined : (JSON.parse(text) as Place);
  }

  /** @throws OperatorError `file` */
  async writePlace(place: Place): Promise<void> {
    const path = join(this.path, PLACE);
    try {
      await realFiles.writeFlushed(`${path}.next`, `${JSON.stringify(place)}\n`);
      await realFiles.rename(`${path}.next`, path);
      await realFiles.flushFolder(this.path);
    } catch (error) {
      throw fileError('a file that can be written', path, error);
    }
  }

  /** Gives the folder back. */
  release(): void {
    this.#unlock();
  }

  async #open(): Promise<Recovery> {
    const facts = this.#facts;
    const engine = openState(join(this.path, STATE));
    try {
      const machine = new Documents(engine);
      const { tail, seen } = tailBehind(machine.applied.index);
      const journal = await Journal.open(realFiles, this.path, facts, seen);
      const { base, epochs, last } = journal;
      const marks = (facts.marks as Marks | null) ?? undefined;
      return {
        recovered: { id: facts.id, marks, former: this.#former, base, epochs, last, tail },
        journal,
        machine,
        engine,
      };
    } catch (error) {
      await engine.close();
      throw error;
    }
  }
}

/** What the core wrote down, as the log keeps it. */
export function marksJson(marks: Marks): Json {
  return JSON.parse(JSON.stringify(marks)) as Json;
}

/** Keeps the newest entries of those that it is shown, and all that are not applied. */
function tailBehind(applied: number): { tail: Entry[]; seen: (entry: Entry) => void } {
  const tail: Entry[] = [];
  const seen = (entry: Entry): void => {
    tail.push(entry);
    // In pieces: to take away the first alone would move all others each time.
    if (tail.length >= 2 * TAIL_ENTRIES && tail[TAIL_ENTRIES]!.index <= applied) tail.splice(0, TAIL_ENTRIES);
  };
  return { tail, seen };
}

function openState(path: string): LmdbEngine {
  try {
    return new LmdbEngine(path);
  } catch (cause) {
    throw new OperatorError('damage', `expected the documents of a replica, got others in "${path}": ${cause}`, {
      cause,
    });
  }
}

function isDamage(error: unknown): error is OperatorError {
  return error instanceof OperatorError && error.code === 'damage';
}
