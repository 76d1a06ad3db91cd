import { expect } from 'chai';
import * as fc from 'fast-check';
import { DEPTH_MAX, decodeJson, encodeJson, type Json } from '../../../../shared/wire/json';
import { WireError } from '../../../../shared/wire/wire-error';
import { latin1 } from '../../../support/bytes';

describe('JSON from strangers', () => {
  it('gives back any value that was encoded', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(JSON.stringify(decodeJson(encodeJson(value as Json)))).to.equal(JSON.stringify(value));
      }),
    );
  });

  const faults: [what: string, bytes: Uint8Array][] = [
    ['nothing', latin1('')],
    ['half a text', latin1('["a')],
    ['two values', latin1('1 2')],
    ['bytes that are no UTF-8', latin1('"\xff"')],
    ['a byte order mark', latin1('\xef\xbb\xbf[]')],
    ['a number that no double holds', latin1('[{"a":-1e999}]')],
    ['a long one', latin1(`[${'9'.repeat(400)}]`)],
    ['lists too deep', latin1('['.repeat(DEPTH_MAX + 1) + ']'.repeat(DEPTH_MAX + 1))],
    ['objects far too deep', latin1('{"a":'.repeat(10_000))],
    ['closed before opened', latin1(`${']'.repeat(5)}${'['.repeat(70)}`)],
  ];
  for (const [what, bytes] of faults) {
    it(`refuses ${what}`, () => {
      expect(() => decodeJson(bytes)).to.throw(WireError);
    });
  }

  it('takes the deepest that is allowed, and brackets in texts as letters', () => {
    const deepest = '['.repeat(DEPTH_MAX) + ']'.repeat(DEPTH_MAX);
    expect(JSON.stringify(decodeJson(latin1(deepest)))).to.equal(deepest);
    const text = `"${'['.repeat(100)}\\"${'{'.repeat(100)}\\\\"`;
    expect(decodeJson(latin1(text))).to.equal(JSON.parse(text));
  });

  it('gives a value or a WireError, whatever the bytes', () => {
    const almostJson = fc.string({ unit: fc.constantFrom(...'[]{}",:\\e+-0123456789.tn '), maxLength: 40 });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), almostJson.map(latin1)), (bytes) => {
        try {
          decodeJson(bytes);
        } catch (error) {
          expect(error).to.be.instanceOf(WireError);
        }
      }),
      { numRuns: 5000 },
    );
  });
});
