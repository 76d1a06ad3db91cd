import { expect } from 'chai';
import type { Endpoint } from '../../../shared/endpoint';
import { Network, type NetworkOptions } from '../../../simulator/network';
import type { Node } from '../../../simulator/node';
import { PERFECT_PATH } from '../../../simulator/path';
import { Random } from '../../../simulator/random';
import { hex, toHex } from '../../support/bytes';

/** Places are endpoints; two stand for good, eight more are guests'. */
function networkOf(options: Partial<NetworkOptions<string[]>> = {}): { network: Network<string[]>; heard: string[] } {
  const heard: string[] = [];
  const network = new Network<string[]>({
    places: 2,
    random: new Random(1),
    out: heard,
    endpointOf: (place) => place,
    placeAt: (endpoint) => (endpoint < 10 ? endpoint : -1),
    pathBetween: () => PERFECT_PATH,
    ...options,
  });
  return { network, heard };
}

/** Writes down what it hears and when it is woken. */
function writer(name: string): Node<string[]> {
  return {
    receive: (datagram: Uint8Array, from: Endpoint, nowMs: number, out: string[]) =>
      void out.push(`${nowMs} ${name} hears ${toHex(datagram)} from ${from}`),
    wake: (nowMs: number, out: string[]) => void out.push(`${nowMs} ${name} wakes`),
  };
}

describe('the simulated network', () => {
  it('takes any bytes to any node, and gives it the outbox of its program', () => {
    const { network, heard } = networkOf();
    network.enter(0, writer('zero'));
    network.enter(5, writer('guest'));
    network.inject(hex(''), 5, 0);
    network.inject(hex('ff'), 0, 5);
    network.run();
    expect(heard).to.deep.equal(['1 zero hears  from 5', '1 guest hears ff from 0']);
    expect(network.deliveries).to.equal(2);
  });

  it('wakes whoever is then at the place, and nobody where none is', () => {
    const { network, heard } = networkOf();
    network.enter(1, writer('one'));
    network.enter(7, writer('guest'));
    for (const place of [0, 1, 7]) network.wakeAt(10 + place, place);
    network.leave(7);
    network.run();
    expect(heard).to.deep.equal(['11 one wakes']);
  });

  it('lets a node answer from where it stands, woken or not', () => {
    const { network, heard } = networkOf();
    network.enter(0, writer('zero'));
    network.enter(1, {
      receive: (datagram) => network.send(datagram, 0),
      wake: () => network.sendEach(hex('aa'), [0, 1], 1),
    });
    network.inject(hex('0102'), 3, 1);
    network.wakeAt(5, 1);
    network.run();
    expect(heard).to.deep.equal(['2 zero hears 0102 from 1', '6 zero hears aa from 1']);
  });

  it('loses what comes for the dead, for guests who left and for nobody, each by its name', () => {
    const lost: string[] = [];
    const { network } = networkOf({
      observers: [{ lost: (reason, _bytes, _from, to) => lost.push(`${to} ${reason}`) }],
    });
    network.enter(5, writer('guest'));
    network.leave(5);
    for (const to of [0, 5, 12]) network.inject(hex('aa'), 1, to);
    network.run();
    expect(lost).to.deep.equal(['12 nobody', '0 dead', '5 closed']);
    expect(network.guests).to.equal(0);
  });

  it('keeps for a node that is paused as much as its receive buffer holds, and loses the rest', () => {
    const lost: string[] = [];
    const { network, heard } = networkOf({ bufferMax: 2, observers: [{ lost: (reason) => lost.push(reason) }] });
    network.enter(0, writer('zero'));
    network.pause(0);
    for (const bytes of ['01', '02', '03']) network.inject(hex(bytes), 5, 0);
    network.run();
    expect([heard, lost]).to.deep.equal([[], ['buffer']]);
    network.resume(0);
    expect(heard).to.deep.equal(['1 zero hears 01 from 5', '1 zero hears 02 from 5']);
  });

  it('ends with a node its pause and its receive buffer', () => {
    const lost: string[] = [];
    const { network, heard } = networkOf({ observers: [{ lost: (reason) => lost.push(reason) }] });
    network.enter(0, writer('old'));
    network.pause(0);
    network.inject(hex('01'), 5, 0);
    network.run();
    network.kill(0);
    expect(lost).to.deep.equal(['dead']);
    network.revive(0, writer('new'));
    network.inject(hex('02'), 5, 0);
    network.run();
    expect(heard).to.deep.equal(['2 new hears 02 from 5']);
  });

  it('has one node at a place', () => {
    const { network } = networkOf();
    network.enter(0, writer('zero'));
    expect(() => network.enter(0, writer('other'))).to.throw('one node stands at a place');
  });
});
