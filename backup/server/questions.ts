/** What the server answers to each of an admin's questions. */

import { OperatorError } from '../../shared/errors';
import { version } from '../../shared/program/version';
import type { Copy } from '../repository/copy';
import { DamageError } from '../repository/damage-error';
import type { Run } from '../repository/history';
import type { Repository } from '../repository/repository';
import { verify } from '../repository/verify';
import { listCopy } from '../restore/list';
import { restoreStream } from '../restore/send';
import { tarGz } from '../restore/tar';
import type { SimpleActions } from '../simple/admin';
import type { Handlers } from './admin-server';
import type { CopyInfo, CopyRequest, QueriedCopy, RunLine, ServerStatus, SourceRequest } from './admin-wire';
import { copyRequestOf, KEEP_DEFAULT, lsRequestOf, registrationOf, sourceOf } from './requests';
import type { Runs } from './runs';

/** A run's progress is told so often, milliseconds. */
const PROGRESS_MS = 200;

export interface Answering {
  repository: Repository;
  runs: Runs;
  parallel: number;
  sinceMs: number;
  shutdown(): void;
}

/** What answers each question. */
export function handlersOf(answering: Answering): Handlers {
  const { repository, runs } = answering;
  return {
    register: async (request) => {
      const job = registrationOf(request);
      return { isNew: await runs.register(job), node: job.node };
    },
    unregister: async (request) => {
      const wanted = sourceOf(request);
      const purge = (request as { purge?: unknown }).purge === true;
      const isRegistered = runs.list().some(({ path }) => path === wanted.path || path === trimmed(wanted.path));
      // Copies of what was unregistered before can still be thrown away.
      if (purge && !isRegistered) return { purged: await runs.purge(await keptSource(repository, wanted)) };
      const source = registeredSource(runs, wanted);
      await runs.unregister(source);
      return { purged: purge ? await runs.purge(source) : 0 };
    },
    list: async () => ({ jobs: runs.list() }),
    query: async (request) => queried(repository, sourceOf(request)),
    status: async () => statusOf(answering),
    shutdown: async () => {
      setImmediate(answering.shutdown);
      return {};
    },
    history: async (request) => history(repository, request as Partial<SourceRequest>),
    run: async (request) => followed(runs, registeredSource(runs, sourceOf(request))),
    verify: async () => verify(repository),
    ls: async (request) => {
      const wanted = lsRequestOf(request);
      return begun(listCopy(repository, await copyOf(repository, wanted), wanted.below));
    },
    save: async (request) => {
      const copy = await copyOf(repository, copyRequestOf(request));
      return { ...(await infoOf(repository, copy)), bytes: await begun(tarGz(repository, copy)) };
    },
    restore: async (request) => {
      const wanted = lsRequestOf(request);
      const copy = await copyOf(repository, wanted);
      return { ...(await infoOf(repository, copy)), bytes: await begun(restoreStream(repository, copy, wanted.below)) };
    },
  };
}

/** What the simple wire's admins may ask; their agents speak that wire, and their frequencies are in seconds. */
export function simpleActions(repository: Repository, runs: Runs, shutdown: () => void): SimpleActions {
  return {
    register: ({ node, port, path, seconds }) =>
      runs.register(
        registrationOf({
          node: `${node}:${port}`,
          path,
          everyMs: seconds * 1000,
          keep: KEEP_DEFAULT,
          wire: 'simple',
          tls: false,
          paranoid: false,
        }),
      ),
    unregister: (node, path) => runs.unregister(registeredSource(runs, { node, path })),
    latest: async (node, path) => {
      const copy = await copyOf(repository, { node, path, copy: 1 }).catch((error: unknown) => {
        if (error instanceof OperatorError) return undefined;
        throw error;
      });
      return copy && tarGz(repository, copy, trimmed(copy.path));
    },
    shutdown,
  };
}

/** What is wrong from the beginning is a refusal, not an answer that is cut off. @throws OperatorError `damage` and what the answer throws */
async function begun<Piece>(answer: AsyncGenerator<Piece>): Promise<AsyncGenerator<Piece>> {
  try {
    const first = await answer.next();
    return startedWith(first, answer);
  } catch (error) {
    throw error instanceof DamageError ? new OperatorError('damage', error.message, { cause: error }) : error;
  }
}

/** An answer whose first piece is here already; whoever leaves before it ends what is behind it, too. */
function startedWith<Piece>(first: IteratorResult<Piece>, rest: AsyncGenerator<Piece>): AsyncGenerator<Piece> {
  let waiting: IteratorResult<Piece> | undefined = first;
  const next = rest.next.bind(rest);
  // A generator around it would not hear of an end before its own beginning.
  rest.next = async () => {
    const piece = waiting ?? (await next());
    waiting = undefined;
    return piece;
  };
  return rest;
}

