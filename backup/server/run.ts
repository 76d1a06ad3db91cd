/** One run over this project's wire: what an agent has, against what it showed last, becomes a copy, or none when nothing changed. */

import type { Registration } from '../registration';
import type { Run } from '../repository/history';
import type { Repository } from '../repository/repository';
import { LIST_PATH, type ListRequest } from '../wire';
import type { AgentClient } from './agent-client';
import { listed } from './agent-lines';
import { Pull } from './pull';

/** How a run ended, without what every run has. */
export type Outcome = Omit<Run, 'node' | 'path' | 'atMs' | 'tookMs' | 'travelled'>;

/** Told how much of the tree has been found. */
export type OnProgress = (tree: { entries: number; bytes: number }) => void;

/**
 * Fetches what is registered, once.
 * @throws AgentError, DamageError or the system's error: then nothing that is kept has changed
 */
export async function pullOnce(
  job: Registration,
  agent: AgentClient,
  repository: Repository,
  atMs: number,
  onProgress: OnProgress,
): Promise<Outcome> {
  const { path, paranoid } = job;
  const last = await repository.copies.last(job);
  const body: ListRequest = { path, unless: paranoid ? '' : last.list };
  let sum = '';
  const list = listed(agent.lines(LIST_PATH, body), (said) => (sum = said));
  const first = await list.next();
  // Not even the root: all is as it was.
  if (first.done && sum === last.list) return { outcome: 'unchanged' };
  const writer = await repository.copies.begin(job, atMs);
  try {
    const pull = new Pull(agent, repository.packs, path);
    const tree = first.done ? list : startedWith(first.value, list);
    for await (const record of pull.records(tree, last.records, paranoid)) {
      await writer.add(record);
      onProgress(writer.progress);
    }
    const isWhole = pull.problemCount + pull.tornCount === 0;
    const { copy, ...found } = await writer.finish({ list: isWhole ? sum : '', problems: pull.problemCount });
    const problems = pull.problemCount > 0 ? { problems: pull.problems } : {};
    return {
      outcome: copy === undefined ? 'unchanged' : 'copied',
      ...(copy === undefined ? {} : { copy }),
      ...found,
      ...problems,
    };
  } catch (error) {
    await writer.abandon();
    // What has arrived stays: the next run goes on from there.
    await repository.packs.seal().catch(() => undefined);
    throw error;
  }
}

async function* startedWith<Item>(first: Item, rest: AsyncIterable<Item>): AsyncGenerator<Item> {
  yield first;
  yield* rest;
}
