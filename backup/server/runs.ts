/** Runs what the schedule says, with the clock and the network, and records how it went. */

import { EventEmitter } from 'node:events';
import { isSystemError, OperatorError } from '../../shared/errors';
import { Schedule, type ScheduleOutbox } from '../core';
import type { Registration } from '../registration';
import { DamageError } from '../repository/damage-error';
import type { Run } from '../repository/history';
import { clean, prune } from '../repository/prune';
import type { Repository } from '../repository/repository';
import { pullSimple } from '../simple/pull';
import { pathWords } from '../words';
import type { ListedJob, RunProgress, SourceRequest } from './admin-wire';
import { AgentClient } from './agent-client';
import { AgentError } from './agent-error';
import type { Throttle } from './bandwidth';
import { type OnProgress, type Outcome, pullOnce } from './run';

/** A run that takes so long is cut off; the next one goes on from there. A slow or hostile agent must not keep its place for ever. */
const RUN_MAX_MS = 24 * 60 * 60 * 1000;
/** Chunks that no copy needs any more are thrown away so often: all lists are read for it. */
const CLEAN_EVERY_MS = 60 * 60 * 1000;
/** No timer is set for longer than Node's longest. */
const TIMER_MAX_MS = 2 ** 31 - 1;

export interface RunsSettings {
  /** Most runs at once. */
  parallel: number;
  throttle: Throttle;
  /** In PEM: whom to trust for agents that speak TLS, beside nobody. Undefined: whom the system trusts. */
  tlsCa: string | undefined;
  /** Told of each run when it has ended and is recorded. */
  onRun(run: Run): void;
  /** Told of what goes wrong beside runs. */
  onProblem(message: string): void;
}

export class Runs {
  readonly #repository: Repository;
  readonly #settings: RunsSettings;
  readonly #schedule: Schedule<Registration>;
  readonly #out: ScheduleOutbox<Registration>;
  /** By node and path. Bounded by what is registered, and was while the server runs. */
  readonly #successes = new Map<string, number>();
  /** Bounded by `parallel`. */
  readonly #progress = new Map<string, RunProgress>();
  /** Bounded by `parallel`. */
  readonly #running = new Set<Promise<void>>();
  /** Emits `end` with each run. */
  readonly #ends = new EventEmitter().setMaxListeners(0);
  readonly #stopping = new AbortController();
  /** Changes of the registry, one after the other. */
  #changing: Promise<unknown> = Promise.resolve();
  /** As it was when the folder was opened. */
  #registry: readonly Registration[] = [];
  #timer: NodeJS.Timeout | undefined;
  #cleaner: NodeJS.Timeout | undefined;

  private constructor(repository: Repository, settings: RunsSettings) {
    this.#repository = repository;
    this.#settings = settings;
    this.#schedule = new Schedule<Registration>(settings.parallel);
    this.#out = { run: (job) => this.#begin(job), wake: (atMs) => this.#wakeAt(atMs) };
  }

  /** Knows what was registered before, and runs it from `begin` on. @throws DamageError */
  static async open(repository: Repository, settings: RunsSettings): Promise<Runs> {
    const runs = new Runs(repository, settings);
    for await (const run of repository.history.runs()) {
      if ('outcome' in run && run.outcome !== 'failed') runs.#successes.set(keyOf(run), run.atMs);
    }
    runs.#registry = await repository.registry();
    return runs;
  }

  /** Runs what is due from now on. */
  begin(): void {
    for (const job of this.#registry) this.#enter(job);
    this.#cleaner = setInterval(() => void this.#clean(), CLEAN_EVERY_MS);
    void this.#clean();
  }

  /** All that is registered, in the order of registration. */
  list(): ListedJob[] {
    return this.#schedule.jobs.map(({ job, dueMs, failures }) => {
      const { node, path, everyMs, keep, wire } = job;
      const lastSuccessMs = this.#successes.get(keyOf(job));
      const last = lastSuccessMs === undefined ? {} : { lastSuccessMs };
      return { node, path, everyMs, keep, wire, dueMs, failures, isRunning: this.#schedule.isRunning(job), ...last };
    });
  }

