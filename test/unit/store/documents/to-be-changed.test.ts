/** Updates and deletes that must look through a whole collection: in pieces, and with the same outcome as at once. */

import { expect } from 'chai';
import { Documents } from '../../../../store/documents/documents';
import type { Engine } from '../../../../store/documents/engine';
import type { Entry } from '../../../../store/entry';
import { answerOf } from '../../../support/store/answer';
import { ENGINES, inFolder } from '../../../support/store/engines';
import { TestLog } from '../../../support/store/log';
import { TestReplica } from '../../../support/store/test-replica';

const DOCUMENTS = 3500;

/** A log's first entries: a collection with documents of ages 0 to 9. */
function people(log: TestLog): Entry[] {
  const entries = [log.append(['create', 'people', { '*name': 'str', age: 'int' }])];
  for (let i = 0; i < DOCUMENTS; i++) {
    entries.push(log.append(['insert', 'people', { _id: `p${i}`, name: `n${i % 5}`, age: i % 10 }]));
  }
  return entries;
}

for (const [name, open] of ENGINES) {
  describe(`what is to be changed without an index, in the ${name} engine`, () => {
    const withEngine = (work: (engine: Engine) => void) =>
      inFolder(async (folder) => {
        const engine = open(folder);
        work(engine);
        await engine.close();
      });

    it('is found piece by piece, before the entry is applied, and is the same as at once', () =>
      withEngine((engine) => {
        const [log, inPieces, atOnce] = [new TestLog(), new Documents(engine), new Documents(ENGINES[0]![1](''))];
        const first = people(log);
        const entries = [
          log.append(['update', 'people', { age: { '>': 7 } }, { age: 1 }]),
          log.append(['delete', 'people', { age: 1 }], 'a-request'),
          log.append(['delete', 'people', {}]),
        ];
        for (const documents of [inPieces, atOnce]) documents.apply(first);
        for (const entry of entries) {
          let pieces = 0;
          while (inPieces.ready([entry]) === 0) {
            pieces++;
            expect(answerOf(inPieces.read(['search', 'people', { _id: 'p0' }]))[1]).to.have.length(1);
          }
          expect(pieces).to.equal(entry === entries[2] ? 2 : 3);
          expect(inPieces.apply([entry])).to.deep.equal(atOnce.apply([entry]));
          expect(inPieces.hash()).to.equal(atOnce.hash());
        }
        expect(answerOf(inPieces.read(['search', 'people', {}]))).to.deep.equal(['ok', []]);
      }));

    it('waits for what stands before it, and lets what stands behind it wait', () =>
      withEngine((engine) => {
        const [log, documents] = [new TestLog(), new Documents(engine)];
        documents.apply(people(log));
        const entries = [
          log.append(['update', 'people', { _id: 'p1' }, { age: 99 }]),
          log.append(['delete', 'people', { name: 'n3' }]),
          log.append(['delete', 'people', { age: 99 }]),
          log.append(['delete', 'people', { _id: 'p2' }]),
        ];
        expect(documents.ready(entries)).to.equal(2);
        documents.apply(entries.slice(0, 2));
        expect(documents.ready(entries.slice(2))).to.equal(0);
        while (documents.ready(entries.slice(2)) === 0);
        expect(documents.ready(entries.slice(2))).to.equal(1);
        expect(documents.apply(entries.slice(2, 3))).to.deep.equal([['ok', 1]]);
        expect(documents.ready(entries.slice(3))).to.equal(1);
      }));

    it('is looked for anew when another entry comes', () =>
      withEngine((engine) => {
        const [log, documents] = [new TestLog(), new Documents(engine)];
        documents.apply(people(log));
        const cutOff = { ...log.append(['delete', 'people', { age: 1 }]), sum: 'another' };
        while (documents.ready([cutOff]) === 0);
        const entry = { ...cutOff, sum: 'its own', op: ['delete', 'people', { age: { '>=': 8 } }] } as Entry;
        expect(documents.ready([entry])).to.equal(0);
        expect(documents.apply([entry])).to.deep.equal([['ok', DOCUMENTS / 5]]);
      }));
  });
}

describe('a replica whose state looks for what is to be changed', () => {
  it('goes on by itself, and does what can be done meanwhile', () => {
    const leader = new TestReplica().found();
    const { machine } = leader;
    const ready = machine.ready.bind(machine);
    let pieces = 3;
    machine.ready = (entries) => (pieces-- > 0 ? 0 : ready(entries));
    expect(leader.write(7, 1)).to.deep.equal(['writes 2']);
    expect(leader.read(8)).to.deep.equal(['answers 8 []']);
    expect(leader.pass(1)).to.deep.equal(['answers 7 1']);
  });
});
