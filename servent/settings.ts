/** What a servent can be told, however it is told: the settings' types, defaults and ranges. Knows no command line. */

import { isClientIp, isLoopback } from '../shared/address-classes';
import {
  checkBoolean,
  checkChoice,
  checkList,
  checkObject,
  checkRange,
  checkText,
  type NumberRange,
  shown,
} from '../shared/checks';
import { parseIp } from '../shared/endpoint';
import { usageError } from '../shared/errors';
import { formatPeer, type HostPort, listenAtOf, type Peer, peerOf } from '../shared/host-port';
import { IO_CHOICES, type IoChoice } from '../shared/udp/transport';
import { NEIGHBOURS_MAX } from '../shared/wire/overlay/query';
import { checkDefences, DEFENCE_DEFAULTS } from './defence-settings';
import type { DefenceOptions, DefenceReason } from './defences';
import type { PairsFrom } from './load-pairs';
import { OBSERVED, type ServentObserver } from './observed-servent';
import type { PairSource } from './pair-source';
import { WORKERS_MAX } from './workers/distribution';

/** What `startServent` takes: a port, and where the pairs come from; everything else has a default. */
export interface ServentSettings {
  /** UDP port, 0 to 65,535; 0 asks the system for a free one. */
  port: number;
  /** Path of the key-value file: this or `pairs`. */
  file?: string;
  /** Pairs in the place of a file. Texts stand for their UTF-8 bytes. */
  pairs?: PairSource;
  /** At most 10, `ip:port` or `name:port` each. Default: none. */
  neighbours?: readonly (string | Peer)[];
  /** Local IPv4 address to bind. Default 0.0.0.0: every interface. */
  bind?: string;
  /** IPv4 address to name to far servents in the place of a loopback client's. Default: found out for each neighbour. */
  advertise?: string;
  /** Most seen queries remembered, 1 to 16,777,216. Default 524,288. */
  seenMax?: number;
  /** How long a seen query is remembered, milliseconds, 1 to 86,400,000. Default 60,000. */
  seenAgeMs?: number;
  /** How datagrams come and go. Default `auto`. */
  io?: IoChoice;
  /**
   * Threads that serve together, 1 to 64, for more than one core can do: of Linux, with batches of system calls, and without an
   * observer. Default 1.
   */
  workers?: number;
  /** `ip:port`, or a port of loopback, to tell over HTTP how it is; port 0 for a free one. Default: nowhere. */
  http?: string;
  /** What keeps it from being aimed or starved, whole: take DEFENCE_DEFAULTS and change what you mean. */
  defences?: DefenceOptions;
  /** Forward no later copy with a higher ttl: the protocol's bare rule. Default false. */
  literal?: boolean;
  /** Report keys that appear again as problems. Default false. */
  duplicates?: boolean;
  /** Told when a limit begins to bite an address; at most once an address and 30 s. */
  onNotice?: (reason: DefenceReason, address: string) => void;
  /** Sees every datagram received, and what is decided about it. Default: nobody. */
  observer?: Partial<ServentObserver>;
}

/** The settings, each checked and in the form it is worked with: nothing downstream parses again. */
export interface ServentOptions {
  port: number;
  source: PairsFrom;
  /** At most 10, each once. */
  neighbours: readonly Peer[];
  /** Local address, 0 for every interface. */
  bindIp: number;
  /** Undefined: find it out for each neighbour. */
  advertisedIp: number | undefined;
  seenMax: number;
  seenAgeMs: number;
  io: IoChoice;
  /** 1 to WORKERS_MAX. */
  workers: number;
  http: HostPort | undefined;
  defences: DefenceOptions;
  literal: boolean;
  onNotice: (reason: DefenceReason, address: string) => void;
  observer?: Partial<ServentObserver> | undefined;
}

/** A flood is over in seconds; a minute outlasts any, and half a million queries are more than 8,000 a second in that time. */
export const SERVENT_DEFAULTS = {
  bind: '0.0.0.0',
  neighbours: [],
  seenMax: 524_288,
  seenAgeMs: 60_000,
  literal: false,
  duplicates: false,
  io: 'auto',
  workers: 1,
  defences: DEFENCE_DEFAULTS,
} as const satisfies Partial<ServentSettings>;

/** A day: longer than any process need remember a query. */
export const SECONDS_MAX = 86_400;

/** Seen queries remembered: more would not fit one table. */
export const SEEN_MAX_RANGE: NumberRange = { min: 1, max: 2 ** 24, unit: 'entries', integer: true };

/** Threads that serve. */
export const WORKERS_RANGE: NumberRange = { min: 1, max: WORKERS_MAX, unit: 'workers', integer: true };

