/** The memory of seen queries: the compact table beside an lru-cache with string keys, the other way it could be done. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LRUCache } from 'lru-cache';
import { SeenQueries } from '../../servent/seen-queries';
import { atMost, median, type Section } from './sections';

const ENTRIES = 1_000_000;
const AGE_MS = 60_000;
/** `type ttl client port sequence key`, of which all from the client on tells queries apart. */
const QUERY_BYTES = Buffer.from(`\0\x02\0\x03${'\0'.repeat(10)}key0000042`, 'latin1');
const ID_AT = 4;
const SEQUENCE_AT = 10;

export function seenMemory(rounds: number): Section {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const compact = Array.from({ length: rounds }, () => {
    const seen = new SeenQueries({ seenMax: ENTRIES, seenAgeMs: AGE_MS }, [1, 2]);
    const [full, over] = noteAll((nowMs) => seen.note(QUERY_BYTES, ID_AT, QUERY_BYTES.length, 3, nowMs));
    return { bytes: seen.byteLength / ENTRIES, full, over };
  });
  const cached = Array.from({ length: rounds }, () => {
    collect();
    const before = memory();
    const cache = new LRUCache<string, number>({
      max: ENTRIES,
      ttl: AGE_MS,
      ttlResolution: 0,
      perf: { now: () => now },
    });
    let now = 1;
    const [full, over] = noteAll((nowMs) => {
      now = nowMs + 1;
      const id = QUERY_BYTES.toString('latin1', ID_AT);
      if (cache.get(id) === undefined) cache.set(id, 3);
    });
    collect();
    return { bytes: (memory() - before) / cache.size, full, over };
  });
  const row = (contender: string, turns: { bytes: number; full: number; over: number }[]): Section['rows'][number] => ({
    contender,
    figures: {
      'bytes an entry': median(turns.map(({ bytes }) => bytes)),
      'ns a query while it fills': median(turns.map(({ full }) => full)),
      'ns a query when full': median(turns.map(({ over }) => over)),
    },
  });
  const rows = [row('compact table', compact), row('lru-cache, string keys', cached)];
  return {
    name: 'memory',
    title: `Seen queries: ${ENTRIES} remembered`,
    rows,
    targets: [atMost('seen memory: bytes an entry', rows[0]!.figures['bytes an entry'] as number, 48)],
    notes: ['the C reference keeps 8 bytes a query, without age, ttl or order, and forgets at a collision'],
  };
}

/** Notes ENTRIES new queries, then as many again; gives nanoseconds each. */
function noteAll(note: (nowMs: number) => void): [full: number, over: number] {
  let sequence = 0;
  const times = [0, 1].map(() => {
    const startMs = performance.now();
    for (let i = 0; i < ENTRIES; i++) {
      QUERY_BYTES.writeUInt32BE(sequence++, SEQUENCE_AT);
      note(1000);
    }
    return ((performance.now() - startMs) * 1e6) / ENTRIES;
  });
  return [times[0]!, times[1]!];
}

function memory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
