import { expect } from 'chai';
import * as fc from 'fast-check';
import { escapeBytes, escapeText, utf8 } from '../../../shared/escape';
import { hex, latin1 } from '../../support/bytes';

describe('untrusted text', () => {
  const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const classes: [name: string, codePoints: number[]][] = [
    ['C0', range(0x00, 0x1f)],
    ['DEL', [0x7f]],
    ['C1', range(0x80, 0x9f)],
    ['line separators', [0x2028, 0x2029]],
    ['bidirectional marks', [0x061c, 0x200e, 0x200f]],
    ['bidirectional embeddings and overrides', range(0x202a, 0x202e)],
    ['bidirectional isolates', range(0x2066, 0x2069)],
  ];
  const unsafe = classes.flatMap(([, codePoints]) => codePoints);
  const short = new Map([
    [0x09, '\\t'],
    [0x0a, '\\n'],
    [0x0d, '\\r'],
  ]);

  for (const [name, codePoints] of classes) {
    it(`shows ${name} escaped`, () => {
      for (const code of codePoints) {
        const shown = short.get(code) ?? `\\u{${code.toString(16)}}`;
        const raw = String.fromCodePoint(code);
        expect(escapeText(`a${raw}${raw}b`)).to.equal(`a${shown}${shown}b`);
        expect(escapeBytes(Buffer.from(`a${raw}b`))).to.equal(`a${shown}b`);
      }
    });
  }

  it('leaves every other character as it is', () => {
    const plain = range(0x20, 0x2fff).filter((code) => !unsafe.includes(code));
    const text = `${String.fromCodePoint(...plain)}\u{1f600}\ufeff\ufffd`;
    expect(escapeText(text)).to.equal(text);
    expect(escapeBytes(Buffer.from(text))).to.equal(text);
  });

  it('shows each byte of 128 and above of what is no UTF-8 as \\xhh, and the rest as ever', () => {
    expect(escapeBytes(hex('80'))).to.equal('\\x80');
    expect(escapeBytes(hex('61 ff 62 09 c3a9 1b'))).to.equal('a\\xffb\\t\\xc3\\xa9\\u{1b}');
    // Overlong, a surrogate, above the last code point, cut short.
    for (const bytes of ['c080', 'eda080', 'f4908080', 'e282']) {
      expect(escapeBytes(hex(bytes))).to.equal(bytes.replace(/../g, (byte) => `\\x${byte}`));
    }
  });

  it('never has a control character or a bidirectional override in what is shown', () => {
    const characters = new Set(unsafe.map((code) => String.fromCodePoint(code)));
    const expectSafe = (shown: string): void => {
      expect([...shown].filter((char) => characters.has(char))).to.deep.equal([]);
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => expectSafe(escapeBytes(bytes))));
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => expectSafe(escapeText(text))));
  });
});

describe('utf8', () => {
  it('gives the text of what is UTF-8, with its byte-order mark, and undefined for what is not', () => {
    expect(utf8(Buffer.from('Côte d’Ivoire'))).to.equal('Côte d’Ivoire');
    expect(utf8(hex('efbbbf 61'))).to.equal('\ufeffa');
    expect(utf8(hex(''))).to.equal('');
    expect(utf8(latin1('C\xf4te'))).to.equal(undefined);
  });
});
