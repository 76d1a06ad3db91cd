import { expect } from 'chai';
import * as fc from 'fast-check';
import { PAIR_MAX, type Problem, parseKeyValueFile } from '../../../servent/key-value-file';
import { encodeResponse } from '../../../shared/wire/overlay/response';
import { hex, latin1, toLatin1 } from '../../support/bytes';
import { fixture, fixtureNames } from '../../support/fixtures';

describe('the key-value file', () => {
  it('reads the specification’s example: four keys, and the last tcpmux wins', () => {
    const lines = toLatin1(fixture('services-well-known.txt')).split('\n').slice(0, 8);
    const { pairs, problemCount } = parseKeyValueFile(latin1(lines.join('\n')));
    expect(pairs.size).to.equal(4);
    expect(problemCount).to.equal(0);
    expect(toLatin1(pairs.get('tcpmux')!)).to.equal('1/tcp      # TCP Port Service Multiplexer');
    expect(toLatin1(pairs.get('compressnet')!)).to.equal('2/tcp      # Management Utility');
  });

  describe('rule by rule', () => {
    const cases: [rule: string, file: string, pairs: Record<string, string>][] = [
      ['a line whose first character is # is a comment', '#a b\nc d', { c: 'd' }],
      ['so is one whose first non-blank character is #', ' \t #a b\nc d', { c: 'd' }],
      ['blank lines are skipped', '\n\r\n \t \n\n a b\n\n', { a: 'b' }],
      ['a key is the first word, whatever blanks stand before it', ' \t a b', { a: 'b' }],
      ['a # inside a key is part of the key', 'a# b\nc#d e', { 'a#': 'b', 'c#d': 'e' }],
      ['tabs and spaces, one or more, part key and value', 'a\tb\nc d\ne \t \t f', { a: 'b', c: 'd', e: 'f' }],
      ['a # or a tab inside the value is part of it', 'a b # c\td\t# e', { a: 'b # c\td\t# e' }],
      ['a # at the start of the value is part of it', 'a #b', { a: '#b' }],
      ['blanks at the end of the value are trimmed', 'a b c \t \nd e\t', { a: 'b c', d: 'e' }],
      ['\\r\\n ends a line like \\n', 'a b\r\nc d \r\n', { a: 'b', c: 'd' }],
      ['a lone \\r is a byte like others', 'a\rb c\rd\ne f\r\r\n', { 'a\rb': 'c\rd', e: 'f\r' }],
      ['a byte-order mark is skipped', '\xef\xbb\xbfa b\nc d', { a: 'b', c: 'd' }],
      ['a byte-order mark before a comment too', '\xef\xbb\xbf#a b\nc d', { c: 'd' }],
      [
        'a byte-order mark anywhere else is text',
        'a b\n\xef\xbb\xbfc \xef\xbb\xbf',
        { a: 'b', '\xef\xbb\xbfc': '\xef\xbb\xbf' },
      ],
      ['half a byte-order mark is text', '\xef\xbba b', { '\xef\xbba': 'b' }],
      ['a key that appears again replaces the earlier value', 'a b\nc d\na e', { a: 'e', c: 'd' }],
      ['also by a longer or a shorter one', 'a bbb\nc dd\na e\nc ffff', { a: 'e', c: 'ffff' }],
      ['a key without a value later on does not erase the pair', 'a b\na\na \t ', { a: 'b' }],
      [
        'bytes stand as they are, UTF-8 or not',
        '\xff\xfe \x80\xc3(\n\x01 \x7f',
        { '\xff\xfe': '\x80\xc3(', '\x01': '\x7f' },
      ],
      ['a NUL is a byte like others', 'a\0b c\0d', { 'a\0b': 'c\0d' }],
      ['the last line needs no end', 'a b', { a: 'b' }],
      ['an empty file has no pairs', '', {}],
      ['a file of one byte-order mark has none either', '\xef\xbb\xbf', {}],
    ];
    for (const [rule, file, pairs] of cases) {
      it(rule, () => {
        expect(pairsOf(file)).to.deep.equal(new Map(Object.entries(pairs)));
      });
    }

    it('__proto__ and constructor are keys like others', () => {
      const expected = new Map([
        ['__proto__', 'a'],
        ['constructor', 'b'],
      ]);
      expect(pairsOf('__proto__ a\nconstructor b')).to.deep.equal(expected);
    });
  });

  describe('problems', () => {
    it('name the line and the key', () => {
      const { problems, problemCount } = parseKeyValueFile(latin1('a b\n\n# c\n  key \t\r\nd e\nlast'));
      expect(problems.map(({ line, code }) => [line, code])).to.deep.equal([
        [4, 'no-value'],
        [6, 'no-value'],
      ]);
      expect(problems[0]?.message).to.equal('expected a value after the key "key", the line ends');
      expect(problemCount).to.equal(2);
    });

    it('are kept up to ten, and counted to the last', () => {
      const { problems, problemCount } = parseKeyValueFile(latin1('a\n'.repeat(25)));
      expect(problems.map(({ line }) => line)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(problemCount).to.equal(25);
    });

    it('show keys escaped and cut', () => {
      const { problems } = parseKeyValueFile(latin1(`\x1b[2J\n${'k'.repeat(1000)}\n`));
      expect(problems[0]?.message).to.include('"\\u{1b}[2J"');
      expect(problems[1]?.message).to.include(`"${'k'.repeat(60)}"`);
    });
  });

  describe('the longest pair', () => {
    const value = (length: number) => 'v'.repeat(length);

    it('of which the RESPONSE is exactly 65,507 bytes, is kept', () => {
      const { pairs, problemCount } = parseKeyValueFile(latin1(`key \t ${value(PAIR_MAX - 3)} \n`));
      expect(problemCount).to.equal(0);
      const held = pairs.get('key')!;
      expect(encodeResponse({ key: latin1('key'), value: held, tail: hex('') })).to.have.length(65_507);
    });

    it('and one byte more is skipped and reported', () => {
      const { pairs, problems } = parseKeyValueFile(latin1(`a b\nkey ${value(PAIR_MAX - 2)}\nc d`));
      expect(pairs.size).to.equal(2);
      expect(problems).to.deep.equal([
        { line: 2, code: 'too-long', message: 'expected at most 65504 bytes of key and value, "key" has 65505' },
      ]);
    });

    it('does not erase a shorter one of its key', () => {
      expect(pairsOf(`key short\nkey ${value(PAIR_MAX)}`)).to.deep.equal(new Map([['key', 'short']]));
    });

    it('may have a key that long', () => {
      expect(pairsOf(`${value(PAIR_MAX - 1)} v`)).to.deep.equal(new Map([[value(PAIR_MAX - 1), 'v']]));
    });
  });

  describe('is read as a second, plainly written parser reads it', () => {
    for (const name of fixtureNames) {
      it(name, () => {
        const text = toLatin1(fixture(name));
        expectSame(text);
        expect(parseKeyValueFile(fixture(name)).problemCount).to.equal(0);
      });
    }

    it('whatever the bytes', () => {
      fc.assert(
        fc.property(anyFile, (text) => expectSame(text)),
        { numRuns: 20_000 },
      );
    });

    it('whatever the lines', () => {
      fc.assert(
        fc.property(fc.array(anyLine, { maxLength: 40 }), (lines) => expectSame(lines.join(''))),
        { numRuns: 3_000 },
      );
    });
  });
});

function pairsOf(text: string): Map<string, string> {
  const { pairs } = parseKeyValueFile(latin1(text));
  return new Map([...pairs].map(([key, value]) => [toLatin1(key), toLatin1(value)]));
}

/** Another reading of the specification's section 2: slow, and short enough to be seen right. */
function plainParse(text: string): { pairs: Map<string, string>; problems: Pick<Problem, 'line' | 'code'>[] } {
  const pairs = new Map<string, string>();
  const problems: Pick<Problem, 'line' | 'code'>[] = [];
  // Another encoding, told by its mark and its NULs near the beginning.
  if (/^(\xff\xfe|\xfe\xff)/.test(text) && text.slice(0, 60).includes('\0')) {
    return { pairs, problems: [{ line: 1, code: 'utf-16' }] };
  }
  const lines = text.replace(/^\xef\xbb\xbf/, '').split('\n');
  lines.forEach((raw, i) => {
    // The last piece has no \n behind it, so its \r ends nothing.
    const line = i === lines.length - 1 ? raw : raw.replace(/\r$/, '');
    if (/^[ \t]*(#|$)/.test(line)) return;
    const [, key = '', value = ''] = /^[ \t]*([^ \t]+)[ \t]*(.*)$/s.exec(line.replace(/[ \t]+$/, ''))!;
    if (value === '') problems.push({ line: i + 1, code: 'no-value' });
    else if (2 + key.length + 1 + value.length > 65_507) problems.push({ line: i + 1, code: 'too-long' });
    else {
      pairs.set(key, value);
      if (key.includes('\0')) problems.push({ line: i + 1, code: 'nul-key' });
    }
  });
  return { pairs, problems };
}

function expectSame(text: string): void {
  const plain = plainParse(text);
  const { pairs, problems, problemCount } = parseKeyValueFile(latin1(text));
  expect(pairs.size).to.equal(plain.pairs.size);
  expect(new Map([...pairs].map(([key, value]) => [toLatin1(key), toLatin1(value)]))).to.deep.equal(plain.pairs);
  for (const [key, value] of plain.pairs) expect(toLatin1(pairs.get(latin1(key))!)).to.equal(value);
  expect(problems.map(({ line, code }) => ({ line, code }))).to.deep.equal(plain.problems.slice(0, 10));
  expect(problemCount).to.equal(plain.problems.length);
}

const telling = fc.constantFrom(
  'a',
  'b',
  ' ',
  '\t',
  '#',
  '\r',
  '\n',
  '\n',
  '\r\n',
  '\0',
  '\xef\xbb\xbf',
  '\xef',
  '\xff',
  '__proto__',
);

const anyFile = fc
  .tuple(
    fc.constantFrom('', '', '\xef\xbb\xbf'),
    fc.array(
      fc.oneof(
        { weight: 9, arbitrary: telling },
        fc.nat(255).map((byte) => String.fromCharCode(byte)),
      ),
      { maxLength: 60 },
    ),
  )
  .map(([mark, parts]) => mark + parts.join(''));

/** Lines as files have them, with few keys, so that many repeat. */
const anyLine = fc
  .tuple(
    fc.constantFrom('', '', '', ' ', '\t', '#'),
    fc.constantFrom('a', 'b', 'ssh', 'constructor', '__proto__', '\xff', 'a\0', ''),
    fc.constantFrom(' ', '\t', '   ', ' \t'),
    fc.constantFrom('1', '22/tcp', 'x # y', '#', 'a\tb', '\r', '', 'a longer value than any other'),
    fc.constantFrom('\n', '\n', '\r\n', ' \n', '\t\r\n', ''),
  )
  .map((parts) => parts.join(''));
