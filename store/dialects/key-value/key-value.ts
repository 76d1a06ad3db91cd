/** The key-value dialect on a port of its own (key-value specification, section 1). Until the replica is there, requests wait. */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Listener } from '../../../shared/tcp/listener';
import type { KeyValueMessage } from '../../../shared/wire/key-value';
import type { Dialect, Served } from '../dialect';
import type { Print } from './lines';
import { openKeyValuePort, type PortOptions } from './port';
import { answerRequest } from './requests';

export interface KeyValueOptions extends PortOptions {
  /** How long a PUT is tried while a takeover is under way, milliseconds. */
  requestMs: number;
  /** Gets a line for each request; undefined: nobody reads them. */
  print: Print | undefined;
}

/** Opens the port. @throws OperatorError `port` */
export async function openKeyValue(options: KeyValueOptions): Promise<Dialect> {
  const dialect = new KeyValue(options);
  await dialect.open();
  return dialect;
}

class KeyValue implements Dialect {
  readonly name = 'kv';
  readonly #options: KeyValueOptions;
  #listener: Listener | undefined;
  #served: Served | undefined;
  /** Who waits for a replica. Bounded by connectionsMax. */
  #waiting: (() => void)[] = [];

  constructor(options: KeyValueOptions) {
    this.#options = options;
  }

  get address(): string {
    return `${this.#options.host}:${this.#listener!.port}`;
  }

  async open(): Promise<void> {
    this.#listener = await openKeyValuePort(this.#options, (request, client) => this.#answer(request, client));
  }

  serve(served: Served | undefined): void {
    this.#served = served;
    if (served) for (const go of this.#waiting.splice(0)) go();
  }

  async close(): Promise<void> {
    await this.#listener?.close();
  }

  async #answer(request: KeyValueMessage, client: string): Promise<KeyValueMessage> {
    while (!this.#served) await new Promise<void>((go) => this.#waiting.push(go));
    const { replica } = this.#served;
    const { requestMs, print } = this.#options;
    const now = (): number => performance.now();
    return answerRequest(request, client, { replica, newId: randomUUID, sleep, now, requestMs, print });
  }
}
