/** The log's line, byte for byte: what it is, that nothing else is taken for one, and what numbers and texts become in it. */

import { createHash } from 'node:crypto';
import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  type Entry,
  EntryError,
  formatTime,
  type Json,
  makeEntry,
  type Operation,
  type Position,
  parseEntry,
  START,
} from '../../../store/entry';

const TIME_US = Date.UTC(2026, 10, 21, 10) * 1000 + 1;
const REQUEST = '2dc694b9-ead6-4805-9cfb-14fb00c47f1a';

describe("the log's line", () => {
  it('is the one of the specification', () => {
    const entry = makeEntry({ ...START, index: 6, epoch: 1 }, 2, TIME_US, ['insert', 'users', { age: 18 }]);
    const body = '{"index":7,"epoch":2,"time":"2026-11-21T10:00:00.000001Z","op":["insert","users",{"age":18}]}';
    const sum = createHash('sha256')
      .update('0'.repeat(64) + body)
      .digest('hex');
    expect(entry.line).to.equal(`${body.slice(0, -1)},"sum":"${sum}"}`);
    expect(entry.sum).to.equal(sum);
  });

  it("has a request's identity beside the operation, where no document can be taken for one", () => {
    const asked = makeEntry(START, 1, TIME_US, ['insert', 'users'], REQUEST);
    expect(asked.line).to.contain(`"op":["insert","users"],"request":"${REQUEST}","sum":`);
    expect(parseEntry(START, asked.line).request).to.equal(REQUEST);
    const kept = makeEntry(START, 1, TIME_US, ['insert', 'users', { request: REQUEST }]);
    expect(parseEntry(START, kept.line).request).to.equal(undefined);
  });

  it('is later than the one before, whatever the clock says', () => {
    const first = makeEntry(START, 1, TIME_US, ['noop']);
    const second = makeEntry(first, 1, TIME_US - 5_000_000, ['noop']);
    expect(second.timeUs).to.equal(TIME_US + 1);
    expect(parseEntry(first, second.line)).to.deep.equal(second);
  });

  it('is read as it was written, and so is every line behind it', () => {
    fc.assert(
      fc.property(fc.array(operation(), { minLength: 1 }), (operations) => {
        const entries = log(operations);
        let previous: Position = START;
        for (const entry of entries) {
          expect(parseEntry(previous, entry.line)).to.deep.equal(entry);
          expect(makeEntry(previous, entry.epoch, entry.timeUs, entry.op, entry.request).line).to.equal(entry.line);
          previous = entry;
        }
      }),
    );
  });

  it('is not taken for one when any bit of it is another', () => {
    const { line } = makeEntry(START, 1, TIME_US, ['insert', 'users', { name: 'Ana Pérez', age: 18 }], REQUEST);
    const bytes = Buffer.from(line);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      const flipped = bytes.toString();
      expect(() => parseEntry(START, flipped), `bit ${bit}`).to.throw(EntryError);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
  });

  it('is not taken for one when cut', () => {
    const { line } = makeEntry(START, 1, TIME_US, ['noop']);
    for (let length = 0; length < line.length; length++) {
      expect(() => parseEntry(START, line.slice(0, length))).to.throw(EntryError);
    }
  });

  const foreign: [what: string, body: string][] = [
    ['a blank', '{"index":1,"epoch":1,"time":"2026-11-21T10:00:00.000001Z", "op":["noop"]}'],
    ['-0', '{"index":1,"epoch":1,"time":"2026-11-21T10:00:00.000001Z","op":["noop",-0]}'],
    ['1e400', '{"index":1,"epoch":1,"time":"2026-11-21T10:00:00.000001Z","op":["noop",1e400]}'],
    ['1.0', '{"index":1,"epoch":1,"time":"2026-11-21T10:00:00.000001Z","op":["noop",1.0]}'],
    ['a name twice', '{"index":1,"epoch":1,"time":"2026-11-21T10:00:00.000001Z","op":["noop",{"a":1,"a":2}]}'],
    ['another order', '{"epoch":1,"index":1,"time":"2026-11-21T10:00:00.000001Z","op":["noop"]}'],
    ['a field more', '{"index":1,"epoch":1,"time":"2026-11-21T10:00:00.000001Z","op":["noop"],"x":1}'],
    ['another escape', '{"index":1,"epoch":1,"time":"2026-11-21T10:00:00.000001Z","op":["\\u0061"]}'],
    ['index 0', '{"index":0,"epoch":1,"time":"2026-11-21T10:00:00.000001Z","op":["noop"]}'],
    ['epoch 0', '{"index":1,"epoch":0,"time":"2026-11-21T10:00:00.000001Z","op":["noop"]}'],
    ['a time that is none', '{"index":1,"epoch":1,"time":"2026-13-21T10:00:00.000001Z","op":["noop"]}'],
    ['a time before 1970', '{"index":1,"epoch":1,"time":"1969-11-21T10:00:00.000001Z","op":["noop"]}'],
    ['an operation without a name', '{"index":1,"epoch":1,"time":"2026-11-21T10:00:00.000001Z","op":[]}'],
    ['an operation that is no list', '{"index":1,"epoch":1,"time":"2026-11-21T10:00:00.000001Z","op":{"0":"noop"}}'],
    [
      'a request that is no text',
      '{"index":1,"epoch":1,"time":"2026-11-21T10:00:00.000001Z","op":["noop"],"request":1}',
    ],
    [
      'a nesting deeper than the stack',
      `{"index":1,"epoch":1,"time":"2026-11-21T10:00:00.000001Z","op":["noop",${'['.repeat(1e5)}${']'.repeat(1e5)}]}`,
    ],
  ];
  for (const [what, body] of foreign) {
    it(`is none with ${what}, though its sum fits`, () => {
      expect(() => parseEntry(START, summed(body)))
        .to.throw(EntryError, /^it is not (the JSON of an entry|written as an entry is)$/)
        .with.property('code', 'form');
    });
  }

  it('is named as what it is not, with the cause where there is one', () => {
    const failures: [line: string, message: string, cause: unknown][] = [
      ['{"index":1}', 'it does not end with the sum of an entry', undefined],
      [summed('{'), 'it is not the JSON of an entry', SyntaxError],
      [summed('{"index":1}'), 'it is not the JSON of an entry', TypeError],
      [summed(foreign[0]![1]), 'it is not written as an entry is', undefined],
    ];
    for (const [line, message, cause] of failures) {
      let error: unknown;
      try {
        parseEntry(START, line);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).to.include({ name: 'EntryError', code: 'form', message });
      if (cause) expect((error as Error).cause).to.be.instanceOf(cause);
      else expect((error as Error).cause).to.equal(undefined);
    }
  });

  it('is checked for its place in the chain', () => {
    const [first, second] = log([['a'], ['b']]) as [Entry, Entry];
    const cases: [Position, string, RegExp][] = [
      [START, second.line, /^it has index 2 where 1 is next$/],
      [first, first.line, /^it has index 1 where 2 is next$/],
      [{ ...first, sum: START.sum }, second.line, /^the sum of entry 2 does not fit/],
      [{ ...first, epoch: 9 }, second.line, /^entry 2 is of epoch 1, the one before it of 9$/],
      [{ ...first, timeUs: second.timeUs }, second.line, /^entry 2 is not later than the one before it$/],
    ];
    for (const [previous, line, message] of cases) {
      expect(() => parseEntry(previous, line))
        .to.throw(EntryError, message)
        .with.property('code', 'chain');
    }
  });

  it('keeps names like __proto__, lone surrogates, and numbers to the last bit', () => {
    const values = JSON.parse(
      '{"__proto__":{"a":1},"10":1,"2":2,"\\ud800":"\\udfff x","n":[5e-324,1.7976931348623157e308,0.1]}',
    );
    const entry = makeEntry(START, 1, TIME_US, ['insert', 'users', values]);
    expect(entry.line).to.contain('"__proto__":{"a":1}').and.to.contain('"\\ud800":"\\udfff x"');
    expect(Buffer.from(entry.line).toString()).to.equal(entry.line);
    const [, , document] = parseEntry(START, entry.line).op;
    expect(JSON.stringify(document)).to.equal(JSON.stringify(values));
    expect(Object.keys(document as object)).to.include('__proto__');
  });

  it('turns -0 into 0 for whoever made it as for whoever reads it', () => {
    const entry = makeEntry(START, 1, TIME_US, ['noop', -0]);
    expect(Object.is(entry.op[1], 0)).to.equal(true);
    expect(Object.is(parseEntry(START, entry.line).op[1], 0)).to.equal(true);
  });

  it('says its time to the microsecond', () => {
    expect(formatTime(0)).to.equal('1970-01-01T00:00:00.000000Z');
    expect(formatTime(TIME_US + 998)).to.equal('2026-11-21T10:00:00.000999Z');
    expect(formatTime(TIME_US + 1e6 - 2)).to.equal('2026-11-21T10:00:00.999999Z');
    expect(formatTime(TIME_US + 1e6 - 1)).to.equal('2026-11-21T10:00:01.000000Z');
    expect(formatTime(TIME_US)).to.equal('2026-11-21T10:00:00.000001Z');
    const { line } = makeEntry(START, 1, TIME_US + 123_455, ['noop']);
    expect(parseEntry(START, line).timeUs).to.equal(TIME_US + 123_455);
  });
});

function operation(): fc.Arbitrary<Operation> {
  const rest = fc.array(fc.jsonValue({ stringUnit: 'binary' }) as fc.Arbitrary<Json>, { maxLength: 3 });
  return fc.tuple(fc.string(), rest).map(([name, more]): Operation => [name, ...more]);
}

function log(operations: Operation[]): Entry[] {
  const entries: Entry[] = [];
  let previous: Position = START;
  for (const op of operations) {
    const entry = makeEntry(previous, 1, TIME_US, op, op.length > 2 ? REQUEST : undefined);
    entries.push(entry);
    previous = entry;
  }
  return entries;
}

function summed(body: string): string {
  const sum = createHash('sha256')
    .update(START.sum + body)
    .digest('hex');
  return `${body.slice(0, -1)},"sum":"${sum}"}`;
}
