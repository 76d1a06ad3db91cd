/** What can happen in a world, each with what it needs in words of its own, so that a failure that was made small can be read. */

import type { Random } from '../../../../simulator/random';
import { KEY_NAMES, type KeyName } from './query-words';

/** Servents are numbers; `ms` is how long it lasts. */
export type Fault = { atMs: number } & (
  | { what: 'pause'; servent: number; ms: number }
  /** Dead so long after a while in which it may be paused. */
  | { what: 'kill'; servent: number; paused: boolean; afterMs: number; ms: number }
  /** No link carries anything between servents below the boundary and those from there on. */
  | { what: 'cut'; boundary: number; ms: number }
  | { what: 'reload'; servent: number }
);

/** `from` is the servent whose address is borrowed, or a stranger. */
export type Attack = {
  atMs: number;
  to: number;
  from: number | 'stranger';
} /** QUERYs that name a victim, or several side by side. */ & (
  | { what: 'forge'; times: number; client: 'loopback' | 'victim' | 'victims'; sequence: 'same' | 'counting' }
  | { what: 'garble'; times: number }
  /** QUERYs heard before, as they were or changed in a byte. */
  | { what: 'replay' | 'mutate' }
  | { what: 'respond'; times: number }
  /** Datagrams of all kinds to the client that asked last. */
  | { what: 'confuse client'; tail: number }
  /** CLIREQs from one address, whose ports differ. */
  | { what: 'interrogate'; times: number; key: KeyName }
);

export type Ask = { atMs: number; what: 'ask'; contact: number; key: KeyName; nul: boolean };

export type Action = Ask | Fault | Attack;

/** Repetitions of an attack. */
const TIMES_MAX = 12;

/** A question of a servent for some key, now and then a long one. */
export function drawQuestion(atMs: number, size: number, random: Random): Ask {
  const contact = random.word() % size;
  const key = drawKey(random);
  // The longest leaves no room for a NUL.
  return { atMs, what: 'ask', contact, key, nul: key !== 'longest in a CLIREQ' && random.chance(25) };
}

export function drawFault(what: Fault['what'], atMs: number, size: number, random: Random): Fault {
  const servent = random.word() % size;
  switch (what) {
    case 'pause':
      return { atMs, what, servent, ms: 5 + random.below(3000) };
    case 'kill':
      return {
        atMs,
        what,
        servent,
        paused: random.chance(50),
        afterMs: random.below(40),
        ms: 1 + random.below(100),
      };
    case 'cut':
      return { atMs, what, boundary: 1 + (random.word() % (size - 1)), ms: 1 + random.below(80) };
    case 'reload':
      return { atMs, what, servent };
  }
}

export function drawAttack(what: Attack['what'], atMs: number, size: number, random: Random): Attack {
  const at = { atMs, to: random.word() % size, from: random.chance(33) ? ('stranger' as const) : random.word() % size };
  const times = 1 + random.below(TIMES_MAX);
  switch (what) {
    case 'forge': {
      const client = random.chance(20) ? 'loopback' : random.chance(50) ? 'victim' : 'victims';
      return { ...at, what, times: times * 3, client, sequence: random.chance(15) ? 'counting' : 'same' };
    }
    case 'interrogate':
      return { ...at, what, times: times * 2, key: random.chance(30) ? 'long key' : drawKey(random) };
    case 'confuse client':
      return { ...at, what, tail: random.word() };
    case 'replay':
    case 'mutate':
      return { ...at, what };
    default:
      return { ...at, what, times };
  }
}

/** One of the first four mostly; the longer, the rarer. */
function drawKey(random: Random): KeyName {
  const draw = random.below(100);
  if (draw < 80) return KEY_NAMES[draw % 4]!;
  if (draw < 92) return 'long value';
  if (draw < 98) return 'long key';
  return draw < 99 ? 'longest in a QUERY' : 'longest in a CLIREQ';
}
