/**
 * Real replicas killed, all or any of them, or their leader stopped for twice its session, while writers write: whatever was
 * confirmed must be there afterwards, once, and in all logs alike.
 */

import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../../../shared/errors';
import { connectClient, type StoreClient } from '../../../store-client/client';
import type { Draws } from '../../support/seeded';
import { type ReplicaProcess, Replicas } from '../../support/store/replicas';

const REPLICAS = 3;
const WRITERS = 8;
/** Short, so that a cycle takes a second or two. */
export const SESSION_MS = 500;
const SETTINGS = ['--session', String(SESSION_MS / 1000), '--ack', '0.4'];
/** How long writers write before something happens, milliseconds at most. */
const CALM_MS = 300;
/** Once nothing happens any more all are in sync within this time, milliseconds. */
const SYNC_MS = 20_000;
/** Cycles whose documents are looked for again after the next ones. */
const KEPT = 3;

export type Fault = 'kill one' | 'kill the leader' | 'kill all' | 'stop the leader';
const FAULTS: readonly Fault[] = ['kill one', 'kill the leader', 'kill all', 'stop the leader'];

/** What was seen, for whoever prints it. */
export interface Tally {
  cycles: number;
  confirmed: number;
  faults: Record<Fault, number>;
}

/** A store of real processes, with all that was confirmed to its writers. */
export class CrashingStore {
  readonly tally: Tally = {
    cycles: 0,
    confirmed: 0,
    faults: { 'kill one': 0, 'kill the leader': 0, 'kill all': 0, 'stop the leader': 0 },
  };
  readonly #random: Draws;
  readonly #replicas = new Replicas();
  #running: ReplicaProcess[] = [];
  /** What was confirmed of the last cycles, each in a collection of its own; the earliest goes first. Bounded by KEPT. */
  #kept: { collection: string; confirmed: Set<string> }[] = [];
  #client: StoreClient | undefined;

  constructor(random: Draws) {
    this.#random = random;
  }

  async start(): Promise<void> {
    this.#running = await this.#replicas.startAll(REPLICAS, SETTINGS);
    const addresses = this.#running.map(({ address }) => address);
    this.#client = await connectClient(addresses, { timeoutMs: 20_000 });
  }

  /** Writes, lets something happen, mends it, and looks whether all is there. @throws AssertionError for what is lost */
  async cycle(fault: Fault = this.#random.pick(FAULTS)): Promise<void> {
    const kept = { collection: `cycle-${this.tally.cycles}`, confirmed: new Set<string>() };
    this.#kept.push(kept);
    await this.#client!.create(kept.collection, { writer: 'int', number: 'int' });
    const writing = new AbortController();
    const writers = Array.from({ length: WRITERS }, (_, writer) => this.#write(writer, kept, writing.signal));
    await passing(this.#random.between(20, CALM_MS));
    await this.#do(fault);
    await passing(this.#random.between(0, CALM_MS));
    writing.abort();
    await Promise.all(writers);
    await this.#check();
    this.tally.cycles++;
    this.tally.faults[fault]++;
  }

  /** Once all are in sync, all logs have the same bytes. @throws AssertionError */
  async compareLogs(): Promise<void> {
    const inSync = async (): Promise<number> => {
      const { leader } = await this.#client!.status();
      if (leader === null) return 0;
      await using client = await connectClient(leader);
      return (await client.status()).inSync.length;
    };
    const deadlineMs = performance.now() + SYNC_MS;
    while ((await inSync()) < REPLICAS) {
      assert(performance.now() < deadlineMs, `not all were in sync within ${SYNC_MS / 1000} s`);
      await passing(50);
    }
    const sums = this.#running.map(({ address }) => {
      const folder = join(this.#replicas.path, address.replace(':', '-'));
      const [segments] = readdirSync(folder).filter((name) => name.startsWith('log-'));
      const files = readdirSync(join(folder, segments!)).sort();
      return createHash('sha256')
        .update(Buffer.concat(files.map((name) => readFileSync(join(folder, segments!, name)))))
        .digest('hex');
    });
    assert.equal(new Set(sums).size, 1, 'the logs differ');
  }

  /** The last of what each replica printed. */
  notes(): string {
    const last = (text: string): string => text.split('\n').slice(-20).join('\n');
    return this.#running.map((one) => `${one.address}\n${last(one.out())}${last(one.err())}`).join('\n');
  }

  /** Ends the replicas, in order, and removes their files. */
  async end(): Promise<void> {
    await this.#client?.close();
    await Promise.all(this.#running.map((replica) => replica.stop()));
    this.#replicas.remove();
  }

  async #write(
    writer: number,
    { collection, confirmed }: { collection: string; confirmed: Set<string> },
    signal: AbortSignal,
  ): Promise<void> {
    for (let number = 0; !signal.aborted; number++) {
      try {
        confirmed.add(await this.#client!.insert(collection, { writer, number }));
        this.tally.confirmed++;
      } catch (error) {
        // Not confirmed: it may be there or not.
        if (!(error instanceof OperatorError) || error.code !== 'unreachable') throw error;
      }
    }
  }

  async #do(fault: Fault): Promise<void> {
    const leader = this.#leader();
    if (fault === 'stop the leader') {
      leader.child.kill('SIGSTOP');
      await passing(2 * SESSION_MS);
      leader.child.kill('SIGCONT');
      return;
    }
    const victims =
      fault === 'kill all' ? [...this.#running] : [fault === 'kill one' ? this.#random.pick(this.#running) : leader];
    await Promise.all(victims.map((victim) => this.#replicas.kill(victim)));
    await passing(this.#random.between(0, 2 * SESSION_MS));
    for (const victim of victims) {
      const place = this.#running.indexOf(victim);
      this.#running[place] = await this.#replicas.start(victim.address, SETTINGS);
    }
  }

  /** The one that said last that it leads, as far as it printed. */
  #leader(): ReplicaProcess {
    const epochOf = (one: ReplicaProcess): number =>
      Number([...one.out().matchAll(/store leads epoch (\d+)/g)].at(-1)?.[1] ?? 0);
    return this.#running.reduce((best, one) => (epochOf(one) > epochOf(best) ? one : best));
  }

  /** Every confirmed document is there once; a takeover may still be under way. */
  async #check(): Promise<void> {
    for (const { collection, confirmed } of this.#kept) {
      // A write shows that somebody leads, and what is read behind it is the leader's.
      await this.#client!.insert(collection, {});
      const documents = await this.#client!.search(collection, {});
      const found = new Set(documents.map(({ _id }) => _id));
      const written = documents.filter(({ writer }) => writer !== undefined);
      const once = new Set(written.map(({ writer, number }) => `${writer} ${number}`));
      assert.equal(once.size, written.length, `writes were done twice in ${collection}`);
      const lost = [...confirmed].filter((id) => !found.has(id));
      assert.deepEqual(lost, [], `confirmed and lost in ${collection}: ${lost.length} of ${confirmed.size}`);
    }
    while (this.#kept.length > KEPT) await this.#client!.destroy(this.#kept.shift()!.collection);
  }
}

/** Lets time pass for other processes: what happens to them is the test, not how long it takes. */
function passing(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
