/** Real servents on real sockets of loopback, in this process, each watched through its observer. */

import type { ServentObserver } from '../../servent/observed-servent';
import { type Servent, startServent } from '../../servent/servent';
import { type Endpoint, parseEndpoint } from '../../shared/endpoint';
import { type Reservation, reservePort } from '../../topologies/loopback/reserve-port';
import { askSockets } from './ask-sockets';
import type { FloodRecorder } from './flood-recorder';
import type { Ground } from './ground';
import type { OverlayModel } from './model';

export class SocketsGround implements Ground {
  readonly kind = 'sockets';
  readonly #model: OverlayModel;
  readonly #recorder: FloodRecorder;
  /** `ip:port` of each servent: it keeps its port while it is down. */
  readonly #addresses: ReadonlyMap<string, string>;
  /** Those that are up. */
  readonly #running = new Map<string, Servent>();
  readonly #closing = new AbortController();

  readonly #timeoutMs: number;

  private constructor(
    model: OverlayModel,
    timeoutMs: number,
    recorder: FloodRecorder,
    addresses: ReadonlyMap<string, string>,
  ) {
    this.#model = model;
    this.#timeoutMs = timeoutMs;
    this.#recorder = recorder;
    this.#addresses = addresses;
  }

  /** Starts all servents. @param timeoutMs as the client's @throws OperatorError `port` */
  static async open(
    model: OverlayModel,
    timeoutMs: number,
    makeRecorder: (nameOf: (endpoint: Endpoint) => string | undefined) => FloodRecorder,
  ): Promise<SocketsGround> {
    const reserved: [name: string, Reservation][] = [];
    for (const name of model.servents.keys()) reserved.push([name, await reservePort()]);
    const names = new Map(reserved.map(([name, { address }]) => [parseEndpoint(address)!, name]));
    const addresses = new Map(reserved.map(([name, { address }]) => [name, address]));
    const ground = new SocketsGround(
      model,
      timeoutMs,
      makeRecorder((endpoint) => names.get(endpoint)),
      addresses,
    );
    try {
      for (const [name, reservation] of reserved) {
        await reservation.release();
        await ground.#start(name);
      }
    } catch (error) {
      await ground.close();
      throw error;
    } finally {
      await Promise.all(reserved.map(([, reservation]) => reservation.release()));
    }
    return ground;
  }

  endpointOf(name: string): Endpoint {
    return parseEndpoint(this.#addresses.get(name)!)!;
  }

  async restart(names: readonly string[]): Promise<void> {
    for (const name of names) {
      await this.#running.get(name)?.close();
      this.#running.delete(name);
      if (this.#model.servents.get(name)!.up) await this.#start(name);
    }
  }

  async reload(name: string): Promise<void> {
    await this.#running.get(name)?.reload();
  }

  ask(contact: string, key: Uint8Array): Promise<void> {
    const address = this.#addresses.get(contact)!;
    const question = { contact, address, key, timeoutMs: this.#timeoutMs, signal: this.#closing.signal };
    return askSockets(question, this.#recorder);
  }

  statsOf(name: string): ReturnType<Ground['statsOf']> {
    const stats = this.#running.get(name)?.stats();
    return stats && { counters: stats, seen: stats.seen };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#running.values()].map((servent) => servent.close()));
  }

  async #start(name: string): Promise<void> {
    const own = this.endpointOf(name);
    const servent = await startServent({
      port: Number(this.#addresses.get(name)!.split(':')[1]),
      bind: '127.0.0.1',
      pairs: this.#model.servents.get(name)!.pairs,
      neighbours: this.#model.neighboursOf(name).map((neighbour) => this.#addresses.get(neighbour)!),
      literal: this.#model.literal,
      // Batches are for many datagrams a second; here are many sockets.
      io: 'dgram',
      observer: observerOf(name, own, this.#recorder),
    });
    this.#running.set(name, servent);
  }
}

/** Tells the recorder what one servent hears and does. */
function observerOf(name: string, own: Endpoint, recorder: FloodRecorder): Partial<ServentObserver> {
  return {
    received: (datagram, from, nowMs) => recorder.received(name, datagram, from, own, nowMs),
    forwarded: (query, neighbour) => recorder.forwarded(query, own, neighbour),
    answered: (response, client) => recorder.answered(response, own, client),
    dropped: (reason) => recorder.dropped(reason),
    handled: () => recorder.handled(),
  };
}
