/** A member of a local coordination in memory, on a clock that tests move: what it was told, and how it is stopped. */

import type { Clock } from '../../../store/coordination/clock';
import type { Configuration, Coordination, Member } from '../../../store/coordination/coordination';
import { openLocal } from '../../../store/coordination/local/local';
import type { Hook, MemoryFiles } from './memory-files';
import type { VirtualClock } from './virtual-clock';

export const SESSION_MS = 3000;

export class LocalMember {
  readonly member: Member;
  /** Each record told, `undefined` where it was told that there is none. */
  readonly records: (Configuration | undefined)[] = [];
  /** Identities, as last told. */
  alive: string[] = [];
  /** Every change of our session. */
  readonly sessions: boolean[] = [];
  readonly notices: string[] = [];
  coordination!: Coordination;
  /** What else happens at each step. */
  hook: Hook = () => {};
  /** Resolved while it runs. */
  #running: Promise<void> = Promise.resolve();
  #goOn = () => {};

  constructor(id: string) {
    this.member = { id, address: `127.0.0.1:${8000 + id.charCodeAt(0)}` };
  }

  async open(files: MemoryFiles, clock: VirtualClock, boot = 'boot-1'): Promise<this> {
    this.coordination = await openLocal({
      folder: '/store',
      member: this.member,
      sessionMs: SESSION_MS,
      boot,
      clock: this.#stoppable(clock),
      files: files.door(async (step, path) => {
        await this.#running;
        await this.hook(step, path);
        await this.#running;
      }),
      events: {
        record: (record) => this.records.push(record),
        alive: (members) => {
          this.alive = members.map(({ id }) => id);
        },
        session: (held) => this.sessions.push(held),
        notice: (sentence) => this.notices.push(sentence),
      },
    });
    return this;
  }

  get held(): boolean {
    return this.sessions.at(-1) ?? false;
  }

  /** As by SIGSTOP: no step is done, no timer called. */
  stop(): void {
    this.#running = new Promise((resolve) => {
      this.#goOn = resolve;
    });
  }

  /** As by SIGCONT. */
  goOn(): void {
    this.#goOn();
  }

  #stoppable(clock: VirtualClock): Clock {
    return {
      nowMs: () => clock.nowMs(),
      after: (waitMs, callback) => {
        let cancelled = false;
        const cancel = clock.after(waitMs, () => void this.#running.then(() => cancelled || callback()));
        return () => {
          cancelled = true;
          cancel();
        };
      },
    };
  }
}

/** A configuration of that version, led by `leader`. */
export function configuration(version: number, leader = 'a', others: Partial<Configuration> = {}): Configuration {
  return { version, epoch: 1, leader, inSync: [{ id: leader, address: '127.0.0.1:8000' }], ...others };
}
