/**
 * `npm run profile`: a servent under load with V8's own profiler, written to a file that Chrome's developer tools, speedscope or
 * an editor shows as a flame graph. What takes longest is printed. Words: a load (ask, forward, mixed), then `batch` or `dgram`.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperatorError, usageError } from '../../shared/errors';
import { interrupted, runMain, type Streams } from '../../shared/program/run-main';
import { endPrograms } from '../../shared/program/start-program';
import { tableLines } from '../../shared/program/table';
import { type LoadMode, serventWith } from './contenders';
import { load, loadWithNeighbours } from './load';
import { CLIENTS } from './throughput';
import { compileC, writePairs } from './tools';

/** Some hundred thousand datagrams, and a file of a few megabytes. */
const SECONDS = 4;
const SAMPLE_US = 200;
const LINES = 25;
const PROFILES = 'profiles';
const LOADS = ['ask', 'flood', 'forward', 'mixed'];
const IOS = ['batch', 'dgram'];

interface ProfileOptions {
  mode: LoadMode;
  io: string;
}

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
}

runMain('profile', parseOptions, run);

function parseOptions([mode = 'ask', io = 'batch']: readonly string[]): { options: ProfileOptions } {
  if (!LOADS.includes(mode)) throw usageError(`expected a load of ${LOADS.join(', ')}, got "${mode}"`);
  if (!IOS.includes(io)) throw usageError(`expected ${IOS.join(' or ')}, got "${io}"`);
  return { options: { mode: mode as LoadMode, io } };
}

async function run(options: ProfileOptions, streams: Streams): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'servent-profile-'));
  try {
    return await Promise.race([interrupted(streams), profile(options, streams, folder)]);
  } finally {
    await endPrograms();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function profile({ mode, io }: ProfileOptions, streams: Streams, folder: string): Promise<number> {
  const generator = compileC('load', folder);
  if (!generator) throw new OperatorError('compiler', 'expected a C compiler named cc, found none');
  const pairs = join(folder, 'pairs.txt');
  writePairs(pairs, 1000, 'a');
  mkdirSync(PROFILES, { recursive: true });
  const before = new Set(readdirSync(PROFILES));
  const flags = ['--cpu-prof', '--cpu-prof-dir', PROFILES, '--cpu-prof-interval', String(SAMPLE_US)];
  const contender = serventWith('servent', io, flags);
  const options = { generator, mode, keys: pairs, amount: 128, seconds: SECONDS, clients: CLIENTS };
  if (mode === 'ask') {
    const running = await contender.start(pairs);
    await load(running, options);
    await running.stop();
  } else {
    await loadWithNeighbours(contender, pairs, options);
  }
  // The thread that loaded the file has a profile of its own, a small one.
  const written = readdirSync(PROFILES).filter((name) => !before.has(name));
  const profiles = written.map((name) => ({
    name,
    ...(JSON.parse(readFileSync(join(PROFILES, name), 'utf8')) as Profile),
  }));
  const longest = profiles.toSorted((a, b) => b.samples.length - a.samples.length)[0]!;
  tableLines([['self', 'where'], ...hottest(longest)]).forEach(streams.out);
  streams.out(`\n${join(PROFILES, longest.name)}: open it in Chrome's developer tools or speedscope`);
  return 0;
}

/** Functions by the time spent in themselves, system calls of theirs included. */
function hottest({ nodes, samples, timeDeltas }: Profile): [share: string, where: string][] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  samples.forEach((id, i) => {
    const name = names.get(id)!;
    if (name !== '(idle)') times.set(name, (times.get(name) ?? 0) + timeDeltas[i]!);
  });
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  return [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, LINES)
    .map(([name, time]) => [`${((100 * time) / total).toFixed(1)}%`, name]);
}

function nameOf({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  const file = url.split('/').slice(-2).join('/');
  return file ? `${functionName || '(anonymous)'} ${file}:${lineNumber + 1}` : functionName;
}
