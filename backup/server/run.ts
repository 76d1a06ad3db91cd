/** One run over this project's wire: what an agent has, against what it showed last, becomes a copy, or none when nothing changed. */

import { listNameOf } from '../list-runs';
import type { Registration } from '../registration';
import type { Run } from '../repository/history';
import type { Repository } from '../repository/repository';
import { type EndLine, LIST_PATH, type ListRequest, SUM_PATH, type SumRequest } from '../wire';
import type { AgentClient } from './agent-client';
import { AgentError } from './agent-error';
import { endOf } from './agent-lines';
import { listed, sumsOf } from './list';
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
  const { path } = job;
  const last = await repository.copies.last(job);
  // Of what was never listed all is asked at once.
  const told = last.isFirst ? undefined : await sumAt(agent, path, listNameOf(last.list));
  agent.takesFrames = told?.parts === true;
  const paranoid = job.paranoid || told?.paranoid === true;
  if (!paranoid && last.list !== '' && told?.sum === last.list) return { outcome: 'unchanged' };
  const sumTold = told?.sum ?? '';
  const body: ListRequest =
    told?.remembers && last.list !== ''
      ? { path, have: '', sum: sumTold, last: listNameOf(last.list) }
      : { path, have: await sumsOf(last.records()), sum: sumTold };
  let sum = '';
  const list = listed(agent.lines(LIST_PATH, body), last.records(), (said) => (sum = said));
  // Nothing is begun for a path that is not there.
  const first = await list.next();
  const writer = await repository.copies.begin(job, atMs);
  try {
    const pull = new Pull(agent, repository.packs, path, told?.parts === true);
    for await (const record of pull.records(startedWith(first, list), paranoid)) {
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

/** How an agent would end its list. @throws AgentError */
async function sumAt(agent: AgentClient, path: string, last: string): Promise<EndLine> {
  const body: SumRequest = { path, last };
  for await (const line of agent.lines(SUM_PATH, body)) {
    const end = endOf(line);
    if (end) return end;
  }
  throw new AgentError('expected the sum of a list, got none');
}

async function* startedWith<Item>(first: IteratorResult<Item, void>, rest: AsyncIterable<Item>): AsyncGenerator<Item> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}