  /** Runs under way. */
  progress(): RunProgress[] {
    return [...this.#progress.values()];
  }

  progressOf(source: SourceRequest): RunProgress | undefined {
    return this.#progress.get(keyOf(source));
  }

  /** From now on fetches it; durable when this resolves. Gives whether it is new. */
  register(job: Registration): Promise<boolean> {
    return this.#change(async () => {
      const others = this.#schedule.jobs.map((state) => state.job);
      const at = others.findIndex((other) => keyOf(other) === keyOf(job));
      const jobs = at < 0 ? [...others, job] : others.with(at, job);
      await this.#repository.saveRegistry(jobs);
      this.#enter(job);
      return at < 0;
    });
  }

  /** Ends its turns; durable when this resolves. @throws OperatorError `missing` */
  unregister(source: SourceRequest): Promise<void> {
    return this.#change(async () => {
      this.#registered(source);
      const jobs = this.#schedule.jobs.map(({ job }) => job).filter((job) => keyOf(job) !== keyOf(source));
      await this.#repository.saveRegistry(jobs);
      this.#schedule.unregister(source.node, source.path);
    });
  }

  /** Runs it now, or follows the run that is under way; gives how it went. @throws OperatorError `missing`, `closed` */
  async runNow(source: SourceRequest): Promise<Run> {
    const { job } = this.#registered(source);
    const ended = this.#endOf(source);
    if (!this.#schedule.isRunning(job)) this.#schedule.runNow(job.node, job.path, Date.now(), this.#out);
    return ended;
  }

  /** Throws away all copies of something that is not registered any more, once no run of it is under way. Gives how many. */
  async purge(source: SourceRequest): Promise<number> {
    if (this.#progress.has(keyOf(source))) await this.#endOf(source);
    const purged = await prune(this.#repository, source, 0);
    await this.#clean();
    return purged;
  }

  /** Cuts off what is under way: recorded as failed, what has arrived stays. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    clearInterval(this.#cleaner);
    this.#stopping.abort();
    await this.#changing;
    await Promise.all(this.#running);
    this.#ends.emit('closed');
  }

  /** The next run of it that ends. @throws OperatorError `closed` when the server ends first */
  #endOf(source: SourceRequest): Promise<Run> {
    return new Promise((resolve, reject) => {
      const onEnd = (run: Run): void => {
        if (keyOf(run) === keyOf(source)) settle(() => resolve(run));
      };
      const onClosed = (): void =>
        settle(() => reject(new OperatorError('closed', 'expected a run, got the end of the server')));
      const settle = (how: () => void): void => {
        this.#ends.off('end', onEnd).off('closed', onClosed);
        how();
      };
      this.#ends.on('end', onEnd).on('closed', onClosed);
    });
  }

  #enter(job: Registration): void {
    this.#schedule.register(job, this.#successes.get(keyOf(job)), Date.now(), this.#out);
  }

  #registered({ node, path }: SourceRequest): { job: Registration } {
    const state = this.#schedule.find(node, path);
    if (!state)
      throw new OperatorError('missing', `expected something registered, got ${node} ${JSON.stringify(path)}`);
    return state;
  }

  #change<Result>(change: () => Promise<Result>): Promise<Result> {
    const turn = this.#changing.then(change);
    this.#changing = turn.catch(() => undefined);
    return turn;
  }

  /** Throws away what no copy needs: one at a time, and none that is begun when the server ends. */
  #clean(): Promise<void> {
    return this.#change(async () => {
      if (this.#stopping.signal.aborted) return;
      await clean(this.#repository).catch((error: unknown) => this.#settings.onProblem(sentenceOf(error)));
    });
  }

  #wakeAt(atMs: number): void {
    clearTimeout(this.#timer);
    if (this.#stopping.signal.aborted) return;
    const waitMs = Math.min(Math.max(atMs - Date.now(), 0), TIMER_MAX_MS);
    this.#timer = setTimeout(() => this.#schedule.wake(Date.now(), this.#out), waitMs);
  }

  #begin(job: Registration): void {
    const running = this.#run(job).catch((error: unknown) =>
      this.#settings.onProblem(`a run could not be recorded: ${sentenceOf(error)}`),
    );
    this.#running.add(running);
    void running.then(() => this.#running.delete(running));
  }

  async #run(job: Registration): Promise<void> {
    const { node, path } = job;
    const atMs = Date.now();
    const progress: RunProgress = { node, path, atMs, entries: 0, bytes: 0, travelled: 0 };
    this.#progress.set(keyOf(job), progress);
    const outcome = await this.#outcomeOf(job, progress);
    const run: Run = { node, path, atMs, tookMs: Date.now() - atMs, travelled: progress.travelled, ...outcome };
    const ok = run.outcome !== 'failed';
    try {
      if (ok) this.#successes.set(keyOf(job), atMs);
      await this.#repository.history.add(run);
    } finally {
      this.#progress.delete(keyOf(job));
      this.#settings.onRun(run);
      this.#ends.emit('end', run);
      if (!this.#stopping.signal.aborted) this.#schedule.finished(job, ok, Date.now(), this.#out);
    }
  }

  async #outcomeOf(job: Registration, progress: RunProgress): Promise<Outcome> {
    const { throttle, tlsCa, onProblem } = this.#settings;
    const colon = job.node.lastIndexOf(':');
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(RUN_MAX_MS)]);
    const counting: Throttle = async (bytes) => {
      progress.travelled += bytes;
      await throttle(bytes);
    };
    const host = job.node.slice(0, colon);
    const port = Number(job.node.slice(colon + 1));
    const tls = job.tls ? { ca: tlsCa } : undefined;
    const agent = new AgentClient({ host, port, token: job.token, tls }, counting, signal);
    const { atMs } = progress;
    const onProgress: OnProgress = (tree) => Object.assign(progress, tree);
    try {
      const outcome =
        job.wire === 'simple'
          ? await pullSimple(job, this.#repository, atMs, counting, signal, onProgress)
          : await pullOnce(job, agent, this.#repository, atMs, onProgress);
      // The copy is made whatever becomes of older ones.
      await prune(this.#repository, job, job.keep).catch((error: unknown) => onProblem(sentenceOf(error)));
      return outcome;
    } catch (error) {
      if (this.#stopping.signal.aborted) return { outcome: 'failed', error: 'the server was shut down' };
      const sentence = sentenceOf(error);
      if (!(error instanceof AgentError)) onProblem(`${job.node} ${pathWords(job.path)}: ${sentence}`);
      return { outcome: 'failed', error: sentence.split('\n', 1)[0]! };
    } finally {
      agent.close();
    }
  }
}

/** What the agent, the disk or the network is blamed for, in a sentence; a bug of ours with its stack. */
function sentenceOf(error: unknown): string {
  const { message, stack } = error as Error;
  if (error instanceof AgentError || error instanceof DamageError) return message;
  // The agent's disk and the network are told of as an agent's errors.
  if (isSystemError(error)) return `expected to read and write the server's folder, got ${message}`;
  return stack ?? message;
}

function keyOf({ node, path }: SourceRequest): string {
  return JSON.stringify([node, path]);
}
