/** One run over the simple wire: asks an agent of existing implementations, and makes a copy of the tar.gz it sends. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { isSystemError } from '../../shared/errors';
import { ByteSource } from '../byte-source';
import { textOf } from '../record';
import type { Registration } from '../registration';
import type { Repository } from '../repository/repository';
import { AgentError } from '../server/agent-error';
import type { Throttle } from '../server/bandwidth';
import type { OnProgress, Outcome } from '../server/run';
import { readTarTree } from './tar-tree';
import { NO_UPDATES, UPDATES } from './wire';

/** An agent that says nothing for so long has hung: it may have to read all its files before it answers. */
const SILENCE_MAX_MS = 10 * 60_000;
/** Problems kept by path. */
const PROBLEMS_MAX = 100;

/** @throws AgentError, DamageError or the system's error: then nothing that is kept has changed */
export async function pullSimple(
  job: Registration,
  repository: Repository,
  atMs: number,
  throttle: Throttle,
  signal: AbortSignal,
  onProgress: OnProgress,
): Promise<Outcome> {
  const colon = job.node.lastIndexOf(':');
  const socket = connect({ host: job.node.slice(0, colon), port: Number(job.node.slice(colon + 1)) });
  const cut = (): void => void socket.destroy(new AgentError('the run was cut off'));
  signal.addEventListener('abort', cut);
  try {
    socket.setTimeout(SILENCE_MAX_MS, () =>
      socket.destroy(new AgentError(`expected an answer, got silence for ${SILENCE_MAX_MS / 60_000} minutes`)),
    );
    await once(socket, 'connect');
    return await ask(job, socket, repository, atMs, throttle, onProgress);
  } catch (error) {
    // What the disk says has the same codes.
    if (!isSystemError(error) || error !== socket.errored) throw error;
    throw new AgentError(`expected an agent at ${job.node}, got ${error.code}`, { cause: error });
  } finally {
    signal.removeEventListener('abort', cut);
    socket.destroy();
  }
}

async function ask(
  job: Registration,
  socket: Socket,
  repository: Repository,
  atMs: number,
  throttle: Throttle,
  onProgress: OnProgress,
): Promise<Outcome> {
  const last = await repository.copies.last(job);
  socket.write(`${job.path}:${job.paranoid ? '' : last.list}\n`);
  let travelled = 0;
  const source = new ByteSource(
    counted(socket, async (bytes) => {
      travelled += bytes;
      await throttle(bytes);
    }),
  );
  const answer = await source.take(UPDATES.length);
  if (answer.length === 0)
    throw new AgentError(`expected something at ${JSON.stringify(job.path)}, got an empty answer`);
  if (answer.equals(NO_UPDATES) && last.list !== '') return { outcome: 'unchanged' };
  if (!answer.equals(UPDATES))
    throw new AgentError(`expected "${UPDATES}", got ${JSON.stringify(answer.toString('latin1'))}`);
  const writer = await repository.copies.begin(job, atMs);
  try {
    const tree = await readTarTree(rest(source), job.path, repository.packs, () => travelled);
    for (const record of tree.records) {
      await writer.add(record);
      onProgress(writer.progress);
    }
    const { copy, ...found } = await writer.finish({ list: tree.md5, problems: tree.problems.length });
    const told = tree.problems
      .slice(0, PROBLEMS_MAX)
      .map(({ path, message }): [string, string] => [textOf(path), message]);
    const problems = told.length > 0 ? { problems: told } : {};
    if (copy === undefined) return { outcome: 'unchanged', ...found, ...problems };
    return { outcome: 'copied', copy, ...found, ...problems };
  } catch (error) {
    await writer.abandon();
    // What has arrived stays: the next run does not store it again.
    await repository.packs.seal().catch(() => undefined);
    throw error;
  }
}

async function* counted(socket: Socket, onBytes: Throttle): AsyncGenerator<Buffer> {
  for await (const piece of socket as AsyncIterable<Buffer>) {
    await onBytes(piece.length);
    yield piece;
  }
}

async function* rest(source: ByteSource): AsyncGenerator<Buffer> {
  for (let piece = await source.take(PIECE); piece.length > 0; piece = await source.take(PIECE)) yield piece;
}
const PIECE = 64 * 1024;
