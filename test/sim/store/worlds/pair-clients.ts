/**
 * Clients of the key-value dialect: any server takes any request, a follower hands a PUT on to its leader, and no client reads a
 * timestamp older than it has seen.
 */

import { heldOf } from '../../../../shared/wire/key-value';
import { getOperation, pairIn, putOperation, timestampOf } from '../../../../store/dialects/key-value/pairs';
import type { replyTo } from '../../../../store/dialects/key-value/requests';
import type { Reply } from '../../../../store/state-machine';
import { Asker, type AskerOptions } from './asker';
import { demand, type Tally } from './states';

export interface PairClientOptions extends AskerOptions {
  tally: Tally;
  replyTo: typeof replyTo;
  keys: number;
  thinkMs: number;
  nextValue(): number;
  /** The timestamps that PUTs got, in the order in which their clients were told; undefined where some may be lost. */
  put: { latest: number } | undefined;
}

const PATIENCE_MS = 5000;

export class PairClient {
  readonly #options: PairClientOptions;
  readonly #asker: Asker;
  #stopped = false;
  /** The latest timestamp seen of each key. Bounded by the keys. */
  readonly held = new Map<string, number>();

  constructor(options: PairClientOptions) {
    this.#options = options;
    this.#asker = new Asker(options);
    this.#think();
  }

  stop(): void {
    this.#stopped = true;
  }

  #think(): void {
    if (this.#stopped) return;
    const { random, timeline, thinkMs } = this.#options;
    timeline.after(1 + random.unit() * 2 * thinkMs, () => this.#ask());
  }

  #ask(): void {
    const { keys, nextValue, random, timeline } = this.#options;
    const key = `p${random.below(keys)}`;
    if (random.chance(60)) return this.#get(key);
    const latest = this.#options.put?.latest ?? 0;
    this.#put(key, `${nextValue()}`, { sinceMs: timeline.nowMs, latest });
  }

  /** As the dialect does: under one identity, until it is known what became of it. */
  #put(key: string, value: string, began: { sinceMs: number; latest: number }): void {
    const { put, timeline } = this.#options;
    if (timeline.nowMs - began.sinceMs > PATIENCE_MS || this.#stopped) return this.#think();
    const request = `put-${value}`;
    const asked = { operation: putOperation(key, value), request, atLeast: 0, kind: 'write' as const };
    this.#asker.send(this.#asker.leader, asked, (answer) => {
      if (answer?.kind !== 'reply') {
        this.#asker.follow(answer);
        return this.#asker.again(() => this.#put(key, value, began));
      }
      demand(answer.reply[0] === 'ok', 'a pair can be put');
      const timestamp = timestampOf(answer.reply[1]);
      demand(!put || timestamp > began.latest, 'a later PUT has a later timestamp');
      if (put) put.latest = Math.max(put.latest, timestamp);
      this.#saw(key, timestamp);
      this.#think();
    });
  }

  #get(key: string): void {
    const place = this.#asker.anybody();
    const asked = { operation: getOperation(key), request: undefined, atLeast: 0, kind: 'read' as const };
    const held = this.held.get(key);
    this.#asker.send(place, asked, (answer) => {
      if (answer?.kind === 'reply') this.#got(key, held, answer.reply);
      this.#think();
    });
  }

  /** @param held the timestamp that stood in the question */
  #got(key: string, held: number | undefined, reply: Reply): void {
    const { method, value } = this.#options.replyTo(pairIn(reply), heldOf(held ?? null));
    if (method === 'TRY_OTHER_SERVER_OR_LATER') return this.#options.tally.met('a server was behind its client');
    if (method === 'NULL')
      return demand(held === undefined, 'no client is told that there is nothing where it saw something');
    const [, timestamp] = value as [string, number];
    demand(timestamp >= (held ?? 0), 'no client reads a timestamp older than it has seen');
    this.#saw(key, timestamp);
  }

  #saw(key: string, timestamp: number): void {
    this.held.set(key, Math.max(this.held.get(key) ?? 0, timestamp));
  }
}
