/** A servent for whoever runs one: owns the socket, the clock and the file, and does what the core decides. The library's face. */

import { strict as assert } from 'node:assert';
import { randomInt } from 'node:crypto';
import { isLoopback } from '../shared/address-classes';
import { type Endpoint, endpointOf, formatEndpoint, formatIp, ipOf, parseIp, portOf } from '../shared/endpoint';
import { OperatorError, usageError } from '../shared/errors';
import { type HostPort, resolve } from '../shared/host-port';
import { type IoChoice, openTransport } from '../shared/udp/open-transport';
import {
  RECEIVE_BUFFER_BYTES,
  type Transport,
  type TransportEvents,
  type TransportOptions,
} from '../shared/udp/transport';
import { RESPONSE } from '../shared/wire/overlay/response';
import { type DropReason, type Neighbour, type Outbox, ServentCore } from './core';
import { type Counters, countReceived, newCounters } from './counters';
import type { DefenceReason } from './defences';
import type { Problem } from './key-value-file';
import { loadPairs } from './load-pairs';
import { isOwnIp, ownIpTowards } from './own-address';
import { checkOptions, neighboursOf, SERVENT_DEFAULTS, type ServentOptions } from './settings';
import { trace, tracing } from './trace';

/** What `startServent` takes: a port and a file; everything else has a default. */
export type ServentSettings = Pick<ServentOptions, 'port' | 'file'> &
  Partial<Omit<ServentOptions, 'neighbours'>> & {
    /** `ip:port` or `name:port` each, at most 10. */
    neighbours?: readonly (string | HostPort)[];
    /** Told when a limit begins to bite an address; at most once an address and 30 s. */
    onNotice?: (reason: DefenceReason, address: string) => void;
  };

/** The counters at one moment. */
export interface ServentStats extends Counters {
  /** Milliseconds since the start. */
  upMs: number;
  /** Queries remembered as seen. */
  seen: number;
  /** Keys held. */
  keys: number;
  /** With a dry run of the limits: what they would have dropped, by reason. */
  wouldDrop: Readonly<Partial<Record<DefenceReason, number>>>;
  /** Datagrams the kernel threw away because the receive buffer was full; null where the system does not show it. */
  kernelDrops: number | null;
}

/** What loading the file gave. */
export interface LoadedFile {
  keys: number;
  /** The first ten lines that are no pair. */
  problems: readonly Problem[];
  /** All lines that are no pair, neither blank nor a comment. */
  problemCount: number;
}

/** A running servent. */
export interface Servent {
  /** Where it is bound, `ip:port`. */
  readonly address: string;
  readonly port: number;
  /** How datagrams come and go. */
  readonly io: 'dgram' | 'batch';
  /** Its neighbours, `ip:port`, resolved and each once. */
  readonly neighbours: readonly string[];
  /** What the latest successful load gave. */
  readonly file: LoadedFile;
  stats(): ServentStats;
  /** Reads the file again: all or nothing. @throws OperatorError `file` when it cannot be read; the old pairs stay. */
  reload(): Promise<LoadedFile>;
  /** Stops serving and frees the port. */
  close(): Promise<void>;
}

/**
 * Starts a servent: loads the file, binds the port, serves until `close` (specification, section 4).
 * @throws OperatorError `file`, `port`, `host`, `io`, or `usage` for a setting out of its range or a neighbour that is the servent itself
 */
export async function startServent(settings: ServentSettings): Promise<Servent> {
  const options: ServentOptions = {
    ...SERVENT_DEFAULTS,
    ...settings,
    neighbours: neighboursOf(settings.neighbours ?? []),
  };
  checkOptions(options);
  const { pairs, ...file } = await loadPairs(options.file);
  const bindIp = parseIp(options.bind);
  assert(bindIp !== undefined, 'bind is an IPv4 address');
  const neighbours = await resolveNeighbours(options.neighbours, bindIp, options.port);
  const core = new ServentCore({
    pairs,
    neighbours: await Promise.all(neighbours.map((neighbour) => withOwnIp(neighbour, bindIp, options.advertise))),
    defences: options.defences,
    literal: options.literal,
    seenMax: options.seenMax,
    seenAgeMs: options.seenAgeMs,
    firstSequence: randomInt(2 ** 32),
    hashKey: [randomInt(2 ** 32), randomInt(2 ** 32)],
  });
  const shell = new ServentShell(core, settings, { keys: pairs.size, ...file }, neighbours.map(formatEndpoint));
  await shell.open(options.io, {
    ip: bindIp,
    port: options.port,
    receiveBufferBytes: RECEIVE_BUFFER_BYTES,
    peers: neighbours,
  });
  return shell;
}

/** Each neighbour once. @throws OperatorError `host`, or `usage` for the servent itself */
async function resolveNeighbours(given: readonly HostPort[], bindIp: number, ownPort: number): Promise<Endpoint[]> {
  const neighbours = new Set<Endpoint>();
  for (const named of given) {
    const neighbour = await resolve(named);
    const ip = ipOf(neighbour);
    if (portOf(neighbour) === ownPort && (bindIp === 0 ? isOwnIp(ip) : ip === bindIp)) {
      throw usageError(
        `expected other servents as neighbours, got "${named.host}:${named.port}": that is this servent itself`,
      );
    }
    neighbours.add(neighbour);
  }
  return [...neighbours];
}

