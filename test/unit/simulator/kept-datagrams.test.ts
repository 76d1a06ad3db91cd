import { expect } from 'chai';
import { KeptDatagrams } from '../../../simulator/kept-datagrams';
import { hex, toHex } from '../../support/bytes';

describe('kept datagrams', () => {
  it('share the bytes of copies that differ in the word alone', () => {
    const kept = new KeptDatagrams(2);
    const first = kept.keep(hex('0002 0003 aabb'));
    expect(kept.keep(hex('0002 0001 aabb'))).to.equal(first);
    expect(kept.keep(hex('0002 0001 aabc'))).not.to.equal(first);
    expect(kept.keep(hex('0001 0001 aabc'))).not.to.equal(first);
  });

  it('give each copy its own word back', () => {
    const kept = new KeptDatagrams(2);
    const bytes = hex('0002 0102 aabb');
    const datagram = kept.keep(bytes);
    expect(kept.wordOf(bytes)).to.equal(0x0102);
    expect(toHex(kept.lend(datagram, 0x0304))).to.equal('00020304aabb');
    expect(toHex(kept.copy(datagram, 0x0506))).to.equal('00020506aabb');
  });

  it('know what was lent and is passed on, until they are told to forget', () => {
    const kept = new KeptDatagrams(2);
    const datagram = kept.keep(hex('0002 0003 aabb'));
    kept.keep(hex('ffff ffff ffff'));
    const lent = kept.lend(datagram, 2);
    expect(kept.keep(lent)).to.equal(datagram);
    kept.forget();
    expect(kept.keep(lent)).not.to.equal(datagram);
  });

  it('tell short datagrams apart that have no word, or half of one', () => {
    for (const [one, other] of [
      ['', '00'],
      ['00', '01'],
      ['0001', '0002'],
      ['000103', '000104'],
    ] as const) {
      const kept = new KeptDatagrams(2);
      const first = kept.keep(hex(one));
      expect(kept.keep(hex(other)), other).not.to.equal(first);
      expect(kept.wordOf(hex(other))).to.equal(0);
      expect(toHex(kept.lend(first, 0xffff))).to.equal(one);
    }
  });

  it('compare every byte where no word was named', () => {
    const kept = new KeptDatagrams();
    const first = kept.keep(hex('0002 0003'));
    expect(kept.keep(hex('0002 0001'))).not.to.equal(first);
    expect(kept.keep(hex('0002 0001'))).to.deep.equal(hex('0002 0001'));
  });
});
