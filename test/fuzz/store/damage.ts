/**
 * Damages a log in every way: cut at every byte, every bit flipped. Each time what is served must be the longest valid prefix,
 * and the damage named at its line. To spare what is before the damage from being read each time, the log is taken to begin
 * shortly before it, as one does whose old segments were dropped; every 997th damage is met from the first line on.
 *
 *     npm run damage:store [-- --entries 1000]
 */

import { expect } from 'chai';
import { type Entry, type Json, type Position, START } from '../../../store/entry';
import type { Facts } from '../../../store/journal/facts';
import { LogDamage, type Scanned, scanLog } from '../../../store/journal/scan';
import { damagedLog } from '../../support/store/damage';
import { TestLog } from '../../support/store/log';

const FROM_THE_START_EVERY = 997;
/** Lines that are read before and behind the damaged one. */
const AROUND = 1;

export interface Damaged {
  cuts: number;
  flips: number;
}

/** Throws at the first damage that is met wrongly. */
export async function damageLog(count: number, every = 1): Promise<Damaged> {
  const entries = logOf(count);
  const lines = entries.map(({ line }) => Buffer.from(`${line}\n`));
  const done = { cuts: 0, flips: 0 };
  for (const [line, bytes] of lines.entries()) {
    for (let at = line % every; at < bytes.length; at += every) {
      await meet(entries, lines, line, bytes.subarray(0, at), done.cuts++, true);
      for (let bit = 0; bit < 8; bit++) {
        const flipped = Uint8Array.from(bytes);
        flipped[at]! ^= 1 << bit;
        await meet(entries, lines, line, flipped, done.flips++, false);
      }
    }
  }
  return done;
}

/** @param damaged what stands in the place of the line; when it is a cut, nothing stands behind it */
async function meet(
  entries: Entry[],
  lines: Buffer[],
  line: number,
  damaged: Uint8Array,
  number: number,
  isCut: boolean,
): Promise<void> {
  const first = number % FROM_THE_START_EVERY === 0 ? 0 : Math.max(line - AROUND, 0);
  const behind = isCut ? [] : lines.slice(line + 1, line + 1 + AROUND);
  const content = Buffer.concat([...lines.slice(first, line), damaged, ...behind]);
  const base: Position = first === 0 ? START : entries[first - 1]!;
  const facts: Facts = { id: 'x', segments: 'log-1', base, marks: null };
  const seen: Entry[] = [];
  const files = await damagedLog(content, first + 1);
  const outcome = await scanLog(files, '/disk', facts, (entry) => seen.push(entry)).catch((error) => error);
  expect(seen.map(({ line }) => line)).to.deep.equal(entries.slice(first, line).map(({ line }) => line));
  if (isCut) {
    expect((outcome as Scanned).last.index).to.equal(line);
    expect((outcome as Scanned).torn === undefined).to.equal(damaged.length === 0);
  } else {
    expect(outcome).to.be.instanceOf(LogDamage);
    expect((outcome as LogDamage).line).to.equal(line - first + 1);
  }
}

/** Entries of every kind of text and number, some with a request's identity. */
function logOf(count: number): Entry[] {
  const log = new TestLog();
  const values: Json[] = [
    'Ana Pérez',
    '\u{1f600}\n"\\',
    '',
    0,
    -1.5e-300,
    2 ** 53 - 1,
    true,
    null,
    { __proto__: null, a: [[]] },
  ];
  for (let i = 0; i < count; i++) {
    const document = { _id: `document-${i}`, name: values[i % values.length]!, age: i };
    log.append(['insert', 'users', document], i % 3 === 0 ? `2dc694b9-ead6-4805-9cfb-${i}` : undefined);
  }
  return log.entries;
}

if (require.main === module) {
  const at = process.argv.indexOf('--entries');
  const count = at === -1 ? 1000 : Number(process.argv[at + 1]);
  void damageLog(count).then(({ cuts, flips }) => {
    console.log(`${count} entries: ${cuts} cuts and ${flips} flipped bits, each met with the longest valid prefix`);
  });
}
