/**
 * A simulated coordination service: one record, sessions, and everything that may go wrong with them: away, restarted, outcomes
 * that nobody hears of, changes that come late, sessions that end early or late.
 */

import type { Random } from '../../../../simulator/random';
import type { Timeline } from '../../../../simulator/timeline';
import type { ChangeOutcome, Configuration, Member } from '../../../../store/coordination/coordination';
import type { Tally } from './states';

/** What a replica hears from the service. */
export interface Watcher {
  readonly member: Member;
  record(configuration: Configuration | undefined): void;
  alive(members: readonly Member[]): void;
  session(held: boolean): void;
}

const SHORT_MS = 5;

export class SimulatedCoordination {
  record: Configuration | undefined;
  /** Nobody can reach it. */
  away = false;
  /** Changes of a hundred whose outcome is not heard of. */
  unknownPercent = 0;
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #tally: Tally;
  /** Called with every record before it is one. */
  readonly #witness: (next: Configuration) => void;
  #before: Configuration | undefined;
  readonly #sessionMs: number;
  /** Changes that may still be made. */
  #changing = 0;
  readonly #watchers = new Map<Watcher, { cut: boolean; seenVersion: number; held: boolean }>();
  /** By identity: when the session ends. */
  readonly #sessions = new Map<string, { member: Member; endsMs: number }>();

  constructor(
    timeline: Timeline,
    random: Random,
    tally: Tally,
    sessionMs: number,
    witness: (next: Configuration) => void,
  ) {
    this.#witness = witness;
    this.#timeline = timeline;
    this.#random = random;
    this.#tally = tally;
    this.#sessionMs = sessionMs;
  }

  get isChanging(): boolean {
    return this.#changing > 0;
  }

  /** A replica comes. Gives what ends it, as the death of its process does: its session lapses later. */
  watch(watcher: Watcher): () => void {
    const state = { cut: false, seenVersion: -1, held: false };
    this.#watchers.set(watcher, state);
    const beat = (): void => {
      if (this.#watchers.get(watcher) !== state) return;
      this.#beat(watcher, state);
      this.#timeline.after(this.#sessionMs / 4, beat);
    };
    this.#timeline.after(this.#delay(), beat);
    return () => this.#watchers.delete(watcher);
  }

  /** One replica can no longer reach the service, or can again. */
  cut(watcher: Watcher, cut: boolean): void {
    const state = this.#watchers.get(watcher);
    if (state) state.cut = cut;
  }

  /** All sessions are forgotten. */
  restart(): void {
    this.#sessions.clear();
  }

  /** A session ends though its holder lives. */
  endEarly(member: Member): void {
    this.#sessions.delete(member.id);
  }

  /** A session outlives its holder. */
  prolong(member: Member, ms: number): void {
    const session = this.#sessions.get(member.id);
    if (session) session.endsMs += ms;
  }

  change(watcher: Watcher, next: Configuration, done: (outcome: ChangeOutcome) => void): void {
    const unknown = this.#random.chance(this.unknownPercent);
    const state = this.#watchers.get(watcher);
    if (!state?.held) return this.#timeline.after(this.#delay(), () => done('refused'));
    if (!this.#reaches(watcher) || unknown) {
      // Lost on its way there, or on its way back, or late.
      const fate = this.#random.below(3);
      if (fate > 0 && !this.away) {
        const lateMs = fate === 1 ? this.#delay() : this.#random.below(1000);
        this.#changing++;
        this.#timeline.after(lateMs, () => {
          this.#changing--;
          if (this.#take(next)) this.#tally.met('a change was made whose outcome was not heard');
        });
      }
      this.#tally.met('the outcome of a change was not heard');
      return this.#timeline.after(SHORT_MS + this.#random.below(100), () => done('unknown'));
    }
    this.#changing++;
    this.#timeline.after(this.#delay(), () => {
      this.#changing--;
      const outcome = this.#take(next) ? 'done' : 'refused';
      this.#timeline.after(this.#delay(), () => done(outcome));
    });
  }

  read(watcher: Watcher, done: (result: { record: Configuration | undefined } | undefined) => void): void {
    this.#timeline.after(this.#delay(), () => {
      const result = this.#reaches(watcher) ? { record: this.record } : undefined;
      this.#timeline.after(this.#delay(), () => done(result));
    });
  }

  #take(next: Configuration): boolean {
    if ((this.record?.version ?? 0) !== next.version - 1) return false;
    this.#witness(next);
    this.#before = this.record;
    this.record = next;
    return true;
  }

  #reaches(watcher: Watcher): boolean {
    return !this.away && this.#watchers.get(watcher)?.cut === false;
  }

  /** A replica renews its session, and hears what is new. */
  #beat(watcher: Watcher, state: { seenVersion: number; held: boolean }): void {
    const nowMs = this.#timeline.nowMs;
    if (!this.#reaches(watcher)) {
      const session = this.#sessions.get(watcher.member.id);
      if (state.held && (!session || session.endsMs <= nowMs)) {
        state.held = false;
        watcher.session(false);
      }
      return;
    }
    const before = this.#sessions.get(watcher.member.id);
    const isLost = state.held && (!before || before.endsMs <= nowMs);
    this.#sessions.set(watcher.member.id, { member: watcher.member, endsMs: nowMs + this.#sessionMs });
    if (isLost) watcher.session(false);
    if (isLost) this.#tally.met('a session ended while its holder lived');
    if (isLost || !state.held) watcher.session(true);
    state.held = true;
    if ((this.record?.version ?? 0) > state.seenVersion) {
      // Who is new may see what was before.
      const isOld = state.seenVersion < 0 && this.#before !== undefined && this.#random.chance(30);
      const record = isOld ? this.#before : this.record;
      state.seenVersion = record?.version ?? 0;
      watcher.record(record);
    }
    const alive = [...this.#sessions.values()].filter(({ endsMs }) => endsMs > nowMs);
    watcher.alive(alive.map(({ member }) => member));
  }

  #delay(): number {
    return 1 + this.#random.below(SHORT_MS);
  }
}
