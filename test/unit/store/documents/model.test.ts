/** Any operations whatever: both engines answer as the plainest model does, and agree about the state. */

import { join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { ID_BYTES_MAX } from '../../../../store/documents/bounds';
import { Documents } from '../../../../store/documents/documents';
import { LmdbEngine } from '../../../../store/documents/lmdb-engine';
import { MemoryEngine } from '../../../../store/documents/memory-engine';
import { checkOperation } from '../../../../store/documents/operations';
import type { Json, Operation } from '../../../../store/entry';
import type { Reply } from '../../../../store/state-machine';
import { answerOf } from '../../../support/store/answer';
import { inFolder } from '../../../support/store/engines';
import { TestLog } from '../../../support/store/log';
import { NaiveDocuments } from '../../../support/store/naive-documents';

const READS = ['search', 'describe'];
/** An identity of as many bytes as one may have. */
const LONGEST = 'x'.repeat(ID_BYTES_MAX);

describe('the documents, on both engines', () => {
  it('answer any operations as a naive model does', () =>
    inFolder(async (folder) => {
      let run = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(operation(), { minLength: 20, maxLength: 120 }),
          fc.integer({ min: 1, max: 7 }),
          async (operations, batch) => {
            const engines = [new MemoryEngine(), new LmdbEngine(join(folder, `state-${run++}`))];
            const both = engines.map((engine) => new Documents(engine));
            const naive = new NaiveDocuments();
            const log = new TestLog();
            const expected: Reply[] = [];
            const flush = () => {
              const entries = log.entries.slice(both[0]!.applied.index);
              for (const each of both) {
                expect(each.apply(entries).map(plainly)).to.deep.equal(expected.map(plainly));
              }
              expected.length = 0;
            };
            for (const op of operations) {
              if (READS.includes(op[0])) {
                flush();
                // What is in the file is found as what waits for it.
                if (batch % 2 === 0) await engines[1]!.flush();
                const reply = naive.perform(op, 0);
                for (const each of both)
                  expect(plainly(answerOf(each.read(op))), JSON.stringify(op)).to.deep.equal(plainly(reply));
              } else {
                const entry = log.append(op);
                expected.push(checkOperation(op) ? ['ko', ''] : naive.perform(op, entry.timeUs));
                if (log.entries.length % batch === 0) flush();
              }
            }
            flush();
            expect(both[0]!.hash()).to.equal(both[1]!.hash());
            const again = new Documents(engines[1]!);
            expect(again.applied).to.deep.equal(both[0]!.applied);
            expect(again.hash()).to.equal(both[0]!.hash());
            for (const [name, { documents }] of naive.collections) {
              expect(answerOf(again.read(['search', name, {}])))
                .to.have.deep.property('1')
                .with.length(documents.size);
            }
            await engines[1]!.close();
          },
        ),
        { numRuns: 40 },
      );
    })).timeout(60_000);
});

function operation(): fc.Arbitrary<Operation> {
  const collection = fc.constantFrom('users', 'open', 'none');
  const id = fc.constantFrom('', 'a', 'b', 'c', 'aa', 'é', '\u{10000}', '\uffff', '\0', 'constructor', LONGEST);
  // Longer than any document has, and than the engine has room for.
  const askedId = fc.oneof(
    { weight: 9, arbitrary: id },
    fc.constantFrom(`${LONGEST}x`, 'x'.repeat(2500), 'é'.repeat(30_000)),
  );
  const text = fc.constantFrom(
    '',
    'a',
    'ab',
    'b',
    '\0',
    'a\0',
    'a\0\0b',
    '\uffee',
    '\u{10000}',
    'x'.repeat(300),
    `${'x'.repeat(300)}y`,
  );
  const number = fc.constantFrom(0, -1, 1, 18, 2 ** 53 - 1, -(2 ** 40));
  const decimal = fc.oneof(number, fc.constantFrom(0.5, -0.5, 5e-324, 1.7e308, -1.7e308));
  const fields = { email: text, age: number, weight: decimal, member: fc.boolean() };
  const known = fc.record(fields, { requiredKeys: [] });
  const strange = fc.oneof(
    { weight: 9, arbitrary: known },
    fc.record({ ...fields, age: fc.constantFrom<Json>('18', 1.5, null) }, { requiredKeys: ['age'] }),
    fc
      .tuple(known, fc.constantFrom('other', '__proto__', 'constructor'), fc.jsonValue({ maxDepth: 2 }))
      .map(([a, name, value]) => ({
        ...a,
        [name]: value as Json,
      })),
  ) as fc.Arbitrary<{ [name: string]: Json }>;
  const comparison = fc.constantFrom('=', '!=', '<', '<=', '>', '>=');
  const compared = (value: fc.Arbitrary<Json>) =>
    fc.oneof(value, fc.dictionary(comparison, value, { minKeys: 1, maxKeys: 2 }) as fc.Arbitrary<Json>);
  const query = fc.record(
    {
      _id: compared(askedId),
      email: compared(text),
      age: compared(number),
      weight: compared(decimal),
      member: compared(fc.boolean()),
      other: compared(number),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<{ [name: string]: Json }>;
  const oneCondition = query.map((all) => Object.fromEntries(Object.entries(all).slice(0, 1)));
  const asked = fc.oneof({ weight: 3, arbitrary: oneCondition }, query, fc.constant({}));
  const document = fc.tuple(id, strange).map(([_id, rest]) => ({ _id, ...rest }));
  const schema = fc.constantFrom(
    { '*email': 'str', '*age': 'int', '*weight': 'float', '*member': 'bool', stamp: 'float' },
    { '*email': 'str', age: 'int', stamp: 'float', '...': 'any' },
  );
  const page = fc.record({ limit: fc.nat({ max: 4 }), after: id }, { requiredKeys: [] });
  const options = fc.record({ absent: fc.boolean(), stamp: fc.constant('stamp') }, { requiredKeys: [] });
  const list = (name: string, ...parts: fc.Arbitrary<Json>[]) =>
    fc.tuple(collection, ...parts).map((rest): Operation => [name, ...(rest as Json[])]);
  return fc.oneof(
    { weight: 3, arbitrary: list('create', schema) },
    { weight: 1, arbitrary: list('destroy') },
    { weight: 12, arbitrary: list('insert', document) },
    { weight: 6, arbitrary: list('put', document, options) },
    { weight: 8, arbitrary: list('search', asked) },
    { weight: 4, arbitrary: list('search', asked, page) },
    { weight: 4, arbitrary: list('update', asked, strange) },
    { weight: 3, arbitrary: list('delete', asked) },
    { weight: 1, arbitrary: list('describe') },
  );
}

/** Replies without their sentences, and documents without the order of their attributes. */
function plainly([kind, result]: Reply): unknown {
  return kind === 'ko' ? kind : result;
}
