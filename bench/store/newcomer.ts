/** A million documents: what they take in memory and on disk, how fast a newcomer has them, and what writers notice meanwhile. */

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { memoryOf } from '../servent/programs';
import { atMost, type Section } from '../servent/sections';
import { inSync, startReplica, startStore } from './contenders';
import { keptAsker, type LoadReport, load, type Speech } from './load';
import { storeIdentifiedInsert, storeInsert } from './speech';

/** Writers that fill the store. */
const WRITERS = 512;
/** Writers that write while the newcomer joins. */
const FEW = 8;
const BEFORE_SECONDS = 10;
const JOINED_WITHIN_SECONDS = 60;
const GIB = 2 ** 30;

/** @param identified each document was inserted under a request identity, as clients of ours do */
export async function newcomer(folder: string, documents: number, identified: boolean): Promise<Section> {
  const [leader] = await startStore(join(folder, 'newcomer'), 1);
  await fill(documents, identified ? storeIdentifiedInsert(leader!.port) : storeInsert(leader!.port));
  const { resident } = memoryOf(leader!.pid);
  const before = await writeFor(leader!.port, BEFORE_SECONDS);
  const startMs = performance.now();
  const late = await startReplica(join(folder, 'newcomer'), ['127.0.0.1:0', leader!.address]);
  let joinedSeconds = Number.NaN;
  const joining = inSync(leader!.address, 2, 10_000 * JOINED_WITHIN_SECONDS).then(
    () => (joinedSeconds = (performance.now() - startMs) / 1000),
  );
  const during: LoadReport[] = [];
  // Piece by piece, since nobody knows how long it takes.
  while (Number.isNaN(joinedSeconds)) during.push(await writeFor(leader!.port, 2));
  await joining;
  const bytes = bytesIn(leader!.folder);
  const lateResident = memoryOf(late.pid).resident;
  await Promise.all([late.stop(), leader!.stop()]);
  const p99Us = Math.max(...during.map((one) => one.p99Us));
  return {
    name: 'newcomer',
    title: `${documents} documents of some 100 bytes${identified ? ', each inserted under a request identity' : ''}, and a follower that joins while ${FEW} writers write`,
    rows: [
      {
        contender: 'store',
        figures: {
          'joined after s': joinedSeconds,
          'writers p99 before, µs': before.p99Us,
          'meanwhile, µs (worst 2 s)': p99Us,
          'slowest write, µs': Math.max(...during.map((one) => one.slowestUs)),
          'resident, MiB': resident / 2 ** 20,
          'newcomer resident, MiB': lateResident / 2 ** 20,
          'bytes a document on disk': bytes.state / documents,
          'and of log': bytes.log / documents,
        },
      },
    ],
    targets: [
      atMost('seconds until the newcomer is in sync', joinedSeconds, JOINED_WITHIN_SECONDS),
      atMost("writers' p99 meanwhile : before", p99Us / before.p99Us, 2),
      atMost('resident memory of the leader, GiB', resident / GIB, 1.5),
    ],
    notes: [],
  };
}

async function fill(documents: number, speech: Speech): Promise<void> {
  let left = documents;
  await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      const asker = await keptAsker(speech);
      while (left-- > 0) await asker.ask();
      asker.close();
    }),
  );
}

async function writeFor(port: number, seconds: number): Promise<LoadReport> {
  const askers = await Promise.all(Array.from({ length: FEW }, () => keptAsker(storeInsert(port))));
  const report = await load(askers, seconds, { warmUpSeconds: 0 });
  for (const asker of askers) asker.close();
  return report;
}

/** Of a replica's folder: the segments of the log, and all the rest. */
function bytesIn(folder: string): { log: number; state: number } {
  const bytes = { log: 0, state: 0 };
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const kind = /(^|\/)log-\d+$/.test(entry.parentPath) ? 'log' : 'state';
    bytes[kind] += statSync(join(entry.parentPath, entry.name)).size;
  }
  return bytes;
}
