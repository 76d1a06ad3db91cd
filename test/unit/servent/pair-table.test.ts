import { expect } from 'chai';
import { parseKeyValueFile } from '../../../servent/key-value-file';
import { PairTable } from '../../../servent/pair-table';
import { latin1, toLatin1 } from '../../support/bytes';

describe('PairTable', () => {
  it('holds nothing when empty', () => {
    const table = new PairTable();
    expect(table.size).to.equal(0);
    expect(table.get('ssh')).to.equal(undefined);
    expect(table.find(latin1('ssh'), 0, 3)).to.equal(-1);
    expect([...table]).to.deep.equal([]);
  });

  it('finds a key that stands anywhere in other bytes', () => {
    const table = holding('ssh 22/tcp\nsh 1\n');
    const bytes = latin1('xxsshxx');
    expect(table.find(bytes, 2, 5))
      .to.equal(table.find(latin1('ssh'), 0, 3))
      .and.not.equal(-1);
    expect(table.find(bytes, 3, 5))
      .to.equal(table.find(latin1('sh'), 0, 2))
      .and.not.equal(-1);
    expect(table.find(bytes, 2, 4)).to.equal(-1);
    expect(table.find(bytes, 2, 6)).to.equal(-1);
  });

  it('finds no part of a key, nor anything behind it', () => {
    const table = holding('ssh 22/tcp\nabc def\n');
    for (const key of ['', 's', 'ss', 'sh', 'ssh\0', 'ssh ', 'sshd', '22/tcp', 'SSH']) {
      expect(table.get(key), key).to.equal(undefined);
    }
  });

  it('a key asked with a TAB inside never matches', () => {
    const table = holding('ssh 22/tcp\nabc de\tf\n');
    for (const key of ['ssh\t', 'ssh\t22/tcp', 'ssh\t22/tcp\n', 'ssh\t22/tcp\nabc', '\tssh', 'abc\tde', 'abc\tde\tf']) {
      expect(table.get(key), JSON.stringify(key)).to.equal(undefined);
    }
    // One pair and two slots: every probe meets the pair.
    const one = holding('k v\tw');
    for (const key of ['k\tv', 'k\t', 'k\tv\tw']) expect(one.get(key), JSON.stringify(key)).to.equal(undefined);
  });

  it('keys are bytes: two that decode to one text stay two', () => {
    const table = holding('\xff one\n\xfe two\n\xef\xbf\xbd three\n');
    expect(table.size).to.equal(3);
    expect(['\xff', '\xfe', '\xef\xbf\xbd'].map((key) => toLatin1(table.get(latin1(key))!))).to.deep.equal([
      'one',
      'two',
      'three',
    ]);
    // A string stands for its UTF-8 bytes.
    expect(toLatin1(table.get('\ufffd')!)).to.equal('three');
  });

  it('knows no key by inheritance', () => {
    const table = holding('ssh 22/tcp\n');
    for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
      expect(table.get(key), key).to.equal(undefined);
  });

  it('tells where the pair of a short and of a long value stands', () => {
    for (const length of [1, 124, 125, 126, 1000]) {
      for (const end of ['\n', '']) {
        const value = 'v'.repeat(length);
        const table = holding(`a b\nkey ${value}${end}`);
        const pair = table.find(latin1('key'), 0, 3);
        expect(toLatin1(table.text.subarray(pair, pair + 4 + length))).to.equal(`key\t${value}`);
      }
    }
  });

  it('is the same table when made of another’s parts', () => {
    const table = holding('a 1\nb 2\na 3\n');
    const moved = PairTable.from(structuredClone(table.parts));
    expect(moved.size).to.equal(2);
    expect([...moved]).to.deep.equal([...table]);
    expect(toLatin1(moved.get('a')!)).to.equal('3');
  });

  it('holds every one of fifty thousand keys, and none of as many others', () => {
    const count = 50_000;
    const table = holding(Array.from({ length: count }, (_, i) => `key${i} value${i}\n`).join(''));
    expect(table.size).to.equal(count);
    for (let i = 0; i < count; i++) {
      if (toLatin1(table.get(`key${i}`)!) !== `value${i}`) expect.fail(`key${i} is wrong`);
      if (table.get(`other${i}`) !== undefined) expect.fail(`other${i} is held`);
    }
    expect(new Set([...table].map(([key]) => toLatin1(key))).size).to.equal(count);
  });
});

function holding(file: string): PairTable {
  return parseKeyValueFile(latin1(file)).pairs;
}
