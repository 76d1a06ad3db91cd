/**
 * The backup beside restic and borg, where they are installed, on files of this machine: `npm run bench:backup`. Each has its turn
 * in each step of each round, so that what else the machine does falls on all; medians of the rounds are printed, and ratios.
 * `--part 1`: the files that change are others from end to end; else a tenth of each changes.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endPrograms } from '../../shared/program/start-program';
import { tableLines } from '../../shared/program/table';
import { scriptOptions } from '../../test/support/script-options';
import { type Contender, makers, Ours } from './contenders';
import { change, makeManyFiles, makeTree, type Tree } from './tree';
import { peakMiB, type Usage } from './usage';

const MB = 1e6;
const STEPS = ['first copy', 'unchanged', '1 % changed', 'restore'] as const;
type Step = (typeof STEPS)[number];

const values = scriptOptions({
  options: {
    rounds: { type: 'string', default: '3' },
    size: { type: 'string', default: '200' },
    count: { type: 'string', default: '100000' },
    part: { type: 'string', default: '0.1' },
    seed: { type: 'string', default: '1' },
  },
});

/** By contender and step, one for each round: seconds. */
const usages: Record<string, Record<Step, Usage[]>> = {};
const sizes: Record<string, number[]> = {};

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-backup-'));
  try {
    const root = join(folder, 'tree');
    const tree = makeTree(root, Number(values.size) * MB);
    console.log(`${tree.files.length} files, ${(tree.bytes / MB).toFixed(0)} MB; ${values.rounds} rounds`);
    for (let round = 0; round < Number(values.rounds); round++) await measureRound(tree, root, folder, round);
    print();
    if (Number(values.count) > 0) await measureMemory(folder);
  } finally {
    await endPrograms();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureRound(tree: Tree, root: string, folder: string, round: number): Promise<void> {
  const contenders: [string, Contender][] = [];
  for (const [name, make] of Object.entries(makers())) {
    const own = join(folder, `${name}-${round}`);
    mkdirSync(own);
    contenders.push([name, await make(root, own)]);
    if (round === 0) console.log(`${name}: ${contenders.at(-1)![1].about}`);
  }
  // Who comes first reads from the disk what the others find in memory.
  for (let i = 0; i < round % contenders.length; i++) contenders.push(contenders.shift()!);
  for (const step of STEPS) {
    const changed = step === '1 % changed' ? change(tree, Number(values.seed) + round, Number(values.part)) : undefined;
    for (const [name, contender] of contenders) {
      const usage =
        step === 'restore'
          ? await contender.restore(join(folder, `restored-${name}-${round}`))
          : await contender.copy();
      usages[name] ??= { 'first copy': [], unchanged: [], '1 % changed': [], restore: [] };
      usages[name][step].push(usage);
      console.log(`${name}, ${step}: ${usage.wall.toFixed(2)} s, processor ${usage.cpu.toFixed(2)} s`);
      if (contender.travelled !== undefined && step !== 'restore') tellTravelled(step, contender.travelled, changed);
    }
  }
  for (const [name, contender] of contenders) {
    (sizes[name] ??= []).push(bytesIn(contender.repository));
    // Nothing is removed before all is measured: where many files were just deleted, ext4 takes several times as long to make new ones.
    await contender.end();
  }
}

function tellTravelled(step: Step, travelled: number, changed: ReturnType<typeof change> | undefined): void {
  if (!changed) return console.log(`${step}: ${travelled} bytes travelled`);
  const { files, written, touched } = changed;
  const times = (bytes: number): string => (travelled / bytes).toFixed(2);
  console.log(
    `${step}: ${travelled} bytes travelled; in ${files} files ${written} bytes were written (${times(written)} times that), ` +
      `the files have ${touched} (${times(touched)} times that)`,
  );
}

function print(): void {
  const names = Object.keys(usages);
  const others = names.filter((name) => name !== 'backup');
  const ratios = (of: (name: string) => number[]): string[] =>
    others.map((other) => median(of('backup').map((value, i) => value / of(other)[i]!)).toFixed(2));
  const heading = ['', ...names, ...others.map((other) => `ratio to ${other}`)];
  const rows = STEPS.flatMap((step) =>
    (['wall', 'cpu'] as const).map((kind) => {
      const of = (name: string): number[] => usages[name]![step].map((usage) => usage[kind]);
      return [`${step}, s ${kind}`, ...names.map((name) => median(of(name)).toFixed(2)), ...ratios(of)];
    }),
  );
  const size = (name: string): number[] => sizes[name]!;
  rows.push(['repository, MB', ...names.map((name) => (median(size(name)) / MB).toFixed(1)), ...ratios(size)]);
  for (const line of tableLines([heading, ...rows])) console.log(line);
}

/** The server's memory after a first copy, an unchanged run and a restore of very many files. */
async function measureMemory(folder: string): Promise<void> {
  const [many, own] = [join(folder, 'many'), join(folder, 'memory')];
  makeManyFiles(many, Number(values.count));
  const ours = await Ours.start(many, own);
  const shown: string[] = [];
  const show = (step: string): unknown => shown.push(`${step} ${peakMiB(ours.serverPid).toFixed(0)} MiB`);
  show('before');
  await ours.copy();
  show('first copy');
  await ours.copy();
  show('unchanged');
  await ours.restore(join(folder, 'restored'));
  show('restore');
  console.log(`server with ${values.count} files, most memory resident so far: ${shown.join(', ')}`);
  await ours.end();
}

function bytesIn(folder: string): number {
  return Number(
    execFileSync('du', ['-s', '--apparent-size', '--block-size=1', folder], { encoding: 'utf8' }).split('\t')[0],
  );
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

void main();
