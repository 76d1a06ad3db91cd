/// <reference lib="esnext.disposable" preserve="true" />
/** A servent for whoever runs one: owns the socket, the clock and the file, and does what the core decides. The library's face. */

import { strict as assert } from 'node:assert';
import { randomInt } from 'node:crypto';
import { isLoopback } from '../shared/address-classes';
import { type Endpoint, endpointOf, formatEndpoint, formatIp, ipOf, portOf } from '../shared/endpoint';
import { OperatorError, portError, usageError } from '../shared/errors';
import { formatPeer, type HostPort, type Peer, resolve } from '../shared/host-port';
import type { HttpService } from '../shared/http/service';
import { openTransport } from '../shared/udp/open-transport';
import {
  type IoChoice,
  RECEIVE_BUFFER_BYTES,
  type Transport,
  type TransportEvents,
  type TransportOptions,
} from '../shared/udp/transport';
import { type Neighbour, ServentCore } from './core';
import { countingIn, newCounters } from './counters';
import type { DefenceReason } from './defences';
import type { Problem } from './key-value-file';
import { loadPairs, reloadPairs } from './load-pairs';
import { ObservedServent } from './observed-servent';
import type { Outbox } from './outbox';
import { isOwnIp, ownIpTowards, reachableIps } from './own-address';
import { parseSettings, type ServentOptions, type ServentSettings } from './settings';
import type { FileStatus, ServentStats, ServentStatus } from './status';
import { tracer, tracing } from './trace';

/** What loading the pairs gave. */
export interface LoadedFile {
  keys: number;
  /** The first ten lines that are no pair, or one that nobody can ask for. */
  problems: readonly Problem[];
  /** How many such lines there are. */
  problemCount: number;
}

/** A running servent. */
export interface Servent {
  /** Where it can be asked from this machine, `ip:port`: on every interface bound, that is loopback. */
  readonly address: string;
  /** Where it is bound, `ip:port`; 0.0.0.0 stands for every interface. */
  readonly bound: string;
  readonly port: number;
  /** `host:port` where it tells over HTTP how it is; undefined where it does not. */
  readonly http: string | undefined;
  /** How datagrams come and go. */
  readonly io: 'dgram' | 'batch';
  /** Why `auto` had to do without batches, in part of a sentence; else undefined. */
  readonly ioFallback: string | undefined;
  /** Its neighbours, `ip:port`, resolved and each once. */
  readonly neighbours: readonly string[];
  /** What the latest successful load gave. */
  readonly file: LoadedFile;
  stats(): ServentStats;
  /**
   * Reads the pairs again: all or nothing.
   * @throws OperatorError `file` when they cannot be read, or not again, and the old pairs stay; `usage` for a pair that no servent can hold; `closed` after `close`
   */
  reload(): Promise<LoadedFile>;
  /** Stops serving and frees the port. */
  close(): Promise<void>;
  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a servent: loads the pairs, binds the port, serves until `close` (specification, section 4).
 * @throws OperatorError `usage` for a setting that is unknown, malformed or out of its range, or a neighbour that is the servent itself; `file`, `port`, `host`, `io`
 */
export async function startServent(settings: ServentSettings): Promise<Servent> {
  return openServent(parseSettings(settings));
}

/** Starts a servent with settings that are checked. @throws OperatorError as `startServent` */
export async function openServent(options: ServentOptions): Promise<Servent> {
  const { source, bindIp, port } = options;
  const { pairs, ...file } = await loadPairs(source);
  const neighbours = await resolveNeighbours(options.neighbours, bindIp, port);
  const core = new ServentCore({
    pairs,
    neighbours: await Promise.all(neighbours.map((neighbour) => withOwnIp(neighbour, bindIp, options.advertisedIp))),
    defences: options.defences,
    literal: options.literal,
    seenMax: options.seenMax,
    seenAgeMs: options.seenAgeMs,
    firstSequence: randomInt(2 ** 32),
    hashKey: [randomInt(2 ** 32), randomInt(2 ** 32)],
  });
  const shell = new ServentShell(core, options, { keys: pairs.size, ...file }, neighbours.map(formatEndpoint));
  await shell.open(options.io, { ip: bindIp, port, receiveBufferBytes: RECEIVE_BUFFER_BYTES, peers: neighbours });
  if (options.http) await shell.openHttp(options.http);
  return shell;
}

/** Each neighbour once. @throws OperatorError `host`, or `usage` for the servent itself */
async function resolveNeighbours(given: readonly Peer[], bindIp: number, ownPort: number): Promise<Endpoint[]> {
  const neighbours = new Set<Endpoint>();
  for (const named of given) {
    const neighbour = await resolve(named);
    const ip = ipOf(neighbour);
    if (portOf(neighbour) === ownPort && (bindIp === 0 ? isOwnIp(ip) : ip === bindIp)) {
      throw usageError(
        `expected other servents as neighbours, got "${formatPeer(named)}": that is this servent itself`,
      );
    }
    neighbours.add(neighbour);
  }
  return [...neighbours];
}

/** Section 4, loopback clients: towards a neighbour that is not on loopback, our own address stands in for theirs. */
async function withOwnIp(endpoint: Endpoint, bindIp: number, advertisedIp: number | undefined): Promise<Neighbour> {
  if (isLoopback(ipOf(endpoint))) return { endpoint, ownIp: undefined };
  if (advertisedIp !== undefined) return { endpoint, ownIp: advertisedIp };
  return { endpoint, ownIp: bindIp === 0 ? await ownIpTowards(endpoint) : bindIp };
}

class ServentShell implements Servent, TransportEvents, Outbox {
  file: LoadedFile;
  readonly neighbours: readonly string[];
  readonly #core: ServentCore;
  readonly #observed: ObservedServent;
  readonly #options: ServentOptions;
  readonly #counters = newCounters();
  readonly #startMs = performance.now();
  #transport: Transport | undefined;
  #http: HttpService | undefined;
  #ioFallback: string | undefined;
  #closed = false;
  #kernelDrops: number | undefined;
  #loadedAtMs = Date.now();
  /** Has the latest reload failed? */
  #stale = false;
  #reloading: Promise<unknown> = Promise.resolve();
  /** The reload that has not begun yet: it will do for all who ask until then, so that a storm of signals is two loads. */
  #nextReload: Promise<LoadedFile> | undefined;

