/** What a servent can be told, however it is told: the settings' types, defaults and ranges. Knows no command line. */

import { isClientIp, isLoopback } from '../shared/address-classes';
import { checkRange, type NumberRange } from '../shared/checks';
import { parseIp } from '../shared/endpoint';
import { usageError } from '../shared/errors';
import { type HostPort, hostPortOf } from '../shared/host-port';
import type { IoChoice } from '../shared/udp/open-transport';
import { NEIGHBOURS_MAX } from '../shared/wire/overlay/query';
import { DEFENCE_DEFAULTS } from './defence-settings';
import type { DefenceOptions } from './defences';

/** All that `startServent` needs to know. */
export interface ServentOptions {
  /** UDP port, 0 to 65,535; 0 asks the system for a free one. */
  port: number;
  /** Path of the key-value file. */
  file: string;
  /** At most 10, each once. */
  neighbours: readonly HostPort[];
  /** Local IPv4 address to bind; 0.0.0.0 for every interface. */
  bind: string;
  /** IPv4 address to name to far servents in the place of a loopback client's; undefined: find it out for each neighbour. */
  advertise: string | undefined;
  /** Most seen queries remembered, 1 to 16,777,216. */
  seenMax: number;
  /** How long a seen query is remembered, milliseconds. */
  seenAgeMs: number;
  /** How datagrams come and go. */
  io: IoChoice;
  /** What keeps it from being aimed or starved. */
  defences: DefenceOptions;
  /** Forward no later copy with a higher ttl: the protocol's bare rule. */
  literal: boolean;
}

/** A flood is over in seconds; a minute outlasts any, and half a million queries are more than 8,000 a second in that time. */
export const SERVENT_DEFAULTS = {
  bind: '0.0.0.0',
  neighbours: [],
  advertise: undefined,
  seenMax: 524_288,
  seenAgeMs: 60_000,
  literal: false,
  io: 'auto',
  defences: DEFENCE_DEFAULTS,
} as const satisfies Partial<ServentOptions>;

/** A day: longer than any process need remember a query. */
export const SECONDS_MAX = 86_400;

/** Seen queries remembered: more would not fit one table. */
export const SEEN_MAX_RANGE: NumberRange = { min: 1, max: 2 ** 24, unit: 'entries', integer: true };

/** Holds what a library's caller gives to the ranges that the command line keeps. @throws OperatorError `usage` */
export function checkOptions({ port, bind, advertise, seenMax, seenAgeMs }: ServentOptions): void {
  checkRange('port', port, { min: 0, max: 65_535, integer: true });
  checkRange('seenMax', seenMax, SEEN_MAX_RANGE);
  checkRange('seenAgeMs', seenAgeMs, { min: 1, max: SECONDS_MAX * 1000 });
  checkedIp(bind, 'bind', BINDABLE);
  if (advertise !== undefined) checkedIp(advertise, 'advertise', REACHABLE);
}

/** Repeated neighbours are merged before they are counted. @throws OperatorError `usage` for a malformed one, or an 11th */
export function neighboursOf(given: readonly (string | HostPort)[]): HostPort[] {
  const distinct = new Map<string, HostPort>();
  for (const one of given) {
    const neighbour = typeof one === 'string' ? hostPortOf(one, 'a neighbour') : one;
    const word = `${neighbour.host}:${neighbour.port}`;
    distinct.set(word, neighbour);
    if (distinct.size > NEIGHBOURS_MAX)
      throw usageError(`expected at most ${NEIGHBOURS_MAX} neighbours, got an 11th: "${word}"`);
  }
  return [...distinct.values()];
}

/** What an address must be for a purpose, in words and as a test. */
export interface AddressKind {
  what: string;
  includes: (ip: number) => boolean;
}

export const BINDABLE: AddressKind = { what: 'an IPv4 address of this machine', includes: () => true };
export const REACHABLE: AddressKind = {
  what: 'an IPv4 address that other hosts can answer to',
  includes: (ip) => isClientIp(ip) && !isLoopback(ip),
};

export function checkedIp(word: string, option: string, { what, includes }: AddressKind): string {
  const ip = parseIp(word);
  if (ip === undefined || !includes(ip)) throw usageError(`expected ${what} for ${option}, got "${word}"`);
  return word;
}
