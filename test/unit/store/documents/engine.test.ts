/** What every engine must do, and that LMDB comes back whole from the death of its process. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { type Engine, KEY_BYTES_MAX, type Reader } from '../../../../store/documents/engine';
import { LmdbEngine } from '../../../../store/documents/lmdb-engine';
import { ENGINES, inFolder } from '../../../support/store/engines';

for (const [name, open] of ENGINES) {
  describe(`the ${name} engine`, () => {
    const withEngine = (work: (engine: Engine) => void | Promise<void>) =>
      inFolder(async (folder) => {
        const engine = open(folder);
        try {
          await work(engine);
        } finally {
          await engine.close();
        }
      });

    it('agrees with a plain map, whatever is written, in one transaction or many', () =>
      withEngine((engine) => {
        const bytes = fc.string({
          unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)),
          minLength: 1,
          maxLength: 4,
        });
        const few = fc.oneof(bytes, fc.constantFrom('a', 'b', 'ab', '\0', '\xff', '\xff\xff'));
        const change = fc.tuple(few, fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }));
        const plain = new Map<string, string>();
        fc.assert(
          fc.property(
            fc.array(fc.array(change, { maxLength: 200 }), { maxLength: 4 }),
            few,
            few,
            (batches, from, to) => {
              for (const batch of batches) {
                engine.write((writer) => {
                  for (const [key, value] of batch) {
                    if (value === undefined) writer.remove(key);
                    else writer.put(key, value);
                    if (value === undefined) plain.delete(key);
                    else plain.set(key, value);
                    expect(writer.get(key)).to.equal(value);
                  }
                  expect(contents(writer)).to.deep.equal(sorted(plain));
                });
              }
              const between = sorted(plain).filter(([key]) => key >= from && key < to);
              expect([...engine.range(from, to)]).to.deep.equal(between);
              expect([...engine.keys(from, to)]).to.deep.equal(between.map(([key]) => key));
            },
          ),
          { numRuns: 60 },
        );
      }));

    it('writes nothing of a transaction that throws', () =>
      withEngine((engine) => {
        engine.write((writer) => writer.put('a', '1'));
        const failing = () =>
          engine.write((writer) => {
            writer.put('a', '2');
            writer.put('b', '2');
            writer.remove('a');
            throw new Error('no');
          });
        expect(failing).to.throw('no');
        expect(contents(engine)).to.deep.equal([['a', '1']]);
      }));

    it('keeps a snapshot as it was', () =>
      withEngine((engine) => {
        engine.write((writer) => {
          for (let i = 0; i < 500; i++) writer.put(`k${i}`, 'old');
        });
        const snapshot = engine.snapshot();
        const reading = snapshot.range('k', 'l')[Symbol.iterator]();
        const first = reading.next().value;
        engine.write((writer) => {
          for (let i = 0; i < 500; i += 2) writer.remove(`k${i}`);
          for (let i = 1; i < 900; i += 2) writer.put(`k${i}`, 'new');
        });
        const seen = [first, ...{ [Symbol.iterator]: () => reading }];
        expect(seen.map((each) => each![1])).to.deep.equal(Array(500).fill('old'));
        expect(snapshot.get('k0')).to.equal('old');
        snapshot.close();
        expect(engine.get('k0')).to.equal(undefined);
        expect(engine.get('k1')).to.equal('new');
      }));

    it('takes keys and values as long as they come', () =>
      withEngine((engine) => {
        const [key, value] = ['\xff'.repeat(KEY_BYTES_MAX), 'é\u{10ffff}'.repeat(300_000)];
        engine.write((writer) => writer.put(key, value));
        expect(engine.get(key)).to.equal(value);
        expect([...engine.range('\xff', '\xff'.repeat(KEY_BYTES_MAX + 1).slice(1))]).to.deep.equal([]);
        expect([...engine.keys('a', key)]).to.deep.equal([]);
      }));

    it('answers the same before, while and after it flushes', () =>
      withEngine(async (engine) => {
        const plain = new Map<string, string>();
        const flushes: Promise<void>[] = [];
        for (let round = 0; round < 40; round++) {
          engine.write((writer) => {
            for (let i = 0; i < 40; i++) {
              const [key, value] = [`k${(round * 31 + i * 17) % 300}`, `${round}`];
              if ((round + i) % 3 === 0) plain.delete(key);
              else plain.set(key, value);
              if ((round + i) % 3 === 0) writer.remove(key);
              else writer.put(key, value);
            }
          });
          if (round % 5 === 0) flushes.push(engine.flush());
          if (round % 4 === 0) await new Promise((resolve) => setImmediate(resolve));
          if (round % 13 === 0) await Promise.all(flushes);
          expect(contents(engine)).to.deep.equal(sorted(plain));
        }
        await engine.flush();
        expect(contents(engine)).to.deep.equal(sorted(plain));
      }));

    it('keeps a snapshot while what came later is flushed, whatever turn it is', () =>
      withEngine(async (engine) => {
        const put = (value: string): void =>
          engine.write((writer) => {
            for (let i = 1000; i < 3000; i++) writer.put(`k${i}`, value);
          });
        put('old');
        await engine.flush();
        const snapshot = engine.snapshot();
        put('new');
        let isFlushed = false;
        const flushed = engine.flush().finally(() => (isFlushed = true));
        for (let turn = 0; !isFlushed; turn++) {
          const key = `k${1000 + (turn % 2000)}`;
          expect([turn, snapshot.get(key), engine.get(key)]).to.deep.equal([turn, 'old', 'new']);
          const [first] = snapshot.range(key, 'l');
          expect([turn, first]).to.deep.equal([turn, [key, 'old']]);
          await new Promise((resolve) => setImmediate(resolve));
        }
        await flushed;
        expect([...snapshot.range('k', 'l')].every(([, value]) => value === 'old')).to.equal(true);
        snapshot.close();
        expect([...engine.range('k', 'l')].every(([, value]) => value === 'new')).to.equal(true);
      }));

    it('can be left in the middle of a range', () =>
      withEngine((engine) => {
        engine.write((writer) => {
          for (let i = 0; i < 300; i++) writer.put(`k${i}`, '');
        });
        for (let i = 0; i < 300; i++) for (const _ of engine.keys('k', 'l')) break;
        expect([...engine.keys('k', 'l')]).to.have.length(300);
      }));
  });
}

describe('the lmdb engine', () => {
  it('is found whole after its process was killed, with all that was flushed', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'state');
      const child = fork(join(__dirname, '../../../support/store/engine-writer.ts'), [path]);
      const [written] = (await once(child, 'message')) as [{ flushed: number }];
      child.kill('SIGKILL');
      await once(child, 'exit');
      const found = new LmdbEngine(path);
      expect(numberOf(found)).to.be.at.least(written.flushed);
      expect(isWhole(found)).to.equal(true);
      await found.close();
    }));
});

/** The last number that the writer put, with its transaction's other keys. */
function numberOf(reader: Reader): number {
  return Number(reader.get('number') ?? 0);
}

function isWhole(reader: Reader): boolean {
  const count = numberOf(reader);
  return [...reader.keys('k', 'l')].length === count * 10;
}

function contents(reader: Reader): (readonly [string, string])[] {
  return [...reader.range('', '\xff\xff\xff\xff\xff\xff')];
}

function sorted(map: ReadonlyMap<string, string>): [string, string][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
