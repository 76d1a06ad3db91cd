/**
 * The engines at the store's own work: documents inserted in batches of 64 as the log applies them, with an index and perhaps a
 * request's identity each; found by index; read through; snapshots; memory and disk. One engine a process, so that memory is
 * its own.
 *
 *     npm run bench:engines [-- --documents 1000000] [--requests] [--only lmdb]
 *
 * classic-level is measured by its own calls with equal keys and values where it is installed: it writes and iterates by
 * promises alone, and so cannot stand behind the state machine.
 */

import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Documents } from '../../store/documents/documents';
import type { Engine } from '../../store/documents/engine';
import { LmdbEngine } from '../../store/documents/lmdb-engine';
import { MemoryEngine } from '../../store/documents/memory-engine';
import { type Entry, makeEntry, type Position, START } from '../../store/entry';
import { answerOf } from '../../test/support/store/answer';

const BATCH = 64;
/** Each insert has an identity, as those of the store's own client. */
const REQUESTS = process.argv.includes('--requests');
/** Of the documents, those that are found again. */
const ASKED_EVERY = 100;
const CITIES = 1000;

const ENGINES: Record<string, (folder: string) => Engine> = {
  memory: () => new MemoryEngine(),
  lmdb: (folder) => new LmdbEngine(join(folder, 'state')),
};

async function measure(name: string, documents: number): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'store-engines-'));
  try {
    const row =
      name === 'classic-level' ? await measureLevel(folder, documents) : await measureState(name, folder, documents);
    return { engine: name, ...row };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureState(name: string, folder: string, count: number): Promise<Record<string, string>> {
  const engine = ENGINES[name]!(folder);
  const state = new Documents(engine);
  let last: Position = START;
  const next = (...op: [string, ...never[]]): Entry => {
    const entry = makeEntry(last, 1, 0, op, op[0] === 'insert' && REQUESTS ? randomUUID() : undefined);
    last = entry;
    return entry;
  };
  state.apply([next('create', 'people' as never, { '*city': 'str', name: 'str', age: 'int' } as never)]);
  const batchesMs: number[] = [];
  const ids: string[] = [];
  for (let done = 0; done < count; done += BATCH) {
    const entries = Array.from({ length: Math.min(BATCH, count - done) }, (_, i) => {
      const id = randomUUID();
      if ((done + i) % ASKED_EVERY === 0) ids.push(id);
      return next('insert', 'people' as never, personOf(id, done + i) as never);
    });
    batchesMs.push(timed(() => state.apply(entries)));
    // As between two groups of the log: the engine's own flushes go on meanwhile.
    await setImmediate();
  }
  await state.flush();
  const rssMiB = process.memoryUsage.rss() / 2 ** 20;
  const byId = timed(() => {
    for (let i = 0; i < 10_000; i++) answerOf(state.read(['search', 'people', { _id: ids[(i * 7919) % ids.length]! }]));
  });
  const byIndex = timed(() => {
    for (let i = 0; i < CITIES; i++) answerOf(state.read(['search', 'people', { city: cityOf(i) }, { limit: 10 }]));
  });
  const throughMs = timed(() => answerOf(state.read(['search', 'people', { age: -1 }])));
  const snapshotMs = timed(() => {
    const snapshot = state.snapshot();
    while (snapshot.next(65_536));
    snapshot.close();
  });
  await engine.close();
  return {
    'µs an insert': ((sum(batchesMs) * 1000) / count).toFixed(1),
    'batch p99, ms': percentile(batchesMs, 0.99).toFixed(2),
    'µs by _id': (byId / 10).toFixed(1),
    'µs by index, 10 found': ((byIndex * 1000) / CITIES).toFixed(1),
    'read through, ms': throughMs.toFixed(0),
    'snapshot, ms': snapshotMs.toFixed(0),
    'resident, MiB': rssMiB.toFixed(0),
    'bytes a document on disk': (bytesIn(folder) / count).toFixed(0),
  };
}

async function measureLevel(folder: string, count: number): Promise<Record<string, string>> {
  const { ClassicLevel } = require(process.env['CLASSIC_LEVEL'] ?? 'classic-level');
  const db = new ClassicLevel(folder);
  await db.open();
  const batchesMs: number[] = [];
  for (let done = 0; done < count; done += BATCH) {
    const batch: { type: string; key: string; value: string }[] = [];
    for (let i = 0; i < BATCH; i++) {
      const [id, request] = [randomUUID(), randomUUID()];
      const put = (key: string, value: string) => batch.push({ type: 'put', key, value });
      put(`d${id}`, JSON.stringify(personOf(id, done + i)));
      put(`icity ${cityOf(done + i)} ${id}`, '');
      if (!REQUESTS) continue;
      put(`r${request}`, JSON.stringify([request, done + i, ['ok', id]]));
      put(`t${String(done + i).padStart(16, '0')}${request}`, request);
    }
    batch.push({ type: 'put', key: 'head', value: String(done) });
    const before = performance.now();
    await db.batch(batch);
    batchesMs.push(performance.now() - before);
  }
  const rssMiB = process.memoryUsage.rss() / 2 ** 20;
  const before = performance.now();
  for await (const [, text] of db.iterator({ gte: 'd', lt: 'e' })) JSON.parse(text);
  const throughMs = performance.now() - before;
  await db.close();
  return {
    'µs an insert': ((sum(batchesMs) * 1000) / count).toFixed(1),
    'batch p99, ms': percentile(batchesMs, 0.99).toFixed(2),
    'read through, ms': throughMs.toFixed(0),
    'resident, MiB': rssMiB.toFixed(0),
    'bytes a document on disk': (bytesIn(folder) / count).toFixed(0),
  };
}

function personOf(id: string, i: number): object {
  return { _id: id, city: cityOf(i), name: `somebody ${i}`, age: i % 90 };
}

function cityOf(i: number): string {
  return `city ${i % CITIES}`;
}

function timed(work: () => void): number {
  const before = performance.now();
  work();
  return performance.now() - before;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function percentile(values: readonly number[], part: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * part)]!;
}

function bytesIn(folder: string): number {
  return sum(readdirSync(folder).map((name) => statSync(join(folder, name)).blocks * 512));
}

async function main(documents: number): Promise<void> {
  const rows: object[] = [];
  for (const name of ['memory', 'lmdb', 'classic-level']) {
    const child = fork(__filename, [...process.argv.slice(2), '--only', name]);
    child.on('message', (row: object) => rows.push(row));
    const [status] = await once(child, 'exit');
    if (status !== 0) console.log(`${name}: not measured`);
  }
  show(documents, rows);
}

function show(documents: number, rows: object[]): void {
  console.log(`${documents} documents, ${REQUESTS ? 'each with' : 'without'} a request's identity`);
  console.table(rows);
}

function wordBehind(option: string): string | undefined {
  const at = process.argv.indexOf(option);
  return at === -1 ? undefined : process.argv[at + 1];
}

const documents = Number(wordBehind('--documents') ?? 100_000);
const only = wordBehind('--only');
if (only === undefined) void main(documents);
else void measure(only, documents).then((row) => (process.send ? process.send(row) : show(documents, [row])));
