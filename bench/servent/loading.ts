/** Key-value files: how long they take to load, the memory they need, and what a reload does to service. */

import { statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BATCH, type Contender, DGRAM, ECHO, REFERENCE, type Running } from './contenders';
import { type PaceReport, pace } from './load';
import { memoryOf } from './programs';
import { atMost, median, type Section } from './sections';
import { freeBytes, writePairs } from './tools';

const SMALL = 1000;
const LARGE = 10_000_000;
/** The large file is some 400 MB; what is free must hold it twice. */
const LARGE_ROOM = 1e9;
const RELOADED = 1_000_000;
const QUESTIONS_PER_SECOND = 5000;
const RELOAD_SECONDS = 2.5;
/** When the file is read again, after questions have begun. */
const RELOAD_AFTER_MS = 700;
const MIB = 1024 * 1024;

export interface LoadingBench {
  contenders: readonly Contender[];
  folder: string;
  large: boolean;
  rounds: number;
}

/** Time from the start of the process to readiness, and resident memory then. */
export async function loading({ contenders, folder, large, rounds }: LoadingBench): Promise<Section> {
  const section: Section = {
    name: 'loading',
    title: 'Loading: from the start of the process until it serves, and memory then',
    rows: [],
    targets: [],
    notes: [],
  };
  const among = (names: string[]): Contender[] => contenders.filter(({ name }) => names.includes(name));
  const path = join(folder, 'loading.txt');
  writePairs(path, SMALL, 'a');
  await load(section, among([REFERENCE, BATCH, DGRAM, ECHO]), path, SMALL, rounds);
  if (!large || freeBytes(folder) < LARGE_ROOM) {
    section.notes.push(`ten million pairs left out: ${large ? 'the disk has no room for them' : 'as asked'}`);
    return section;
  }
  writePairs(path, LARGE, 'a');
  await load(section, among([REFERENCE, BATCH]), path, LARGE, 1);
  unlinkSync(path);
  section.notes.push('the bare echo is left out of ten million pairs: its Map needs some gigabytes');
  const { figures } = section.rows.at(-1)!;
  section.targets.push(atMost('ten million pairs: seconds until served', figures['seconds'] as number, 10));
  section.targets.push(atMost('ten million pairs: resident / file', figures['resident / file'] as number, 1.6));
  return section;
}

async function load(section: Section, contenders: Contender[], path: string, pairs: number, rounds: number) {
  const size = statSync(path).size;
  const turns = new Map(
    contenders.map(({ name }) => [name, [] as { seconds: number; resident: number; peak: number }[]]),
  );
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) {
      const startMs = performance.now();
      const running = await contender.start(path);
      const seconds = (performance.now() - startMs) / 1000;
      turns.get(contender.name)!.push({ seconds, ...memoryOf(running.pid) });
      await running.stop();
    }
  }
  for (const [contender, each] of turns) {
    const resident = median(each.map((turn) => turn.resident));
    section.rows.push({
      contender,
      figures: {
        pairs: String(pairs),
        'file MiB': size / MIB,
        seconds: median(each.map((turn) => turn.seconds)),
        'resident MiB': resident / MIB,
        'peak MiB': median(each.map((turn) => turn.peak)) / MIB,
        'resident / file': size > MIB ? resident / size : Number.NaN,
      },
    });
  }
}

/** Questions at an even pace while a million pairs are read again, beside the same questions without. */
export async function reload({ contenders, folder, rounds }: LoadingBench, generator: string): Promise<Section> {
  const path = join(folder, 'reload.txt');
  const rows: Section['rows'] = [];
  const section: Section = {
    name: 'reload',
    title: `Reload of ${RELOADED} pairs at ${QUESTIONS_PER_SECOND} questions a second`,
    rows,
    targets: [],
    notes: ['the C reference and the others cannot reload, or have other ways to'],
  };
  for (const contender of contenders.filter(({ name }) => [BATCH, DGRAM].includes(name))) {
    const calm: Turn[] = [];
    const during: Turn[] = [];
    for (let round = 0; round < rounds; round++) {
      writePairs(path, RELOADED, 'a');
      const running = await contender.start(path);
      calm.push(await turn(running, path, generator));
      writePairs(path, RELOADED, 'b');
      during.push(await turn(running, path, generator, () => running.child.kill('SIGHUP')));
      await running.stop();
    }
    rows.push({ contender: `${contender.name}, no reload`, figures: figuresOf(calm) });
    rows.push({ contender: `${contender.name}, reload`, figures: figuresOf(during) });
    if (contender.name === BATCH) {
      const worst = figuresOf(during);
      section.targets.push(
        atMost('reload: longest wait for an answer in any turn, ms', worst['worst ms'] as number, 10),
        atMost('reload: dropped by the kernel', worst['kernel drops'] as number, 0),
        atMost('reload: answers wrong, mixed or missing', (worst['wrong'] as number) + (worst['missing'] as number), 0),
      );
    }
  }
  return section;
}

type Turn = PaceReport & { kernelDrops: number };

async function turn(running: Running, path: string, generator: string, during = (): void => {}): Promise<Turn> {
  const dropsBefore = await kernelDropsOf(running);
  const options = { generator, keys: path, amount: QUESTIONS_PER_SECOND, seconds: RELOAD_SECONDS };
  const report = await pace(running, options, async () => {
    await sleep(RELOAD_AFTER_MS);
    during();
  });
  return { ...report, kernelDrops: (await kernelDropsOf(running)) - dropsBefore };
}

/** Since the start, as the servent's counters say. */
async function kernelDropsOf(running: Running): Promise<number> {
  const lines = (): string[] => running.out().match(/^servent stats.*\n/gm) ?? [];
  const before = lines().length;
  running.child.kill('SIGUSR2');
  while (lines().length === before) await sleep(2);
  return Number(/dropped by the kernel (\d+)/.exec(lines().at(-1)!)?.[1] ?? 0);
}

function figuresOf(turns: readonly Turn[]): Section['rows'][number]['figures'] {
  return {
    questions: turns.reduce((sum, { sent }) => sum + sent, 0),
    missing: turns.reduce((sum, { sent, answered, wrong }) => sum + sent - answered - wrong, 0),
    wrong: turns.reduce((sum, { wrong }) => sum + wrong, 0),
    'kernel drops': turns.reduce((sum, { kernelDrops }) => sum + kernelDrops, 0),
    'longest ms': median(turns.map(({ longestMs }) => longestMs)),
    'worst ms': Math.max(...turns.map(({ longestMs }) => longestMs)),
    versions: [...new Set(turns.map(({ versions }) => versions))].join(' '),
  };
}
