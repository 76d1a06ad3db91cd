import { expect } from 'chai';
import { checkPlaceholders, splitWords, textOf, unescaped, wordsOf } from '../../../conformance/program/words';

const VALUES = { port: '5000', file: '/tmp/a b.txt', neighbours: ['127.0.0.1:1', '127.0.0.1:2'] };

describe("a program's words", () => {
  it('get what placeholders stand for, a list alone as many words', () => {
    const template = ['./servent', '-p{port}', '{file}', '{neighbours}'];
    expect(wordsOf(template, VALUES)).to.deep.equal([
      './servent',
      '-p5000',
      '/tmp/a b.txt',
      '127.0.0.1:1',
      '127.0.0.1:2',
    ]);
    expect(wordsOf(['{neighbours}'], { neighbours: [] })).to.deep.equal([]);
  });

  it('get a list as one word with what stands behind the colon between', () => {
    expect(wordsOf(['{neighbours:,}', 'n={neighbours: and }'], VALUES)).to.deep.equal([
      '127.0.0.1:1,127.0.0.1:2',
      'n=127.0.0.1:1 and 127.0.0.1:2',
    ]);
    expect(textOf('{neighbours}\n', VALUES)).to.equal('127.0.0.1:1 127.0.0.1:2\n');
  });

  it('are refused where a placeholder is none', () => {
    expect(() => checkPlaceholders(['{port}', '{porta}'], ['port', 'file'])).to.throw(
      'expected {port}, {file} in the program\'s words, got "{porta}"',
    );
    checkPlaceholders(['{port}', '{"json":1}', '{}'], ['port']);
  });

  it('are refused where a shell has taken a placeholder with a comma apart', () => {
    expect(() => checkPlaceholders(['./servent', 'neighbours:', ''], ['port', 'neighbours'])).to.throw(
      'expected \'{neighbours:,}\' in quotes, without which a shell takes it apart, got "neighbours:"',
    );
  });

  it('have line ends, tabs and backslashes written', () => {
    expect(unescaped('{port}\\n\\t\\\\n\\x')).to.equal('{port}\n\t\\n\\x');
  });

  it('come from one line as a shell takes blanks and quotes', () => {
    expect(splitWords(`java  -cp "a b" Servent '{neighbours:,}' c\\ d "e\\"f" x"y"z`)).to.deep.equal([
      'java',
      '-cp',
      'a b',
      'Servent',
      '{neighbours:,}',
      'c d',
      'e"f',
      'xyz', // biome-ignore format: one line
    ]);
    expect(() => splitWords('java "a b')).to.throw('expected quotes that end in a command');
  });
});
