/** What an agent lists of a tree: the sum of all that is there, or all of it but what a server has. */

import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { LineWriter } from '../lines';
import { entrySumOf, listNameOf, RUN_SUM_LENGTH, RunCutter, runSumOf } from '../list-runs';
import type { ProblemRecord, TreeRecord } from '../record';
import type { EndLine, EntriesLine, ListLine, ListRequest, SameLine, SumRequest } from '../wire';
import { recordOf } from './answers';
import type { ChunkMemory } from './chunk-memory';
import { ContentReader } from './contents';
import { ENTRIES_KEPT_MAX, type ListedRun, type ListMemory, RUNS_KEPT_MAX } from './list-memory';
import type { Root } from './root';
import { walk } from './walk';

type Runs = Iterable<ListedRun> | AsyncIterable<ListedRun>;

/** A run of a list, and the sum of each of its entries. */
export interface SummedRun extends ListedRun {
  entrySums: readonly number[];
}

/** After so many records others get their turn. */
const RECORDS_A_TURN = 200;
/** What is in files is told with a list up to so many bytes of them: as much as is remembered until it is asked for. */
const BYTES_TOLD_MAX = 16 * 1024 * 1024;

/** The end of the list of all that is there, which tells whether anything has changed. @param paranoid said with it */
export async function* sum(
  tree: Root,
  { last = '' }: Partial<SumRequest>,
  lists: ListMemory,
  paranoid: boolean,
): AsyncGenerator<Buffer, void> {
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
  const remembers = listNameOf(sum) !== last && lists.entriesOf(last) !== undefined;
  const end: EndLine = {
    type: 'end',
    sum,
    parts: true,
    ...(paranoid ? { paranoid } : {}),
    ...(remembers ? { remembers } : {}),
  };
  yield (await writer.add(end)) ?? writer.end();
}

/**
 * All that is there, but the entries or runs that the server has. Where those are entries, it will ask next what is in the files that
 * have changed: of some it is told at once.
 * @param chunks where what is read for that is kept for a while
 */
export async function* list(
  tree: Root,
  { have, sum: told, last = '' }: ListRequest,
  lists: ListMemory,
  chunks: ChunkMemory,
): AsyncGenerator<Buffer, void> {
  const writer = new LineWriter();
  const sums: number[] = [];
  const runs = summed(lists.take(told) ?? runsOf(tree), sums);
  const was = lists.entriesOf(last);
  // None of these is long, but one that has just become so.
  const reader = new ContentReader(tree, () => turn(), Number.POSITIVE_INFINITY, chunks);
  let left = was ? BYTES_TOLD_MAX : 0;
  for await (const line of was ? changed(runs, was) : lacking(runs, have)) {
    if (line.type === 'end') lists.remember(listNameOf(line.sum), sums);
    const isTold = line.type === 'file' && line.size <= left;
    if (isTold) left -= line.size;
    const frame = writer.add(isTold ? await recordOf(reader, line.path) : line);
    if (frame) yield await frame;
  }
  yield await writer.end();
}

/** These runs, each with the sums of its entries, which are added to those of all, as long as they are to be kept. */
async function* summed(runs: Runs, all: number[]): AsyncGenerator<SummedRun, void> {
  for await (const run of runs) {
    const entrySums = run.entries.map(entrySumOf);
    if (all.length <= ENTRIES_KEPT_MAX) all.push(...entrySums);
    yield { ...run, entrySums };
  }
}

/** The lines of a list whose runs are these, for a server that has the list with these sums of entries; the end with it. */
export function changed(
  runs: Iterable<SummedRun> | AsyncIterable<SummedRun>,
  was: Float64Array,
): AsyncGenerator<ListLine, void> {
  const places = new Map<number, number>();
  for (const [place, sum] of was.entries()) places.set(sum, place);
  return lines('entries', runs, ({ entries, entrySums }) =>
    entries.map((entry, i) => [places.get(entrySums[i]!), [entry]]),
  );
}

/** The lines of a list whose runs are these, for a server that has some of them; the end with it. */
export function lacking(runs: Runs, have: string): AsyncGenerator<ListLine, void> {
  const places = placesOf(have);
  return lines('same', runs, ({ sum, entries }) => [[places.get(sum), entries]]);
}

/** A piece of a list, and where the server has it. */
type Piece = readonly [place: number | undefined, entries: ListedRun['entries']];

/** Pieces that the server lacks, and in the place of the others lines of this type; the end with them. */
async function* lines<Run extends ListedRun>(
  type: (SameLine | EntriesLine)['type'],
  runs: Iterable<Run> | AsyncIterable<Run>,
  piecesOf: (run: Run) => Piece[],
): AsyncGenerator<ListLine, void> {
  const all = createHash('sha256');
  let same: SameLine | EntriesLine | undefined;
  let next = 0;
  for await (const run of runs) {
    all.update(run.sum);
    for (const [place = -1, entries] of piecesOf(run)) {
      const isKnown = place >= next;
      if (isKnown) next = place + 1;
      if (same && isKnown && place === same.first + same.count) {
        same.count++;
        continue;
      }
      if (same) yield same;
      same = isKnown ? { type, first: place, count: 1 } : undefined;
      if (!isKnown) yield* entries;
    }
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
