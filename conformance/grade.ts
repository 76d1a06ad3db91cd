/** `conformance servent`, `client` and the others: grades one program, and writes what came out in every form asked for. */

import { writeFileSync } from 'node:fs';
import { fileError } from '../shared/errors';
import { paintFor } from '../shared/program/colour';
import type { Streams } from '../shared/program/run-main';
import { secondAddress } from './network/namespace';
import { Ports } from './network/ports';
import type { GradeOptions } from './options';
import { htmlPage } from './output/html';
import { jsonLines } from './output/json';
import { junitXml } from './output/junit';
import { captureOf } from './output/pcap';
import { tableLines } from './output/table';
import { runCases, type Verdict } from './run-cases';
import { tallyOf } from './tally';

/** Grades one program. Gives 0 when every rule of the class must holds, 1 else. */
export async function grade(options: GradeOptions, streams: Streams): Promise<number> {
  const { kind, program, files } = options;
  const verdicts = await verdictsOf(options, streams);
  const lines = options.json
    ? jsonLines(kind, program, verdicts)
    : tableLines(kind, verdicts, paintFor(streams.output, streams.environment));
  lines.forEach(streams.out);
  put(files.junit, () => junitXml(kind, verdicts));
  put(files.html, () => htmlPage(kind, program, verdicts));
  put(files.pcap, () => captureOf(verdicts));
  return tallyOf(verdicts).isConforming ? 0 : 1;
}

/** Plays the cases. Where the program does not even start the others are not played, unless that is wanted. */
export async function verdictsOf(options: GradeOptions, streams: Streams): Promise<Verdict[]> {
  const { kind, program, stdin, ports, patienceMs, startMs, cases, sideBySide, keepGoing } = options;
  const terms = {
    words: program,
    stdin,
    ports: new Ports(ports),
    patienceMs,
    startMs,
    secondAddress: secondAddress(streams.environment),
  };
  let done = 0;
  const told = () => streams.progress(`${++done} of ${cases.length} cases`);
  const first = kind.cases[0]!;
  const needsFirst = cases.includes(first) && !keepGoing;
  const starts = needsFirst ? await runCases([first], terms, 1, told) : [];
  if (starts.some(({ outcome }) => outcome === 'broken')) {
    streams.progress('');
    return starts;
  }
  const others = needsFirst ? cases.filter((one) => one !== first) : cases;
  const verdicts = [...starts, ...(await runCases(others, terms, sideBySide, told))];
  streams.progress('');
  return verdicts;
}

function put(path: string | undefined, make: () => string | Uint8Array): void {
  if (path === undefined) return;
  try {
    writeFileSync(path, make());
  } catch (cause) {
    throw fileError('a file to write', path, cause);
  }
}