/** Section 4, loopback clients: towards a neighbour that is not on loopback, our own address stands in for theirs. */
async function withOwnIp(endpoint: Endpoint, bindIp: number, advertise: string | undefined): Promise<Neighbour> {
  if (isLoopback(ipOf(endpoint))) return { endpoint, ownIp: undefined };
  if (advertise !== undefined) return { endpoint, ownIp: parseIp(advertise) };
  return { endpoint, ownIp: bindIp === 0 ? await ownIpTowards(endpoint) : bindIp };
}

class ServentShell implements Servent, TransportEvents, Outbox {
  file: LoadedFile;
  readonly neighbours: readonly string[];
  readonly #core: ServentCore;
  readonly #path: string;
  readonly #onNotice: (reason: DefenceReason, address: string) => void;
  readonly #counters = newCounters();
  readonly #startMs = performance.now();
  #transport: Transport | undefined;
  #kernelDrops: number | undefined;
  #reloading: Promise<unknown> = Promise.resolve();
  /** The reload that has not begun yet: it will do for all who ask until then, so that a storm of signals is two loads. */
  #nextReload: Promise<LoadedFile> | undefined;
  /** Of the datagram being received: was it dropped, and what was sent for it? */
  #dropped = false;
  #answered = false;
  #forwarded = false;
  #from: Endpoint = 0;

  constructor(core: ServentCore, settings: ServentSettings, file: LoadedFile, neighbours: readonly string[]) {
    this.#core = core;
    this.#path = settings.file;
    this.#onNotice = settings.onNotice ?? (() => {});
    this.file = file;
    this.neighbours = neighbours;
  }

  /** Binds the port and serves. @throws OperatorError `port` */
  async open(io: IoChoice, options: TransportOptions): Promise<void> {
    try {
      this.#transport = await openTransport(io, options, this);
    } catch (cause) {
      if (cause instanceof OperatorError) throw cause;
      const where = formatEndpoint(endpointOf(options.ip, options.port));
      const { code } = cause as NodeJS.ErrnoException;
      const reason = (code && BIND_FAILURES[code]) ?? String((cause as Error).message);
      throw new OperatorError('port', `expected a UDP port that can be bound, got ${where}: ${reason}`, { cause });
    }
  }

  get address(): string {
    return formatEndpoint(this.#opened.local);
  }

  get io(): 'dgram' | 'batch' {
    return this.#opened.kind;
  }

  get port(): number {
    return portOf(this.#opened.local);
  }

  stats(): ServentStats {
    return {
      ...structuredClone(this.#counters),
      upMs: performance.now() - this.#startMs,
      seen: this.#core.seenCount,
      keys: this.#core.pairs.size,
      wouldDrop: this.#core.wouldDrop,
      kernelDrops: this.#kernelDrops ?? this.#opened.kernelDrops() ?? null,
    };
  }

  reload(): Promise<LoadedFile> {
    const load = async (): Promise<LoadedFile> => {
      this.#nextReload = undefined;
      const { pairs, ...file } = await loadPairs(this.#path);
      this.#core.pairs = pairs;
      this.file = { keys: pairs.size, ...file };
      return this.file;
    };
    // One after the other, so that the table read last is the one that stays.
    if (!this.#nextReload) {
      this.#nextReload = this.#reloading.then(load);
      this.#reloading = this.#nextReload.catch(() => undefined);
    }
    return this.#nextReload;
  }

  async close(): Promise<void> {
    // A closed socket can no longer be asked.
    this.#kernelDrops = this.#opened.kernelDrops();
    await this.#opened.close();
  }

  received(datagram: Uint8Array, from: Endpoint, nowMs: number): void {
    countReceived(this.#counters, datagram);
    if (tracing) trace.received(datagram, from);
    this.#dropped = this.#answered = this.#forwarded = false;
    this.#from = from;
    this.#core.receive(datagram, from, nowMs, this);
    if (this.#dropped) return;
    if (!this.#forwarded) this.#counters.handled.answered++;
    else if (!this.#answered) this.#counters.handled.forwarded++;
    else this.#counters.handled.both++;
  }

  send(bytes: Uint8Array, to: Endpoint): void {
    if (bytes[1] === RESPONSE) {
      this.#answered = true;
      this.#counters.answers++;
    } else {
      this.#forwarded = true;
      this.#counters.queries++;
    }
    if (tracing) trace.sent(bytes, to);
    this.#opened.send(bytes, to);
  }

  drop(reason: DropReason): void {
    this.#dropped = true;
    this.#counters.dropped[reason]++;
    if (tracing) trace.dropped(reason, this.#from);
  }

  notice(reason: DefenceReason, ip: number): void {
    this.#onNotice(reason, formatIp(ip));
  }

  sendFailed(code: string, to: Endpoint): void {
    this.#counters.sendErrors[code] = (this.#counters.sendErrors[code] ?? 0) + 1;
    if (tracing) trace.failed(code, to);
  }

  get #opened(): Transport {
    assert(this.#transport, 'the port is bound');
    return this.#transport;
  }
}

/** What the system's names for a failed bind mean to a person. */
const BIND_FAILURES: Record<string, string> = {
  EADDRINUSE: 'the port is in use',
  EACCES: 'binding it is not permitted',
  EADDRNOTAVAIL: 'the address is not one of this machine',
};
