/** `topology simulate`: asks many questions of simulated overlays, and prints what they reached and cost. */

import type { Streams } from '../shared/program/run-main';
import { tableLines } from '../shared/program/table';
import { linkPaths } from '../simulator/path';
import type { SimulateOptions } from './command-line/simulated';
import { findTopology } from './graph/catalogue';
import { graphOfTopology, type Topology } from './graph/topology';
import { type ExperimentOptions, type Measurement, measure, type Result, summarize } from './simulated/experiment';

/** A row of the output. */
type Row = { overlay: string; servents: number; links: number } & Result;

/** Runs the experiment of each overlay, and prints a row for each. Gives the exit status. */
export async function simulate(options: SimulateOptions, streams: Streams): Promise<number> {
  const rows: Row[] = [];
  for (const overlay of options.overlays) {
    const topology = findTopology(overlay, options.sizes);
    const { servents, links } = topology;
    const result = await run(topology, options, (share) => streams.progress(bar(topology.name, share)));
    rows.push({ overlay: topology.name, servents: servents.length, links: links.length, ...result });
  }
  streams.progress('');
  format(rows, options.format).forEach(streams.out);
  return 0;
}

async function run(
  topology: Topology,
  { path, questions, seed, literal, heldPercent }: SimulateOptions,
  progress: (share: number) => void,
): Promise<Result> {
  const options: ExperimentOptions = {
    graph: graphOfTopology(topology),
    questions,
    seed,
    path,
    paths: linkPaths(topology.links, path),
    literal,
    heldPercent,
  };
  const done: Measurement[] = [];
  for (const measurement of measure(options)) {
    done.push(measurement);
    // Now and then others get their turn: signals, and the terminal.
    if (done.length % PROGRESS_EVERY !== 0) continue;
    progress(done.length / questions);
    await new Promise((resume) => setImmediate(resume));
  }
  return summarize(done);
}

/** Questions between two signs of life. */
const PROGRESS_EVERY = 50;
const BAR_WIDTH = 30;

function bar(name: string, share: number): string {
  const full = Math.round(share * BAR_WIDTH);
  return `${name} [${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}] ${Math.round(share * 100)} %`;
}

function format(rows: readonly Row[], as: SimulateOptions['format']): string[] {
  if (as === 'json') return rows.map((row) => JSON.stringify(row));
  if (as === 'csv')
    return [Object.keys(rows[0]!), ...rows.map((row) => Object.values(row))].map((cells) =>
      cells.map(csvCell).join(','),
    );
  return [
    ...tableLines([
      COLUMNS.map(([title]) => title),
      ...rows.map((row) => COLUMNS.map(([, property]) => String(row[property] ?? '-'))),
    ]),
    '',
    ...LEGEND,
  ];
}

const LEGEND = tableLines([
  [
    'reach %',
    'answers that came, of a hundred there should be: one of each servent within three hops that holds the key',
  ],
  ['answers', 'that came; this and the next two are means of one question'],
  ['datagrams', 'that anybody sent'],
  ['bytes', "of these datagrams, UDP's payload"],
  ['duplicates %', 'of a hundred QUERYs delivered, those that were not the first to their servent'],
  [
    'first, last',
    'milliseconds to the first and the last answer: 50, 90 and 99 of a hundred answered questions took no longer',
  ],
]);

/** RFC 4180: a name may hold what ends a cell. */
function csvCell(value: string | number | undefined): string {
  const text = String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const COLUMNS: readonly [title: string, property: keyof Row][] = [
  ['overlay', 'overlay'],
  ['servents', 'servents'],
  ['reach %', 'reachPercent'],
  ['answers', 'answers'],
  ['datagrams', 'datagrams'],
  ['bytes', 'bytes'],
  ['duplicates %', 'duplicatesPercent'],
  ['first 50', 'firstMsP50'],
  ['90', 'firstMsP90'],
  ['99', 'firstMsP99'],
  ['last 50', 'lastMsP50'],
  ['90', 'lastMsP90'],
  ['99', 'lastMsP99'],
];
