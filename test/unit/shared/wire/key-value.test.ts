import { expect } from 'chai';
import { decodeMessage, encodeMessage } from '../../../../shared/wire/key-value';
import { WireError } from '../../../../shared/wire/wire-error';

const MESSAGE = { method: 'PUT', value: 'v', key: 'k', timestamp: null };

describe('a message of the key-value dialect', () => {
  it('is read as it was written, in the order of the specification', () => {
    const bytes = encodeMessage(MESSAGE);
    expect(Buffer.from(bytes).toString()).to.equal('{"method":"PUT","value":"v","key":"k","timestamp":null}');
    expect(decodeMessage(bytes)).to.deep.equal(MESSAGE);
  });

  const malformed: [what: string, json: string, wanted: string][] = [
    ['a list', '[]', 'a JSON object'],
    ['null', 'null', 'a JSON object'],
    ['a text', '"PUT"', 'a JSON object'],
    ['no method', '{"value":null,"key":null,"timestamp":null}', 'a "method" that is a text'],
    ['no value', '{"method":"PUT","key":null,"timestamp":null}', 'a "value", or null in its place'],
    ['a key that is a number', '{"method":"PUT","value":null,"key":1,"timestamp":null}', 'a "key"'],
    ['no key', '{"method":"PUT","value":null,"timestamp":null}', 'a "key"'],
    ['a timestamp that is a text', '{"method":"PUT","value":null,"key":null,"timestamp":"1"}', 'a "timestamp"'],
    ['no timestamp', '{"method":"PUT","value":null,"key":null}', 'a "timestamp"'],
  ];
  for (const [what, json, wanted] of malformed) {
    it(`is none with ${what}`, () => {
      expect(() => decodeMessage(Buffer.from(json))).to.throw(WireError, `expected ${wanted}`);
    });
  }
});