/** Every setting there is, so that the compiler finds one that is missing here. */
const KNOWN: Record<keyof ServentSettings, true> = {
  port: true,
  file: true,
  pairs: true,
  neighbours: true,
  bind: true,
  advertise: true,
  seenMax: true,
  seenAgeMs: true,
  io: true,
  workers: true,
  http: true,
  defences: true,
  literal: true,
  duplicates: true,
  onNotice: true,
  observer: true,
};

/** Checks what a library's caller gives. @throws OperatorError `usage` that names the setting */
export function parseSettings(settings: ServentSettings): ServentOptions {
  checkObject('the settings of a servent', settings, Object.keys(KNOWN));
  // What is given as undefined is not given.
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const all = { ...SERVENT_DEFAULTS, ...(given as unknown as ServentSettings) };
  const { onNotice = () => {}, observer } = all;
  if (typeof onNotice !== 'function') throw usageError(`expected a function for onNotice, got ${shown(onNotice)}`);
  if (observer !== undefined) checkObject('the observer', observer, OBSERVED);
  const io = checkChoice('io', all.io, IO_CHOICES);
  const workers = checkWorkers(checkRange('workers', all.workers, WORKERS_RANGE), io, observer);
  return {
    port: checkRange('port', all.port, PORT_RANGE),
    source: sourceOf(all),
    neighbours: neighboursOf(all.neighbours),
    bindIp: bindIpOf(all.bind, 'bind'),
    advertisedIp: all.advertise === undefined ? undefined : advertisedIpOf(all.advertise, 'advertise'),
    seenMax: checkRange('seenMax', all.seenMax, SEEN_MAX_RANGE),
    seenAgeMs: checkRange('seenAgeMs', all.seenAgeMs, { min: 1, max: SECONDS_MAX * 1000, unit: 'milliseconds' }),
    io,
    workers,
    http: all.http === undefined ? undefined : listenAtOf(checkText('http', all.http), 'http'),
    defences: checkDefences(all.defences),
    literal: checkBoolean('literal', all.literal),
    onNotice,
    ...(observer === undefined ? {} : { observer }),
  };
}

/** What several workers cannot do. @throws OperatorError `usage` */
export function checkWorkers(workers: number, io: IoChoice, observer?: Partial<ServentObserver>): number {
  if (workers > 1 && io === 'dgram') {
    throw usageError(`expected batches of system calls with ${workers} workers, got dgram for io`);
  }
  if (workers > 1 && observer) throw usageError(`expected no observer with ${workers} workers: they are threads`);
  return workers;
}

const PORT_RANGE: NumberRange = { min: 0, max: 65_535, integer: true };

function sourceOf({ file, pairs, duplicates = false }: ServentSettings): PairsFrom {
  const reportDuplicates = checkBoolean('duplicates', duplicates);
  if ((file === undefined) === (pairs === undefined)) {
    throw usageError(`expected either file or pairs, got ${file === undefined ? 'neither' : 'both'}`);
  }
  if (pairs === undefined) return { file: checkText('file', file), duplicates: reportDuplicates };
  const iterable = typeof pairs === 'object' && (Symbol.iterator in pairs || Symbol.asyncIterator in pairs);
  if (!iterable) throw usageError(`expected a Map or another source of [key, value] for pairs, got ${shown(pairs)}`);
  return { pairs, duplicates: reportDuplicates };
}

/** Repeated neighbours are merged before they are counted. @throws OperatorError `usage` for a malformed one, or an 11th */
export function neighboursOf(given: readonly (string | Peer)[]): Peer[] {
  const distinct = new Map<string, Peer>();
  for (const one of checkList('neighbours', given)) {
    const neighbour = peerOf(one, 'a neighbour');
    const word = formatPeer(neighbour);
    distinct.set(word, neighbour);
    if (distinct.size > NEIGHBOURS_MAX) {
      throw usageError(`expected at most ${NEIGHBOURS_MAX} neighbours, got an 11th: "${word}"`);
    }
  }
  return [...distinct.values()];
}

/** A local address; `name` is the setting's. @throws OperatorError `usage` */
export function bindIpOf(word: string, name: string): number {
  const ip = ipOfWord(word);
  if (ip === undefined) throw usageError(`expected an IPv4 address of this machine for ${name}, got ${shown(word)}`);
  return ip;
}

/** An address that far hosts can answer to; `name` is the setting's. @throws OperatorError `usage` */
export function advertisedIpOf(word: string, name: string): number {
  const ip = ipOfWord(word);
  if (ip === undefined || !isClientIp(ip) || isLoopback(ip)) {
    throw usageError(`expected an IPv4 address that other hosts can answer to for ${name}, got ${shown(word)}`);
  }
  return ip;
}

function ipOfWord(word: unknown): number | undefined {
  return typeof word === 'string' ? parseIp(word) : undefined;
}
