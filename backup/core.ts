/**
 * What to fetch when, and which copies to let go (backup specification, sections 1 and 2): the schedule of all that is
 * registered. No I/O, no clock, no randomness, no timer: time comes in, and what is to be done goes to an outbox.
 *
 * A job is due at once when it is registered, and then at every turn of its frequency, counted from its last success; turns that
 * pass while it runs, or while the server is down, are one. A run that fails is tried again after 1, 2, 4 ... 60 s until one
 * does not. At most `parallel` runs go on at once, one of each job, one of each agent that can do no more; who has been due
 * longest goes first.
 */

import { strict as assert } from 'node:assert';

/** Waits after the first failure, doubled with each one more. */
const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 60_000;

/** Something registered to be fetched. */
export interface Job {
  node: string;
  path: string;
  /** Between two runs, milliseconds. */
  everyMs: number;
  /** Copies that stay, 1 or more. */
  keep: number;
  /** The agent can serve one run at a time. */
  oneAtATime: boolean;
}

/** Where a schedule puts what it decides. */
export interface ScheduleOutbox<Registered extends Job = Job> {
  /** Begin a run; `finished` is owed for it. */
  run(job: Registered): void;
  /** Call `wake` then; an earlier call of this is void. */
  wake(atMs: number): void;
}

/** Where a job stands. */
export interface JobState<Registered extends Job = Job> {
  job: Registered;
  /** When it is due, milliseconds since 1970; in the past while it waits for its turn. */
  dueMs: number;
  /** Failures since the last success. */
  failures: number;
}

export class Schedule<Registered extends Job = Job> {
  readonly #parallel: number;
  /** By node and path. Bounded by what the operator registers. */
  readonly #jobs = new Map<string, JobState<Registered>>();
  /** Runs under way, also of jobs that were unregistered meanwhile. Bounded by `parallel`. */
  readonly #running = new Map<string, Registered>();

  /** @param parallel most runs at once, 1 or more */
  constructor(parallel: number) {
    this.#parallel = parallel;
  }

  /** In the order in which they were registered. */
  get jobs(): readonly Readonly<JobState<Registered>>[] {
    return [...this.#jobs.values()];
  }

  isRunning(job: Job): boolean {
    return this.#running.has(keyOf(job));
  }

  find(node: string, path: string): Readonly<JobState<Registered>> | undefined {
    return this.#jobs.get(keyOf({ node, path }));
  }

  /**
   * From now on runs the job at every turn; one registered before gets the new frequency and number of copies.
   * @param lastSuccessMs when it last went well, if it ever did: its next turn is counted from there
   */
  register(job: Registered, lastSuccessMs: number | undefined, nowMs: number, out: ScheduleOutbox<Registered>): void {
    const known = this.#jobs.get(keyOf(job));
    const dueMs = lastSuccessMs === undefined ? nowMs : lastSuccessMs + job.everyMs;
    this.#jobs.set(keyOf(job), { failures: known?.failures ?? 0, job, dueMs });
    this.wake(nowMs, out);
  }

  /** Ends its turns; gives whether it was registered. A run under way goes on, and `finished` is still owed. */
  unregister(node: string, path: string): boolean {
    return this.#jobs.delete(keyOf({ node, path }));
  }

  /** Makes a job due now. @throws when it is not registered */
  runNow(node: string, path: string, nowMs: number, out: ScheduleOutbox<Registered>): void {
    const state = this.#jobs.get(keyOf({ node, path }));
    assert(state, 'the job is registered');
    state.dueMs = Math.min(state.dueMs, nowMs);
    this.wake(nowMs, out);
  }

  /** A run has ended. */
  finished(job: Registered, ok: boolean, nowMs: number, out: ScheduleOutbox<Registered>): void {
    this.#running.delete(keyOf(job));
    const state = this.#jobs.get(keyOf(job));
    if (state) {
      state.failures = ok ? 0 : state.failures + 1;
      state.dueMs = ok ? nextTurn(state.dueMs, state.job.everyMs, nowMs) : nowMs + retryWaitMs(state.failures);
    }
    this.wake(nowMs, out);
  }

  /** Begins what is due and may run, and asks to be woken when the next is due. */
  wake(nowMs: number, out: ScheduleOutbox<Registered>): void {
    const waiting = [...this.#jobs.values()].filter(({ job }) => !this.isRunning(job));
    waiting.sort((one, other) => one.dueMs - other.dueMs);
    for (const state of waiting) {
      if (state.dueMs > nowMs) return out.wake(state.dueMs);
      // `finished` wakes those that wait for room.
      if (this.#running.size >= this.#parallel) return;
      if (state.job.oneAtATime && this.#isBusy(state.job.node)) continue;
      this.#running.set(keyOf(state.job), state.job);
      out.run(state.job);
    }
  }

  #isBusy(node: string): boolean {
    return [...this.#running.values()].some((job) => job.node === node);
  }
}

/** The first turn behind now. */
function nextTurn(dueMs: number, everyMs: number, nowMs: number): number {
  const turns = Math.max(1, Math.floor((nowMs - dueMs) / everyMs) + 1);
  return dueMs + turns * everyMs;
}

/** How long to wait after so many failures in a row. */
export function retryWaitMs(failures: number): number {
  return Math.min(RETRY_FIRST_MS * 2 ** (failures - 1), RETRY_MAX_MS);
}

/** Of a source's copies, oldest first, those that go when `keep` stay: never the last one. */
export function surplus<Copy>(copies: readonly Copy[], keep: number): readonly Copy[] {
  return copies.slice(0, Math.max(0, copies.length - Math.max(1, keep)));
}

function keyOf({ node, path }: { node: string; path: string }): string {
  return JSON.stringify([node, path]);
}
