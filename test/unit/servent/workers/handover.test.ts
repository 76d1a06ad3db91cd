/** Datagrams handed from worker to worker: whole, with their senders, and no more than there is room for. */

import { expect } from 'chai';
import { Handover, portsBetween, WAITING_BYTES_MAX } from '../../../../servent/workers/handover';
import { at } from '../../../support/bytes';

const FROM = at('10.0.0.7:5000');

describe('the handover between workers', () => {
  let handovers: Handover[];
  let heard: string[];
  /** Resolves when so many are heard. */
  let until: (count: number) => Promise<void>;
  beforeEach(() => {
    const waiting = new SharedArrayBuffer(3 * 4);
    handovers = portsBetween(3).map((ports) => new Handover(ports, waiting));
    heard = [];
    let check = () => {};
    until = (count) =>
      new Promise((done) => {
        check = () => heard.length >= count && done();
        check();
      });
    for (const [worker, handover] of handovers.entries()) {
      handover.takeAs(worker, (datagram, from) => {
        heard.push(`${worker}: ${Buffer.from(datagram)} from ${from}`);
        check();
      });
    }
  });
  afterEach(() => {
    for (const handover of handovers) handover.close();
  });

  it('brings each to its worker as it was when it was given, with its sender', async () => {
    const [, one] = handovers as [Handover, Handover];
    const lent = Buffer.from('first');
    one.give(lent, FROM, 0);
    lent.write('other');
    one.give(lent, FROM + 1, 2);
    one.give(Buffer.alloc(0), FROM, 0);
    one.give(lent, FROM + 2, 0);
    await until(4);
    expect(heard.sort()).to.deep.equal(
      [`0: first from ${FROM}`, `0:  from ${FROM}`, `0: other from ${FROM + 2}`, `2: other from ${FROM + 1}`].sort(),
    );
  });

  it('refuses what finds no room, of all that give together, until something is taken', async () => {
    const [zero, one, two] = handovers as [Handover, Handover, Handover];
    const long = new Uint8Array(65_507);
    let given = 0;
    while ((given % 2 ? one : two).give(long, FROM, 0)) given++;
    expect(given).to.equal(Math.floor(WAITING_BYTES_MAX / (65_507 + 64)));
    expect(one.give(long, FROM, 0) || two.give(long, FROM, 0)).to.equal(false);
    expect(zero.give(long, FROM, 1), 'another has room').to.equal(true);
    await until(given + 1);
    // The last parcel is taken off when all of it is heard.
    await new Promise(setImmediate);
    expect(one.give(long, FROM, 0)).to.equal(true);
    await until(given + 2);
  });
});
