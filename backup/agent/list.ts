/** What an agent lists of a tree: the sum of all that is there, or all of it but the runs that a server has. */

import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { LineWriter } from '../lines';
import { RUN_SUM_LENGTH, RunCutter, runSumOf } from '../list-runs';
import type { ProblemRecord, TreeRecord } from '../record';
import type { EndLine, ListLine, ListRequest, SameLine } from '../wire';
import { type ListedRun, type ListMemory, RUNS_KEPT_MAX } from './list-memory';
import type { Root } from './root';
import { walk } from './walk';

/** After so many records others get their turn. */
const RECORDS_A_TURN = 200;

/** The end of the list of all that is there, which tells whether anything has changed. @param paranoid said with it */
export async function* sum(tree: Root, lists: ListMemory, paranoid: boolean): AsyncGenerator<Buffer, void> {
  const all = createHash('sha256');
  const runs: ListedRun[] = [];
  for await (const run of runsOf(tree)) {
    all.update(run.sum);
    // One more than is kept tells that it is too long: a tree has no bound.
    if (runs.length <= RUNS_KEPT_MAX) runs.push(run);
  }
  const sum = all.digest('hex');
  lists.keep(sum, runs);
  const writer = new LineWriter();
  const end: EndLine = { type: 'end', sum, ...(paranoid ? { paranoid } : {}), parts: true };
  yield (await writer.add(end)) ?? writer.end();
}

/** All that is there, but the runs that the server has. */
export async function* list(
  tree: Root,
  { have, sum: told }: ListRequest,
  lists: ListMemory,
): AsyncGenerator<Buffer, void> {
  const writer = new LineWriter();
  for await (const line of lacking(lists.take(told) ?? runsOf(tree), have)) {
    const frame = writer.add(line);
    if (frame) yield await frame;
  }
  yield await writer.end();
}

/** The lines of a list whose runs are these, for a server that has some of them; the end with it. */
export async function* lacking(
  runs: Iterable<ListedRun> | AsyncIterable<ListedRun>,
  have: string,
): AsyncGenerator<ListLine, void> {
  const places = placesOf(have);
  const all = createHash('sha256');
  let next = 0;
  let same: SameLine | undefined;
  for await (const { sum, entries } of runs) {
    all.update(sum);
    const place = places.get(sum) ?? -1;
    const isKnown = place >= next;
    if (isKnown) next = place + 1;
    if (same && isKnown && place === same.first + same.count) {
      same.count++;
      continue;
    }
    if (same) yield same;
    same = isKnown ? { type: 'same', first: place, count: 1 } : undefined;
    if (!isKnown) yield* entries;
  }
  if (same) yield same;
  yield { type: 'end', sum: all.digest('hex') };
}

/** Where each of the runs that a server has stands among them. */
function placesOf(have: string): Map<string, number> {
  const places = new Map<string, number>();
  for (let at = 0; at < have.length; at += RUN_SUM_LENGTH) places.set(have.slice(at, at + RUN_SUM_LENGTH), places.size);
  return places;
}

async function* runsOf(tree: Root): AsyncGenerator<ListedRun, void> {
  const cutter = new RunCutter<TreeRecord | ProblemRecord>();
  let sinceTurn = 0;
  for (const entry of walk(tree)) {
    const run = cutter.add(entry);
    if (run) yield { sum: runSumOf(run), entries: run };
    if (++sinceTurn % RECORDS_A_TURN === 0) await turn();
  }
  const rest = cutter.end();
  if (rest.length > 0) yield { sum: runSumOf(rest), entries: rest };
}
