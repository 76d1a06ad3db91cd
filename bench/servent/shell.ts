/** Runs the measures one after the other, on this machine's loopback only, and leaves nothing behind. */

import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperatorError } from '../../shared/errors';
import { interrupted, type Streams } from '../../shared/program/run-main';
import { endPrograms } from '../../shared/program/start-program';
import { findContenders } from './contenders';
import { loading, reload } from './loading';
import type { BenchOptions, MeasureName } from './options';
import { type Section, sectionLines, targetLines } from './sections';
import { seenMemory } from './seen-memory';
import { answers, floods, latency, mixed } from './throughput';
import { compileC, writePairs } from './tools';
import { workers } from './workers';

const PAIRS = 1000;

export async function run(options: BenchOptions, streams: Streams): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'servent-bench-'));
  try {
    return await Promise.race([interrupted(streams), measureAll(options, streams, folder)]);
  } finally {
    await endPrograms();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureAll(options: BenchOptions, streams: Streams, folder: string): Promise<number> {
  const startMs = performance.now();
  const generator = compileC('load', folder);
  if (!generator)
    throw new OperatorError('compiler', 'expected a C compiler named cc for the load generator, found none');
  const { contenders, missing } = findContenders(folder);
  const { rounds, seconds, large } = options;
  const pairs = join(folder, 'pairs.txt');
  const mixedLengths = join(folder, 'mixed-lengths.txt');
  const halfHeld = join(folder, 'half-held.txt');
  writePairs(pairs, PAIRS, 'a');
  writePairs(mixedLengths, PAIRS, 'a', 18);
  writePairs(halfHeld, 2 * PAIRS, 'a');
  const bench = { contenders, generator, pairs, mixedLengths, halfHeld, rounds, seconds, folder, large };
  const measures: Record<MeasureName, () => Section | Promise<Section | Section[]>> = {
    answers: () => answers(bench),
    latency: () => latency(bench),
    floods: () => floods(bench),
    mixed: () => mixed(bench),
    workers: () => workers(bench),
    memory: () => seenMemory(rounds),
    loading: () => loading(bench),
    reload: () => reload({ ...bench, rounds: Math.min(rounds, 2) }, generator),
  };
  const machine = { processor: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };
  if (!options.json) {
    streams.out(`${machine.cores} cores of ${machine.processor}, Node ${machine.node}; ${rounds} turns each, medians`);
    if (missing.length > 0) streams.out(`not installed, left out: ${missing.join(', ')}`);
  }
  const sections: Section[] = [];
  for (const name of options.measures) {
    const measured = [await measures[name]()].flat();
    sections.push(...measured);
    if (!options.json) measured.flatMap(sectionLines).forEach(streams.out);
  }
  const targets = sections.flatMap((section) => section.targets);
  const tookSeconds = (performance.now() - startMs) / 1000;
  if (options.json) streams.out(JSON.stringify({ machine, rounds, seconds, missing, tookSeconds, sections }));
  else [...targetLines(targets), '', `took ${Math.round(tookSeconds)} s`].forEach(streams.out);
  return 0;
}