  constructor(core: ServentCore, options: ServentOptions, file: LoadedFile, neighbours: readonly string[]) {
    const { observer } = options;
    this.#core = core;
    this.#options = options;
    this.#observed = new ObservedServent(core, [
      countingIn(this.#counters),
      ...(tracing ? [tracer] : []),
      ...(observer ? [observer] : []),
    ]);
    this.file = file;
    this.neighbours = neighbours;
  }

  /** Binds the port and serves. @throws OperatorError `port` */
  async open(io: IoChoice, options: TransportOptions): Promise<void> {
    try {
      this.#transport = await openTransport(io, options, this, (why) => (this.#ioFallback = why));
    } catch (cause) {
      throw portError('UDP', formatEndpoint(endpointOf(options.ip, options.port)), cause);
    }
  }

  /** Tells over HTTP how it is: loaded only here, with what it depends on. @throws OperatorError `port`; then it is closed */
  async openHttp(at: HostPort): Promise<void> {
    const { openHttp } = require('./http/http') as typeof import('./http/http');
    try {
      this.#http = await openHttp(at, () => this.#status());
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  get address(): string {
    const { local } = this.#opened;
    return formatEndpoint(ipOf(local) === 0 ? endpointOf(LOOPBACK_IP, portOf(local)) : local);
  }

  get bound(): string {
    return formatEndpoint(this.#opened.local);
  }

  get http(): string | undefined {
    return this.#http?.address;
  }

  get ioFallback(): string | undefined {
    return this.#ioFallback;
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

  #status(): ServentStatus {
    const { local } = this.#opened;
    const { advertisedIp, literal, seenMax } = this.#options;
    return {
      address: this.address,
      bound: this.bound,
      addresses: reachableIps(ipOf(local)).map((ip) => formatEndpoint(endpointOf(ip, portOf(local)))),
      advertised: advertisedIp === undefined ? null : formatIp(advertisedIp),
      neighbours: this.neighbours,
      io: this.io,
      literal,
      file: this.#fileStatus(),
      seenMax,
      ...this.stats(),
    };
  }

  #fileStatus(): FileStatus {
    const { keys, problemCount } = this.file;
    return { keys, problems: problemCount, loadedAtMs: this.#loadedAtMs, stale: this.#stale };
  }

  reload(): Promise<LoadedFile> {
    const load = async (): Promise<LoadedFile> => {
      this.#nextReload = undefined;
      this.#checkOpen();
      const { pairs, ...file } = await reloadPairs(this.#options.source);
      this.#checkOpen();
      this.#loadedAtMs = Date.now();
      this.#core.pairs = pairs;
      this.file = { keys: pairs.size, ...file };
      return this.file;
    };
    // One after the other, so that the table read last is the one that stays.
    if (!this.#nextReload) {
      this.#nextReload = this.#reloading.then(load);
      this.#reloading = this.#nextReload.then(
        () => void (this.#stale = false),
        () => void (this.#stale = true),
      );
    }
    return this.#nextReload;
  }

  async close(): Promise<void> {
    // A closed socket can no longer be asked.
    if (!this.#closed) this.#kernelDrops = this.#opened.kernelDrops();
    this.#closed = true;
    await Promise.all([this.#http?.close(), this.#opened.close()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkOpen(): void {
    if (this.#closed)
      throw new OperatorError('closed', `expected a servent that serves, got ${this.bound}, which was closed`);
  }

  received(datagram: Uint8Array, from: Endpoint, nowMs: number): void {
    this.#observed.receive(datagram, from, nowMs, this);
  }

  answer(response: Uint8Array, client: Endpoint): void {
    this.#opened.send(response, client);
  }

  forward(query: Uint8Array, neighbours: readonly Endpoint[], except: Endpoint | undefined): void {
    this.#opened.sendEach(query, neighbours, except);
  }

  /** Nothing is done about what is dropped; the observers know. */
  drop(): void {}

  notice(reason: DefenceReason, ip: number): void {
    this.#options.onNotice(reason, formatIp(ip));
  }

  sendFailed(code: string, to: Endpoint): void {
    this.#observed.sendFailed(code, to);
  }

  get #opened(): Transport {
    assert(this.#transport, 'the port is bound');
    return this.#transport;
  }
}

/** 127.0.0.1. */
const LOOPBACK_IP = 0x7f00_0001;
