/// <reference lib="esnext.disposable" preserve="true" />
/** A servent for whoever runs one: owns the socket, the clock and the file, and does what the core decides. The library's face. */

import { randomInt } from 'node:crypto';
import { isLoopback } from '../shared/address-classes';
import { type Endpoint, endpointOf, formatEndpoint, formatIp, ipOf, portOf } from '../shared/endpoint';
import { OperatorError, portError, usageError } from '../shared/errors';
import { formatPeer, type HostPort, type Peer, resolve } from '../shared/host-port';
import type { HttpService } from '../shared/http/service';
import { openTransport } from '../shared/udp/open-transport';
import { RECEIVE_BUFFER_BYTES, type TransportOptions } from '../shared/udp/transport';
import { type CoreOptions, type Neighbour, ServentCore } from './core';
import { newCounters } from './counters';
import type { Problem } from './key-value-file';
import { loadPairs, reloadPairs } from './load-pairs';
import { isOwnIp, ownIpTowards, reachableIps } from './own-address';
import { type ServedPort, Serving } from './serving';
import { parseSettings, type ServentOptions, type ServentSettings } from './settings';
import type { FileStatus, ServentStats, ServentStatus } from './status';
import { openWorkers } from './workers/worker-pool';

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
  /** Threads that serve: with one, that is the program's own. */
  readonly workers: number;
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
  const core: CoreOptions = {
    pairs,
    neighbours: await Promise.all(neighbours.map((neighbour) => withOwnIp(neighbour, bindIp, options.advertisedIp))),
    defences: options.defences,
    literal: options.literal,
    seenMax: options.seenMax,
    seenAgeMs: options.seenAgeMs,
    firstSequence: randomInt(2 ** 32),
    hashKey: [randomInt(2 ** 32), randomInt(2 ** 32)],
  };
  const opened = await openPort(options, core);
  const shell = new ServentShell(opened, options, { keys: pairs.size, ...file }, neighbours.map(formatEndpoint));
  if (options.http) await shell.openHttp(options.http);
  return shell;
}

interface OpenedPort {
  port: ServedPort;
  ioFallback?: string | undefined;
}

/** Binds the port and serves, with one core here or with several in threads of their own. @throws OperatorError `port`, `io` */
async function openPort(options: ServentOptions, core: CoreOptions): Promise<OpenedPort> {
  const { bindIp: ip, port, workers, io, onNotice, observer } = options;
  const peers = core.neighbours.map(({ endpoint }) => endpoint);
  const at: TransportOptions = { ip, port, receiveBufferBytes: RECEIVE_BUFFER_BYTES, peers };
  try {
    if (workers > 1) return { port: await openWorkers(workers, at, core, onNotice) };
    let ioFallback: string | undefined;
    const serving = new Serving(new ServentCore(core), { counters: newCounters(), observer, onNotice });
    await serving.open((events) => openTransport(io, at, events, (why) => (ioFallback = why)));
    return { port: serving, ioFallback };
  } catch (cause) {
    throw portError('UDP', formatEndpoint(endpointOf(ip, port)), cause);
  }
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

class ServentShell implements Servent {
  file: LoadedFile;
  readonly neighbours: readonly string[];
  readonly ioFallback: string | undefined;
  readonly #port: ServedPort;
  readonly #options: ServentOptions;
  readonly #startMs = performance.now();
  #http: HttpService | undefined;
  #closed = false;
  #loadedAtMs = Date.now();
  /** Has the latest reload failed? */
  #stale = false;
  #reloading: Promise<unknown> = Promise.resolve();
  /** The reload that has not begun yet: it will do for all who ask until then, so that a storm of signals is two loads. */
  #nextReload: Promise<LoadedFile> | undefined;

  constructor(
    { port, ioFallback }: OpenedPort,
    options: ServentOptions,
    file: LoadedFile,
    neighbours: readonly string[],
  ) {
    this.#port = port;
    this.ioFallback = ioFallback;
    this.#options = options;
    this.file = file;
    this.neighbours = neighbours;
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
    const { local } = this.#port;
    return formatEndpoint(ipOf(local) === 0 ? endpointOf(LOOPBACK_IP, portOf(local)) : local);
  }

  get bound(): string {
    return formatEndpoint(this.#port.local);
  }

  get http(): string | undefined {
    return this.#http?.address;
  }

  get io(): 'dgram' | 'batch' {
    return this.#port.io;
  }

  get workers(): number {
    return this.#options.workers;
  }

  get port(): number {
    return portOf(this.#port.local);
  }

  stats(): ServentStats {
    const { kernelDrops = null, ...counted } = this.#port.counted();
    return { ...counted, upMs: performance.now() - this.#startMs, keys: this.file.keys, kernelDrops };
  }

  #status(): ServentStatus {
    const { local } = this.#port;
    const { advertisedIp, literal, seenMax } = this.#options;
    return {
      address: this.address,
      bound: this.bound,
      addresses: reachableIps(ipOf(local)).map((ip) => formatEndpoint(endpointOf(ip, portOf(local)))),
      advertised: advertisedIp === undefined ? null : formatIp(advertisedIp),
      neighbours: this.neighbours,
      io: this.io,
      workers: this.workers,
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
      await this.#port.setPairs(pairs);
      this.#loadedAtMs = Date.now();
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
    this.#closed = true;
    await Promise.all([this.#http?.close(), this.#port.close()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkOpen(): void {
    if (this.#closed)
      throw new OperatorError('closed', `expected a servent that serves, got ${this.bound}, which was closed`);
  }
}

/** 127.0.0.1. */
const LOOPBACK_IP = 0x7f00_0001;
