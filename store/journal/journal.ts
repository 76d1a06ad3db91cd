/**
 * The write-ahead log of a replica (store specification, section 5): appended to, cut off, dropped from, and read, each on disk
 * when it resolves, and in the order of the calls. Appends that wait for each other share one flush. The first thing that the
 * disk refuses ends it: whatever is asked then rejects.
 */

import { basename, join } from 'node:path';
import type { Entry, Json, Position } from '../entry';
import { type Facts, writeFacts } from './facts';
import type { Files, LogFile } from './files';
import { entriesFrom, scanLog } from './scan';
import { Segment, segmentName } from './segment';

/** Flushed at once at most. Bounds what stands in memory twice. */
const GROUP_BYTES_MAX = 4 * 1024 * 1024;
/** Files of entries that were cut off: the earliest go. */
const CUT_FILES_MAX = 8;

/** Where the entries of one epoch end in the log. */
export interface EpochEnd {
  readonly epoch: number;
  readonly last: number;
}

type Task = { done: () => void; failed: (error: unknown) => void } & (
  | { kind: 'append'; entries: readonly Entry[]; bytes: number }
  | { kind: 'other'; work: () => Promise<void> }
);

export class Journal {
  readonly #files: Files;
  readonly #folder: string;
  #facts: Facts;
  /** In the order of their entries; new entries go into the last. Bounded by `drop`. */
  #segments: Segment[];
  /** The last segment's, while it is open. */
  #file: LogFile | undefined;
  #last: Position;
  /** Bounded by the epochs in the log. */
  #epochs: EpochEnd[] = [];
  /** Bounded by what its users let wait. */
  #tasks: Task[] = [];
  #working = false;
  #failure: unknown;

  private constructor(files: Files, folder: string, facts: Facts, segments: Segment[], last: Position) {
    this.#files = files;
    this.#folder = folder;
    this.#facts = facts;
    this.#segments = segments;
    this.#last = last;
  }

