/** What happens to a world: faults, and what peers of ill will do. */

import type { Outbox } from '../../../../servent/core';
import { type Endpoint, endpointOf } from '../../../../shared/endpoint';
import { encodeClireq } from '../../../../shared/wire/overlay/clireq';
import { encodeQuery } from '../../../../shared/wire/overlay/query';
import type { Random } from '../../../../simulator/random';
import { questionEndpoint, serventEndpoint } from '../../../../topologies/simulated/address';
import type { Network, Peer } from '../../../../topologies/simulated/network';
import type { Action, Plan } from './plan';
import { identityOf, isQuery, KEYS } from './query-words';
import type { Watch } from './supervised-servent';

/** Nobody's: what goes there is lost. */
const VICTIM_IP = 0xc0a8_fe07;
const ATTACKER = endpointOf(0xcb00_7107, 4000);
const FLOOD_MAX = 12;
const TTLS = [0, 1, 2, 3, 4, 7, 8, 255, 256, 65_535];

/** What faults and hostile peers need of a world. */
export interface Stage {
  readonly plan: Plan;
  readonly network: Network;
  readonly random: Random;
  readonly watch: Watch;
  /** QUERYs heard on the wire lately. */
  readonly heard: readonly Uint8Array[];
  reload(servent: number): void;
  kill(servent: number): void;
  resume(servent: number): void;
  /** Parts the servents in two for so many milliseconds. */
  cut(boundary: number, ms: number): void;
}

/** Does one action of the plan, now. */
export function perform(world: Stage, { what, a, b, c }: Action): void {
  const { network, plan, random } = world;
  const servent = a % plan.size;
  const to = serventEndpoint(servent);
  const key = Buffer.from(KEYS[b % KEYS.length]!, 'latin1');
  // From a stranger, or with the address of a servent that knows nothing of it.
  const from = c % 3 === 0 ? ATTACKER : serventEndpoint(c % plan.size);
  const inject = (bytes: Uint8Array, sender = from): void => {
    if (isQuery(bytes)) world.watch.tainted.add(identityOf(bytes));
    network.inject(bytes, sender, to);
  };
  const times = 1 + (b % FLOOD_MAX);
  switch (what) {
    case 'ask':
      network.ask({ contact: servent, key: key.subarray(), nul: c % 4 === 0 });
      return;
    case 'pause':
      if (!network.isAlive(servent)) return;
      network.pause(servent);
      network.at(network.nowMs + 5 + (b % 3000), () => network.isAlive(servent) && world.resume(servent));
      return;
    case 'kill':
      if (!network.isAlive(servent)) return;
      if (c % 2 === 0) network.pause(servent);
      network.at(network.nowMs + (c % 40), () => network.isAlive(servent) && world.kill(servent));
      network.at(network.nowMs + 41 + (b % 60), () => network.isAlive(servent) || network.revive(servent));
      return;
    case 'cut':
      world.cut(1 + (a % (plan.size - 1)), 1 + (b % 80));
      return;
    case 'reload':
      world.reload(servent);
      return;
    case 'forge': {
      // All name one victim, or a loopback client that only a local servent may name.
      const loopback = c % 5 === 0;
      for (let i = 0; i < times * 3; i++) {
        const client = endpointOf(loopback ? 0x7f00_0001 : VICTIM_IP + (c % 2 === 0 ? 0 : i), 1 + ((b + i) % 65_535));
        inject(
          encodeQuery({
            ttl: TTLS[(c + i) % TTLS.length]!,
            client,
            sequence: c % 7 === 0 ? i : 9,
            text: Buffer.from('ssh'),
          }),
        );
      }
      return;
    }
    case 'garble':
      for (let i = 0; i < times; i++) inject(garbled(world));
      return;
    case 'replay':
    case 'mutate':
      for (const old of world.heard) {
        const again = old.slice();
        world.watch.replayed.add(identityOf(again));
        world.watch.tainted.add(identityOf(again));
        again.set([0, TTLS[random.below(TTLS.length)]! & 255], 2);
        if (what === 'mutate') again[4 + random.below(again.length - 4)] = random.word();
        inject(again);
      }
      return;
    case 'respond':
      for (let i = 0; i < times; i++) inject(Buffer.from(`\0\x03ssh\tforged ${i}`));
      return;
    case 'confuse client': {
      const client = questionEndpoint(Math.max(0, network.questions.length - 1));
      for (const text of [
        '\0\x03other\tkey',
        '\0\x01ssh',
        'noise',
        '\0\x03',
        '\0\x03a value alone',
        `\0\x03ssh\tforged\0${b}`,
      ]) {
        network.inject(Buffer.from(text), from, client);
      }
      return;
    }
    case 'interrogate':
      // One after another from one address, whose ports differ; some are long.
      for (let i = 0; i < times * 2; i++) {
        const text = c % 3 === 0 ? Buffer.from('q'.repeat(70)) : key;
        inject(encodeClireq({ text }), endpointOf(VICTIM_IP, 2000 + i));
      }
  }
}

/** Bytes that are no message, or hardly: of every kind that has a name. */
function garbled({ random }: Stage): Uint8Array {
  const kinds = [
    '0001',
    '000100',
    '00',
    '',
    '0002 0003 0a000009 9c40 0000',
    '0002 0003 0a000009 9c40 00000001',
    '0002 0003 0a000009 0000 00000001 737368',
    '0002 0003 e0000001 9c40 00000001 737368',
    '0002 0003 ffffffff 9c40 00000001 737368',
    '0002 0003 00000001 9c40 00000001 737368',
    '0004 737368',
    '0100 737368',
    '0003',
    '0003 09',
  ];
  const bytes = Buffer.from(kinds[random.below(kinds.length)]!.replaceAll(' ', ''), 'hex');
  return random.chance(80) ? bytes : Buffer.concat([bytes, Uint8Array.of(random.word(), random.word())]);
}

/** A servent that raises the ttl, sends to whom it likes, doubles what it sends and answers lies. */
export class HostilePeer implements Peer {
  readonly #world: Stage;
  readonly #neighbours: readonly Endpoint[];
  /** It must not keep a flood alive by itself. */
  #sendsLeft = 200;

  constructor(world: Stage, neighbours: readonly Endpoint[]) {
    this.#world = world;
    this.#neighbours = neighbours;
  }

  receive(datagram: Uint8Array, from: Endpoint, _nowMs: number, out: Outbox): void {
    if (!isQuery(datagram)) return;
    const { watch, random } = this.#world;
    watch.tainted.add(identityOf(datagram));
    watch.tally.met('a hostile peer passed a query on');
    for (const to of [...this.#neighbours, from]) {
      if (this.#sendsLeft-- <= 0) return;
      const copy = datagram.slice();
      copy.set([0, TTLS[random.below(TTLS.length)]! & 255], 2);
      if (random.chance(20)) copy[4 + random.below(copy.length - 4)] = random.word();
      if (isQuery(copy)) watch.tainted.add(identityOf(copy));
      out.send(copy, to);
    }
  }
}
