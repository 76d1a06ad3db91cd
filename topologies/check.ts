/** `topology check`: starts the overlay for real, asks every servent, and holds who answered against the prediction. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lookup } from '../client/lookup';
import type { Io } from '../shared/program/run-main';
import { tableLines } from '../shared/program/table';
import { findTopology } from './graph/catalogue';
import { answerers } from './graph/reach';
import { graphOfTopology, type Topology } from './graph/topology';
import type { CheckOptions } from './options';
import { type RunningServent, type ServentPlan, withOverlay } from './processes';
import { planOf } from './up';

/** A key that no file of real data has, held by all servents; `marker-of-NAME` is held by that one alone. */
const HELD_BY_ALL = 'marker-of-all';

/** One question put to the overlay: what was to be expected, and what came. */
interface Finding {
  at: string;
  key: string;
  expected: string[];
  answered: string[];
}

/** Prints a table, and gives 1 when any answer is missing or too many, else 0. */
export async function check({ overlay, timeoutMs }: CheckOptions, io: Io): Promise<number> {
  const topology = findTopology(overlay);
  const folder = mkdtempSync(join(tmpdir(), 'servent-check-'));
  try {
    const plan = planOf(topology).map((servent) => withMarkers(servent, folder));
    return await withOverlay(plan, io, async (servents) => {
      const findings = await askEverywhere(topology, servents, timeoutMs);
      findingLines(findings).forEach(io.out);
      const wrong = findings.filter(isWrong).length;
      io.out(`${topology.name}: ${findings.length - wrong} of ${findings.length} questions answered as predicted`);
      return wrong === 0 ? 0 : 1;
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The same servent with a copy of its file that holds the two markers more. */
function withMarkers(servent: ServentPlan, folder: string): ServentPlan {
  const file = join(folder, `${servent.name}.txt`);
  const markers = Buffer.from(`\n${HELD_BY_ALL} ${servent.name}\n${markerOf(servent.name)} ${servent.name}\n`);
  writeFileSync(file, Buffer.concat([readFileSync(servent.file), markers]));
  return { ...servent, file };
}

function markerOf(name: string): string {
  return `marker-of-${name}`;
}

/** Asks every servent for the key that all hold, and for each key that one holds. */
async function askEverywhere(
  topology: Topology,
  running: readonly RunningServent[],
  timeoutMs: number,
): Promise<Finding[]> {
  const graph = graphOfTopology(topology);
  const nameAt = new Map(running.map(({ address, name }) => [address, name]));
  const findings: Finding[] = [];
  for (const [i, { address, name }] of running.entries()) {
    const holders: [key: string, holds: (servent: number) => boolean][] = [
      [HELD_BY_ALL, () => true],
      ...running.map(({ name: holder }, j): [string, (servent: number) => boolean] => [
        markerOf(holder),
        (servent) => servent === j,
      ]),
    ];
    // Questions to one servent wait side by side: each has a socket of its own.
    const asked = holders.map(async ([key, holds]): Promise<Finding> => {
      const answered: string[] = [];
      for await (const { from } of lookup(address, key, { timeoutMs })) answered.push(nameAt.get(from) ?? from);
      const expected = answerers(graph, i, holds).map((servent) => running[servent]!.name);
      return { at: name, key, expected, answered: answered.sort(byPlace(running)) };
    });
    findings.push(...(await Promise.all(asked)));
  }
  return findings;
}

function byPlace(running: readonly RunningServent[]): (a: string, b: string) => number {
  const place = new Map(running.map(({ name }, i) => [name, i]));
  return (a, b) => (place.get(a) ?? -1) - (place.get(b) ?? -1);
}

function isWrong({ expected, answered }: Finding): boolean {
  return expected.join(' ') !== answered.join(' ');
}

/** The key that all hold for every servent, and of the others what went wrong. */
function findingLines(findings: readonly Finding[]): string[] {
  const shown = findings.filter((finding) => finding.key === HELD_BY_ALL || isWrong(finding));
  return tableLines([
    ['asked at', 'key', 'expected', 'answered', ''],
    ...shown.map((finding) => [
      finding.at,
      finding.key,
      finding.expected.join(' ') || '-',
      finding.answered.join(' ') || '-',
      isWrong(finding) ? 'WRONG' : 'ok',
    ]),
  ]);
}
