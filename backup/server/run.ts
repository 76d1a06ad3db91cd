/** One run over this project's wire: what an agent has, against the last copy, becomes the next copy, or none when nothing changed. */

import { isDeepStrictEqual } from 'node:util';
import { bytesOf, type TreeRecord } from '../record';
import type { Registration } from '../registration';
import type { Copy, CopyWriter } from '../repository/copies';
import type { Run } from '../repository/history';
import type { Repository } from '../repository/repository';
import { LIST_PATH, type ListRequest } from '../wire';
import type { AgentClient } from './agent-client';
import { listed } from './agent-lines';
import { Pull } from './pull';

/** What a run found, or why there is nothing new. */
export type Outcome = Omit<Run, 'node' | 'path' | 'atMs' | 'tookMs' | 'travelled'>;

/** What the run may know of the ones before, and whom it tells how far it is. */
export interface RunContext {
  repository: Repository;
  atMs: number;
  onRecord(record: TreeRecord): void;
}

/** @throws AgentError, DamageError or the system's error: then nothing that is kept has changed */
export async function pullOnce(job: Registration, agent: AgentClient, context: RunContext): Promise<Outcome> {
  const { repository, atMs, onRecord } = context;
  const { packs, copies } = repository;
  const { node, path } = job;
  const last = (await copies.of(job)).at(-1);
  const number = (last?.number ?? 0) + 1;
  const body: ListRequest = { path, unless: '' };
  const list = listed(agent.lines(LIST_PATH, body), () => undefined);
  const first = await list.next();
  // Not even the root: all is as it was.
  if (first.done) return { outcome: 'unchanged' };
  const pull = new Pull(agent, packs, path);
  const writer = await copies.begin({ format: 1, node, path, number, atMs });
  let finished = false;
  try {
    const before = last ? recordsOf(repository, last) : nothing();
    const known = last ? recordsOf(repository, last) : nothing();
    const { entries, bytes, isSame } = await write(
      pull.records(startedWith(first.value, list), known, job.paranoid),
      before,
      writer,
      onRecord,
    );
    const problems = pull.problemCount > 0 ? { problems: pull.problems } : {};
    const found = { entries, bytes, ...problems };
    if (last && isSame) return { outcome: 'unchanged', ...found };
    await packs.seal();
    await writer.finish({ type: 'end', entries, bytes, problems: pull.problemCount });
    finished = true;
    return { outcome: 'copied', copy: number, ...found };
  } finally {
    if (!finished) await writer.abandon();
    // What has arrived stays: the next run goes on from there.
    if (!finished) await packs.seal();
  }
}

/** Writes all records; `isSame` when the copy before has the same but for times. */
async function write(
  records: AsyncIterable<TreeRecord>,
  before: AsyncGenerator<TreeRecord>,
  writer: CopyWriter,
  onRecord: (record: TreeRecord) => void,
): Promise<{ entries: number; bytes: number; isSame: boolean }> {
  let [entries, bytes, isSame] = [0, 0, true];
  try {
    for await (const record of records) {
      await writer.add(record);
      entries++;
      if (record.type === 'file') bytes += record.size;
      onRecord(record);
      if (!isSame) continue;
      const next = await before.next();
      isSame = !next.done && isDeepStrictEqual(kept(record), kept(next.value));
    }
    isSame &&= (await before.next()).done === true;
  } finally {
    await before.return(undefined);
  }
  return { entries, bytes, isSame };
}

/** What is a change when it changes: not times, nor where a file lies on the agent's disk. */
function kept(record: TreeRecord): object {
  const path = bytesOf(record.path).toString('latin1');
  if (record.type === 'hardlink') return { path, of: record.of };
  const { type, mode, uid, gid } = record;
  const attributes = { path, type, mode, uid, gid };
  if (record.type === 'link') return { ...attributes, target: record.target };
  return record.type === 'file' ? { ...attributes, chunks: record.chunks } : attributes;
}

async function* recordsOf({ copies }: Repository, copy: Copy): AsyncGenerator<TreeRecord> {
  for await (const line of copies.read(copy)) if ('type' in line && line.type !== 'end') yield line;
}

async function* nothing(): AsyncGenerator<never> {}

async function* startedWith<Item>(first: Item, rest: AsyncIterable<Item>): AsyncGenerator<Item> {
  yield first;
  yield* rest;
}
