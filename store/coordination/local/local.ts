/**
 * Coordination of replicas on one machine, through a folder that they share (store specification, section 6): `record/` holds
 * the record, a file per version, `members/` a lease for each member.
 */

import { join } from 'node:path';
import { OperatorError } from '../../../shared/errors';
import { type Clock, monotonicClock } from '../clock';
import type { ChangeOutcome, Configuration, Coordination, CoordinationOptions, Member } from '../coordination';
import { Fence } from '../fence';
import { Notices } from '../notices';
import { Turns } from '../turns';
import { bootIdentity, codeOf, type Files, realFiles } from './files';
import { MembersFolder } from './members-folder';
import { RecordFolder } from './record-folder';

export interface LocalOptions extends CoordinationOptions {
  /** Shared by the replicas of one store. Made where it is not there. */
  folder: string;
  files?: Files;
  /** Identity of the machine's boot. */
  boot?: string;
}

/** How often in a session a lease is written, and everything looked at. */
const TURNS_A_SESSION = 4;

/** Takes part, from now on until `close`. @throws OperatorError `file` when the folder cannot be made */
export async function openLocal(options: LocalOptions): Promise<Coordination> {
  const { folder, files = realFiles } = options;
  // Here alone: whoever removes the folder later has removed the record, and an empty one must not be taken for it.
  try {
    for (const name of ['record', 'members']) await files.makeFolder(join(folder, name));
  } catch (cause) {
    throw new OperatorError('file', `expected a folder to coordinate in, got ${folder}: ${codeOf(cause)}`, { cause });
  }
  return new LocalCoordination(options, files, options.boot ?? (await bootIdentity()));
}

class LocalCoordination implements Coordination {
  readonly #options: LocalOptions;
  readonly #boot: string;
  readonly #clock: Clock;
  readonly #notices: Notices;
  readonly #fence: Fence;
  readonly #members: MembersFolder;
  readonly #record: RecordFolder;
  readonly #turns: Turns;
  readonly #endWatches: readonly (() => void)[];
  /** The record told last; null before the first. */
  #told: Configuration | undefined | null = null;
  #alive: readonly Member[] = [];
  #closed = false;

  constructor(options: LocalOptions, files: Files, boot: string) {
    const { folder, events, clock = monotonicClock } = options;
    this.#options = options;
    this.#boot = boot;
    this.#clock = clock;
    this.#notices = new Notices((sentence) => {
      if (!this.#closed) events.notice(sentence);
    });
    this.#fence = new Fence(clock, events.session.bind(events));
    this.#members = new MembersFolder(join(folder, 'members'), files, this.#notices);
    this.#record = new RecordFolder(join(folder, 'record'), files, this.#notices);
    this.#turns = new Turns(clock, () => this.#turn());
    this.#endWatches = [
      this.#record.watch(() => this.#turns.ask()),
      this.#members.watch(
        (id) => this.#alive.some((member) => member.id === id),
        () => this.#turns.ask(),
      ),
    ];
    this.#turns.ask();
  }

  async read(): Promise<Configuration | undefined> {
    if (this.#closed) throw new OperatorError('coordination', 'the coordination is closed');
    return this.#record.read();
  }

  async change(next: Configuration): Promise<ChangeOutcome> {
    return this.#fence.holds ? this.#record.change(next) : 'refused';
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#fence.close();
    for (const end of this.#endWatches) end();
    await this.#turns.close();
    await this.#members.remove(this.#options.member.id);
  }

  /** Writes our lease and looks at everything. Gives after how many ms that is to be done again. */
  async #turn(): Promise<number> {
    await this.#renew();
    await this.#lookAtRecord();
    return Math.min(this.#options.sessionMs / TURNS_A_SESSION, await this.#lookAtMembers());
  }

  /** Our lease runs from before it was written: whoever reads it counts so too. */
  async #renew(): Promise<void> {
    const { member, sessionMs } = this.#options;
    const atMs = this.#clock.nowMs();
    const written = await this.#members.write(
      { ...member, boot: this.#boot, atMs, sessionMs },
      this.#told ?? undefined,
    );
    if (written && !this.#closed) this.#fence.hold(atMs + sessionMs);
  }

  async #lookAtRecord(): Promise<void> {
    const record = await this.#record.look();
    if (this.#closed || record === null) return;
    if (this.#told !== null && (record?.version ?? 0) <= (this.#told?.version ?? 0)) return;
    this.#told = record;
    this.#options.events.record(record);
  }

  /** Tells who is alive, and gives how long no lease can lapse, in ms. */
  async #lookAtMembers(): Promise<number> {
    const found = await this.#members.alive(this.#boot, this.#clock.nowMs());
    if (this.#closed || found === undefined) return Number.POSITIVE_INFINITY;
    if (JSON.stringify(found.members) !== JSON.stringify(this.#alive)) {
      this.#alive = found.members;
      this.#options.events.alive(found.members);
    }
    return found.lapseMs;
  }
}