async function infoOf({ copies }: Repository, copy: Copy & SourceRequest): Promise<CopyInfo> {
  const { node, path, number } = copy;
  return { node, path, number, copyBytes: (await copies.tail(copy)).bytes };
}

async function statusOf({ repository, runs, parallel, sinceMs }: Answering): Promise<ServerStatus> {
  return {
    version: version(),
    folder: repository.folder,
    pid: process.pid,
    sinceMs,
    parallel,
    jobs: runs.list().length,
    running: runs.progress(),
    chunks: repository.packs.chunks,
    damage: repository.damage.map(({ message }) => message),
  };
}

/** The registered node and path that are meant. @throws OperatorError `missing` */
function registeredSource(runs: Runs, wanted: SourceRequest): SourceRequest {
  return sourceAmong(runs.list(), wanted, 'registered');
}

/** The node and path of which there are, or were, copies. @throws OperatorError `missing` */
export async function keptSource(repository: Repository, wanted: SourceRequest): Promise<SourceRequest> {
  const sources = await repository.copies.sources();
  return sourceAmong(
    sources.filter((source) => 'node' in source),
    wanted,
    'a copy',
  );
}

/** A host alone is enough where that leaves no doubt. */
function sourceAmong(known: readonly SourceRequest[], { node, path }: SourceRequest, what: string): SourceRequest {
  const wanted = known.filter((source) => source.path === path || source.path === trimmed(path));
  const exact = wanted.find((source) => source.node === node);
  const matching = exact ? [exact] : wanted.filter((source) => source.node.replace(/:\d+$/, '') === node);
  const [found, ...more] = matching;
  if (!found) throw new OperatorError('missing', `expected ${what} of ${node} ${JSON.stringify(path)}, found none`);
  if (more.length === 0) return { node: found.node, path: found.path };
  const nodes = matching.map((source) => source.node).join(', ');
  throw new OperatorError('missing', `expected one agent's host:port, got "${node}", which stands for ${nodes}`);
}

function trimmed(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** A copy by its place: 1 is the latest. @throws OperatorError `missing` */
export async function copyOf(repository: Repository, request: CopyRequest): Promise<Copy & SourceRequest> {
  const source = await keptSource(repository, request);
  const copies = await repository.copies.of(source);
  const copy = copies.at(-request.copy);
  if (copy) return { ...copy, ...source };
  const got = `expected copy 1 to ${copies.length} of ${source.node} "${source.path}", got ${request.copy}`;
  throw new OperatorError('missing', copies.length === 0 ? got.replace('1 to 0', 'of those kept (none)') : got);
}

async function queried(
  repository: Repository,
  request: SourceRequest,
): Promise<{ copies: QueriedCopy[] } & SourceRequest> {
  const source = await keptSource(repository, request);
  const kept = (await repository.copies.of(source)).map(({ number }) => number);
  const copies: QueriedCopy[] = [];
  const recorded = new Set<number>();
  for await (const run of history(repository, source)) {
    if (run.outcome !== 'copied') continue;
    const at = kept.indexOf(run.copy!);
    const { atMs, bytes = 0, entries = 0 } = run;
    copies.push({ atMs, bytes, entries, ...(at < 0 ? {} : { copy: kept.length - at }) });
    recorded.add(run.copy!);
  }
  // A server that was killed right behind a copy did not record its run.
  for (const [at, copy] of (await repository.copies.of(source)).entries()) {
    if (recorded.has(copy.number)) continue;
    const [{ atMs }, { bytes, entries }] = [await repository.copies.head(copy), await repository.copies.tail(copy)];
    copies.push({ atMs, bytes, entries, copy: kept.length - at });
  }
  copies.sort((one, other) => one.atMs - other.atMs);
  return { ...source, copies };
}

/** Runs as they were recorded; damaged lines are for `verify`. */
async function* history(repository: Repository, { node, path }: Partial<SourceRequest>): AsyncGenerator<Run> {
  for await (const run of repository.history.runs()) {
    if (!('outcome' in run)) continue;
    const isNode = node === undefined || run.node === node || run.node.replace(/:\d+$/, '') === node;
    if (isNode && (path === undefined || run.path === path)) yield run;
  }
}

async function* followed(runs: Runs, source: SourceRequest): AsyncGenerator<RunLine> {
  const ending = runs.runNow(source);
  ending.catch(() => undefined);
  for (;;) {
    let timer: NodeJS.Timeout | undefined;
    const tick = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), PROGRESS_MS)));
    const run = await Promise.race([ending, tick]);
    clearTimeout(timer);
    if (run) return yield { type: 'end', ...run };
    const progress = runs.progressOf(source);
    if (progress) yield { type: 'progress', ...progress };
  }
}
