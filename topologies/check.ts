/** `topology check`: starts the overlay for real, asks its servents, and holds who answered against the prediction. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Streams } from '../shared/program/run-main';
import { tableLines } from '../shared/program/table';
import type { CheckOptions } from './command-line/loopback';
import { findTopology } from './graph/catalogue';
import { readServentFile } from './graph/servent-file';
import type { Topology } from './graph/topology';
import { askAll, type Finding, isWrong } from './loopback/ask';
import { planOf, type ServentPlan } from './loopback/plan';
import { withOverlay } from './loopback/processes';
import { asksEveryKey, HELD_BY_ALL, markerOf, questionsFor } from './loopback/questions';

/** Prints a table or JSON lines, and gives 1 when any answer is missing or too many, else 0. */
export async function check(
  { overlay, sizes, portFirst, timeoutMs, json }: CheckOptions,
  streams: Streams,
): Promise<number> {
  const topology = findTopology(overlay, sizes);
  const folder = mkdtempSync(join(tmpdir(), 'servent-check-'));
  try {
    const plan = planOf(topology).map((servent) => withMarkers(servent, folder));
    return await withOverlay(plan, portFirst, streams, async (servents) => {
      const findings = await askAll(questionsFor(topology), servents, timeoutMs, (text) => streams.progress(text));
      streams.progress('');
      (json ? jsonLines(topology, findings) : textLines(topology, findings)).forEach(streams.out);
      return findings.some(isWrong) ? 1 : 0;
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The same servent with a copy of its file that holds the two markers more. */
function withMarkers(servent: ServentPlan, folder: string): ServentPlan {
  const file = join(folder, `${servent.name}.txt`);
  const markers = Buffer.from(`\n${HELD_BY_ALL} ${servent.name}\n${markerOf(servent.name)} ${servent.name}\n`);
  writeFileSync(file, Buffer.concat([readServentFile(servent), markers]));
  return { ...servent, file };
}

/** One object a question, and one for all. */
function jsonLines({ name, servents, links }: Topology, findings: readonly Finding[]): string[] {
  const wrong = findings.filter(isWrong).length;
  const questions = findings.map((finding) => ({ ...finding, ok: !isWrong(finding) }));
  const total = { overlay: name, servents: servents.length, links: links.length, questions: findings.length, wrong };
  return [...questions, total].map((line) => JSON.stringify(line));
}

/** The key that all hold for every servent, of the others what went wrong, and how many were asked. */
function textLines(topology: Topology, findings: readonly Finding[]): string[] {
  const shown = findings.filter((finding) => finding.key === HELD_BY_ALL || isWrong(finding));
  const right = findings.filter((finding) => !isWrong(finding)).length;
  const again = findings.filter((finding) => finding.askedAgain).length;
  const how = asksEveryKey(topology)
    ? 'each servent asked for every key'
    : "each servent asked for the key that all hold, and for one servent's own key three hops away or as near to that as there are";
  return [
    ...tableLines([
      ['asked at', 'key', 'expected', 'answered', ''],
      ...shown.map((finding) => [
        finding.at,
        finding.key,
        listed(finding.expected),
        listed(finding.answered),
        isWrong(finding) ? `WRONG${difference(finding)}` : 'ok',
      ]),
    ]),
    `${topology.name}: ${right} of ${findings.length} questions answered as predicted (${how}${again > 0 ? `; ${again} asked twice, since answers were missing` : ''})`,
  ];
}

/** More names than these are no reading. */
const NAMES_MAX = 12;

function listed(names: readonly string[]): string {
  return names.length > NAMES_MAX ? `${names.length} servents` : names.join(' ') || '-';
}

/** Where a list is too long to be shown, what is wrong with it. */
function difference({ expected, answered }: Finding): string {
  if (expected.length <= NAMES_MAX && answered.length <= NAMES_MAX) return '';
  const missing = expected.filter((name) => !answered.includes(name));
  const surplus = answered.filter((name) => !expected.includes(name));
  return `: missing ${missing.join(' ') || '-'}, not expected ${surplus.join(' ') || '-'}`;
}