  /**
   * Opens the log of a folder, checks all of it, and cuts off a torn last line.
   * @param seen called with every entry that the log holds
   * @throws LogDamage
   */
  static async open(files: Files, folder: string, facts: Facts, seen: (entry: Entry) => void): Promise<Journal> {
    await files.makeFolder(join(folder, facts.segments));
    await files.flushFolder(folder);
    const epochs: EpochEnd[] = [];
    const scanned = await scanLog(files, folder, facts, (entry) => {
      noteEpoch(epochs, entry);
      seen(entry);
    });
    const { segments, last, torn, leftovers } = scanned;
    const journal = new Journal(files, folder, facts, segments, last);
    journal.#epochs = epochs;
    for (const path of leftovers) await files.remove(path);
    const lastSegment = segments.at(-1);
    if (lastSegment === undefined) return journal;
    journal.#file = await files.openLog(lastSegment.path);
    if (torn) await journal.#file.truncate(torn.at);
    // What a killed process had written, this one must not take for flushed.
    else await journal.#file.flush();
    await files.flushFolder(journal.#segmentsFolder);
    return journal;
  }

  get facts(): Facts {
    return this.#facts;
  }

  /** The place that the log begins behind. */
  get base(): Position {
    return this.#facts.base;
  }

  /** The last entry that is on disk. */
  get last(): Position {
    return this.#last;
  }

  /** Where the epochs of the log end, the earliest first. */
  get epochs(): readonly EpochEnd[] {
    return this.#epochs;
  }

  /** Resolves when the entries, which follow on all given before, are on disk. */
  append(entries: readonly Entry[]): Promise<void> {
    const bytes = entries.reduce((sum, { line }) => sum + line.length + 1, 0);
    return this.#ask((done, failed) => ({ kind: 'append', entries, bytes, done, failed }));
  }

  /** Cuts off all entries behind this index. They are kept in a file beside the log, `cut-<first>-<last>.jsonl`. */
  truncate(after: number): Promise<void> {
    return this.#order(() => this.#truncate(after));
  }

  /**
   * Removes all entries: the next one is that behind `at`.
   * @param kept brings what stood before it to the disk in another form: before that, nothing is removed
   */
  restart(at: Position, kept: () => Promise<unknown>): Promise<void> {
    return this.#order(async () => {
      await kept();
      await this.#restart(at);
    });
  }

  /** Removes old segments, as far as they hold nothing behind this index. */
  drop(upTo: number): Promise<void> {
    return this.#order(() => this.#drop(upTo));
  }

  /** The names of the files in which these entries are or, where they are not on disk yet, will be. */
  segmentsOf(from: number, to: number): string[] {
    const held = this.#segments.filter(({ base, last }) => base.index < to && last.index >= from);
    const names = held.map(({ path }) => basename(path));
    const next = this.#last.index + 1;
    if (to < next) return names;
    const open = this.#segments.at(-1);
    const name = open && !open.isFull ? basename(open.path) : segmentName(next);
    return names.includes(name) ? names : [...names, name];
  }

  /** Writes down what the core must not forget. */
  mark(marks: Json): Promise<void> {
    return this.#order(() => this.#writeFacts({ ...this.#facts, marks }));
  }

  /**
   * Entries from this index on, as they are on disk: at most `count`, and no more behind the one with which their lines have
   * `maxBytes`; none where the log does not reach.
   * @throws LogDamage
   */
  async read(from: number, count: number, maxBytes: number): Promise<Entry[]> {
    const found: Entry[] = [];
    let bytes = 0;
    if (from <= this.base.index) return found;
    for (const segment of this.#segments.filter(({ last }) => last.index >= from)) {
      for await (const entry of entriesFrom(this.#files, segment.path, segment.placeBefore(from))) {
        if (entry.index > this.#last.index) return found;
        if (entry.index < from) continue;
        found.push(entry);
        bytes += entry.line.length;
        if (found.length >= count || bytes >= maxBytes) return found;
      }
    }
    return found;
  }

  /** Resolves when all that was asked is done. */
  async close(): Promise<void> {
    await this.#order(async () => {}).catch(() => {});
    this.#failure ??= new Error('the log is closed');
    await this.#file?.close();
    this.#file = undefined;
  }

  #order(work: () => Promise<void>): Promise<void> {
    return this.#ask((done, failed) => ({ kind: 'other', work, done, failed }));
  }

  #ask(task: (done: () => void, failed: (error: unknown) => void) => Task): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((done, failed) => {
      this.#tasks.push(task(done, failed));
      if (!this.#working) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#working = true;
    // Not before whoever asks has done so to the end: what comes together is flushed together.
    await undefined;
    while (this.#tasks.length > 0) {
      const group = this.#nextGroup();
      try {
        await this.#perform(group);
      } catch (error) {
        this.#failure = error;
        for (const { failed } of [...group, ...this.#tasks]) failed(error);
        this.#tasks = [];
        break;
      }
      for (const { done } of group) done();
    }
    this.#working = false;
  }

  /** All appends that wait, up to what is no append; or that alone. */
  #nextGroup(): Task[] {
    let [count, bytes] = [0, 0];
    for (const task of this.#tasks) {
      if (task.kind !== 'append' || (count > 0 && bytes + task.bytes > GROUP_BYTES_MAX)) break;
      count++;
      bytes += task.bytes;
    }
    return this.#tasks.splice(0, Math.max(count, 1));
  }

  async #perform(group: readonly Task[]): Promise<void> {
    const [first] = group;
    if (first?.kind === 'other') return first.work();
    await this.#append(group.flatMap((task) => (task.kind === 'append' ? task.entries : [])));
  }

  async #append(entries: readonly Entry[]): Promise<void> {
    for (let next = 0; next < entries.length; ) {
      const segment = await this.#openSegment();
      const lines: string[] = [];
      do {
        const entry = entries[next++]!;
        lines.push(entry.line);
        segment.added(entry, Buffer.byteLength(entry.line) + 1);
      } while (next < entries.length && !segment.isFull);
      await this.#file!.append(Buffer.from(`${lines.join('\n')}\n`));
      this.#last = segment.last;
    }
    for (const entry of entries) noteEpoch(this.#epochs, entry);
  }

  /** The segment for the next entry. */
  async #openSegment(): Promise<Segment> {
    const last = this.#segments.at(-1);
    if (last !== undefined && !last.isFull) return last;
    await this.#file?.close();
    const segment = new Segment(join(this.#segmentsFolder, segmentName(this.#last.index + 1)), this.#last);
    this.#file = await this.#files.openLog(segment.path);
    await this.#files.flushFolder(this.#segmentsFolder);
    this.#segments.push(segment);
    return segment;
  }

  async #truncate(after: number): Promise<void> {
    if (after >= this.#last.index) return;
    await this.#keepCut(after + 1);
    await this.#file?.close();
    this.#file = undefined;
    // From the end on: stopped at any moment, what is left is a log.
    while (this.#segments.length > 0 && this.#segments.at(-1)!.base.index >= after) {
      await this.#files.remove(this.#segments.pop()!.path);
      await this.#files.flushFolder(this.#segmentsFolder);
    }
    const segment = this.#segments.at(-1);
    if (segment !== undefined) await this.#cutSegment(segment, after);
    this.#last = segment?.last ?? this.base;
    this.#epochs = this.#epochs
      .filter(({ epoch }) => epoch <= this.#last.epoch && this.#last.index > this.base.index)
      .map(({ epoch, last }) => ({ epoch, last: Math.min(last, after) }));
  }

  async #cutSegment(segment: Segment, after: number): Promise<void> {
    let place = segment.placeBefore(after + 1);
    for await (const entry of entriesFrom(this.#files, segment.path, place)) {
      if (entry.index > after) break;
      place = { behind: entry, at: place.at + Buffer.byteLength(entry.line) + 1 };
    }
    this.#file = await this.#files.openLog(segment.path);
    await this.#file.truncate(place.at);
    segment.cut(place);
  }

  /** Writes the entries from `first` on into a file of their own. */
  async #keepCut(first: number): Promise<void> {
    const path = join(this.#folder, `cut-${first}-${this.#last.index}.jsonl`);
    await this.#files.remove(path);
    const file = await this.#files.openLog(path);
    try {
      for (let from = first; from <= this.#last.index; ) {
        const entries = await this.read(from, Number.POSITIVE_INFINITY, GROUP_BYTES_MAX);
        await file.append(Buffer.from(entries.map(({ line }) => `${line}\n`).join('')));
        from = entries.at(-1)!.index + 1;
      }
    } finally {
      await file.close();
    }
    const kept = (await this.#files.list(this.#folder)).filter((name) => /^cut-\d+-\d+\.jsonl$/.test(name));
    // biome-ignore format: one thought
    const byIndex = kept.sort((a, b) => Number(a.split('-')[1]) - Number(b.split('-')[1]));
    for (const name of byIndex.slice(0, -CUT_FILES_MAX)) await this.#files.remove(join(this.#folder, name));
    await this.#files.flushFolder(this.#folder);
  }

  async #restart(at: Position): Promise<void> {
    const old = this.#segmentsFolder;
    const segments = `log-${Number(this.#facts.segments.split('-')[1]) + 1}`;
    await this.#file?.close();
    this.#file = undefined;
    // One that is there is from a restart that was not finished.
    await this.#files.remove(join(this.#folder, segments));
    await this.#files.makeFolder(join(this.#folder, segments));
    await this.#writeFacts({ ...this.#facts, segments, base: at });
    await this.#files.remove(old);
    this.#segments = [];
    this.#epochs = [];
    this.#last = at;
  }

  async #drop(upTo: number): Promise<void> {
    const dropped = this.#segments.slice(0, -1).filter(({ last }) => last.index <= upTo);
    const base = dropped.at(-1)?.last;
    if (base === undefined) return;
    await this.#writeFacts({ ...this.#facts, base });
    this.#segments = this.#segments.slice(dropped.length);
    this.#epochs = this.#epochs.filter(({ last }) => last > base.index);
    for (const { path } of dropped) await this.#files.remove(path);
  }

  async #writeFacts(facts: Facts): Promise<void> {
    await writeFacts(this.#files, this.#folder, facts);
    this.#facts = facts;
  }

  get #segmentsFolder(): string {
    return join(this.#folder, this.#facts.segments);
  }
}

function noteEpoch(epochs: EpochEnd[], { epoch, index }: Position): void {
  if (epochs.at(-1)?.epoch === epoch) epochs[epochs.length - 1] = { epoch, last: index };
  else epochs.push({ epoch, last: index });
}
