import { expect } from 'chai';
import { OperatorError } from '../../../../shared/errors';
import { refuseChangedWords } from '../../../../shared/program/given-words';

describe('the words given', () => {
  const given = (...words: string[]) => Buffer.from(words.map((word) => `${word}\0`).join(''), 'latin1');

  it('are refused where decoding changed one, which is shown as it was', () => {
    expect(() => refuseChangedWords(['k\ufffd'], () => given('node', 'main.js', 'k\xff')))
      .to.throw(OperatorError, '"k\\xff"')
      .with.property('code', 'usage');
  });

  it('are taken where U+FFFD is what was written, and where the system does not show them', () => {
    refuseChangedWords(['k\ufffd'], () => Buffer.from('node\0main.js\0k\ufffd\0'));
    refuseChangedWords(['k\ufffd'], () => Buffer.alloc(0));
  });
});
