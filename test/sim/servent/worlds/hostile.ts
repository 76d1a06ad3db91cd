/** What happens to a world: faults, and what peers of ill will do. */

import type { Outbox, Receiver } from '../../../../servent/outbox';
import { type Endpoint, endpointOf } from '../../../../shared/endpoint';
import { encodeClireq } from '../../../../shared/wire/overlay/clireq';
import { putTtl } from '../../../../shared/wire/overlay/message-writer';
import { encodeQuery } from '../../../../shared/wire/overlay/query';
import type { Random } from '../../../../simulator/random';
import { questionEndpoint, serventEndpoint } from '../../../../topologies/simulated/address';
import type { SimulatedOverlay } from '../../../../topologies/simulated/overlay';
import type { Action, Attack } from './actions';
import type { Plan } from './plan';
import { identityOf, isQuery, KEYS, type KeyName } from './query-words';
import type { Watch } from './supervised-servent';

/** Nobody's: what goes there is lost. */
const VICTIM_IP = 0xc0a8_fe07;
const ATTACKER = endpointOf(0xcb00_7107, 4000);
const TTLS = [0, 1, 2, 3, 4, 7, 8, 255, 256, 65_535];

/** What faults and hostile peers need of a world. */
export interface Stage {
  readonly plan: Plan;
  readonly overlay: SimulatedOverlay;
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
export function perform(world: Stage, action: Action): void {
  const { overlay } = world;
  switch (action.what) {
    case 'ask': {
      const { contact, key, nul } = action;
      overlay.ask({ contact, key: bytesOf(key), nul });
      return;
    }
    case 'pause': {
      const { servent, ms } = action;
      if (!overlay.isAlive(servent)) return;
      overlay.pause(servent);
      overlay.at(overlay.nowMs + ms, () => overlay.isAlive(servent) && world.resume(servent));
      return;
    }
    case 'kill': {
      const { servent, paused, afterMs, ms } = action;
      if (!overlay.isAlive(servent)) return;
      if (paused) overlay.pause(servent);
      overlay.at(overlay.nowMs + afterMs, () => overlay.isAlive(servent) && world.kill(servent));
      overlay.at(overlay.nowMs + afterMs + ms, () => overlay.isAlive(servent) || overlay.revive(servent));
      return;
    }
    case 'cut':
      return world.cut(action.boundary, action.ms);
    case 'reload':
      return world.reload(action.servent);
    default:
      return attack(world, action);
  }
}

function attack(world: Stage, action: Attack): void {
  const { overlay, random } = world;
  const to = serventEndpoint(action.to);
  // From a stranger, or with the address of a servent that knows nothing of it.
  const from = action.from === 'stranger' ? ATTACKER : serventEndpoint(action.from);
  const inject = (bytes: Uint8Array, sender = from): void => {
    if (isQuery(bytes)) world.watch.tainted.add(identityOf(bytes));
    overlay.inject(bytes, sender, to);
  };
  switch (action.what) {
    case 'forge':
      for (let i = 0; i < action.times; i++) inject(forged(action, i, random));
      return;
    case 'garble':
      for (let i = 0; i < action.times; i++) inject(garbled(world));
      return;
    case 'replay':
    case 'mutate':
      for (const old of world.heard) {
        const again = old.slice();
        world.watch.replayed.add(identityOf(again));
        world.watch.tainted.add(identityOf(again));
        putTtl(again, TTLS[random.below(TTLS.length)]!);
        if (action.what === 'mutate') again[4 + random.below(again.length - 4)] = random.word();
        inject(again);
      }
      return;
    case 'respond':
      for (let i = 0; i < action.times; i++) inject(Buffer.from(`\0\x03ssh\tforged ${i}`));
      return;
    case 'confuse client': {
      const client = questionEndpoint(Math.max(0, overlay.asked - 1));
      for (const text of [
        '\0\x03other\tkey',
        '\0\x01ssh',
        'noise',
        '\0\x03',
        '\0\x03a value alone',
        `\0\x03ssh\tforged\0${action.tail}`,
      ]) {
        overlay.inject(Buffer.from(text), from, client);
      }
      return;
    }
    case 'interrogate':
      for (let i = 0; i < action.times; i++) {
        inject(encodeClireq({ text: bytesOf(action.key) }), endpointOf(VICTIM_IP, 2000 + i));
      }
  }
}

/** All name one victim, or a loopback client that only a local servent may name. */
function forged({ client, sequence }: Extract<Attack, { what: 'forge' }>, i: number, random: Random): Uint8Array {
  const ip = client === 'loopback' ? 0x7f00_0001 : VICTIM_IP + (client === 'victim' ? 0 : i);
  return encodeQuery({
    ttl: TTLS[random.below(TTLS.length)]!,
    client: endpointOf(ip, 1 + i),
    sequence: sequence === 'counting' ? i : 9,
    text: Buffer.from('ssh'),
  });
}

function bytesOf(key: KeyName): Uint8Array {
  return Buffer.from(KEYS[key], 'latin1');
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
export class HostilePeer implements Receiver {
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
      putTtl(copy, TTLS[random.below(TTLS.length)]!);
      if (random.chance(20)) copy[4 + random.below(copy.length - 4)] = random.word();
      if (isQuery(copy)) watch.tainted.add(identityOf(copy));
      out.forward(copy, [to], undefined);
    }
  }
}
