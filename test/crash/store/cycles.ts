/**
 * Real replicas killed, all or any of them, or their leader stopped for twice its session, while writers write in all dialects:
 * whatever was confirmed must be there afterwards, once, and in all logs alike.
 */

import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KeyValueClient } from '../../../kv-client/client';
import { connectClient, type StoreClient } from '../../../store-client/client';
import type { Draws } from '../../support/seeded';
import { doorOf, type ReplicaProcess, Replicas } from '../../support/store/replicas';
import { DocumentWriting, FormWriting, PairWriting, type Writing } from './writers';

const REPLICAS = 3;
/** In each dialect. */
const WRITERS = 3;
/** Short, so that a cycle takes a second or two. */
const SESSION_MS = { local: 500, zookeeper: 1000 };
/** How long writers write before something happens, milliseconds at most. */
const CALM_MS = 300;
/** Within this time a takeover is over, and somebody answers, milliseconds. */
const TAKEOVER_MS = 20_000;
/** Once nothing happens any more all are in sync within this time, milliseconds. */
const SYNC_MS = 20_000;
/** Cycles whose writes are looked for again after the next ones. */
const KEPT = 3;
/** The collection of documents whose writing shows that somebody leads. */
const PROBES = 'probes';

/** A leader that is replaced comes back only once another leads. */
export type Fault = 'kill one' | 'kill the leader' | 'replace the leader' | 'kill all' | 'stop the leader';
const FAULTS: readonly Fault[] = ['kill one', 'kill the leader', 'replace the leader', 'kill all', 'stop the leader'];

/** What was seen, for whoever prints it. */
export interface Tally {
  cycles: number;
  confirmed: Record<Writing['dialect'], number>;
  faults: Record<Fault, number>;
  /** How often another replica than before led. */
  takeovers: number;
}

/** A store of real processes, with all that was confirmed to its writers. */
export class CrashingStore {
  readonly #random: Draws;
  readonly #sessionMs: number;
  readonly #words: readonly string[];
  readonly #replicas = new Replicas();
  readonly #confirmed = { documents: 0, kv: 0, forms: 0 };
  readonly #faults: Record<Fault, number> = {
    'kill one': 0,
    'kill the leader': 0,
    'replace the leader': 0,
    'kill all': 0,
    'stop the leader': 0,
  };
  #cycles = 0;
  #running: ReplicaProcess[] = [];
  /** The address that led each epoch, as far as it was printed. Grows with the takeovers. */
  readonly #leaders = new Map<number, string>();
  /** The writes of the last cycles; the earliest go first. Bounded by KEPT. */
  #kept: { cycle: string; writings: Writing[] }[] = [];
  #client: StoreClient | undefined;
  #pairs: KeyValueClient | undefined;

  /** @param zookeeper `host:port` of its server, where replicas are to be coordinated by that */
  constructor(random: Draws, zookeeper?: string) {
    this.#random = random;
    this.#sessionMs = zookeeper === undefined ? SESSION_MS.local : SESSION_MS.zookeeper;
    this.#words = [
      ...['--session', String(this.#sessionMs / 1000), '--ack', '0.4'],
      ...['--kv', '127.0.0.1:0', '--http', '127.0.0.1:0'],
      ...(zookeeper === undefined ? [] : ['--zookeeper', zookeeper]),
    ];
  }

  get tally(): Tally {
    this.#noteLeaders();
    const leaders = [...this.#leaders].sort(([a], [b]) => a - b).map(([, address]) => address);
    const takeovers = leaders.filter((address, n) => n > 0 && address !== leaders[n - 1]).length;
    return { cycles: this.#cycles, confirmed: this.#confirmed, faults: this.#faults, takeovers };
  }

  async start(): Promise<void> {
    this.#running = await this.#replicas.startAll(REPLICAS, this.#words);
    const addresses = this.#running.map(({ address }) => address);
    this.#client = await connectClient(addresses, { timeoutMs: TAKEOVER_MS });
    this.#pairs = new KeyValueClient(this.#doors('kv'), { timeoutMs: TAKEOVER_MS });
    await this.#client.create(PROBES, {});
  }

  /** Writes, lets something happen, mends it, and looks whether all is there. @throws AssertionError for what is lost */
  async cycle(fault: Fault = this.#random.pick(FAULTS)): Promise<void> {
    const cycle = `cycle-${this.#cycles}`;
    await this.#client!.create(cycle, { writer: 'int', number: 'int' });
    const writings = [
      new DocumentWriting(this.#client!, cycle),
      new PairWriting(this.#client!, this.#pairs!, cycle),
      new FormWriting(this.#client!, () => this.#doors('http'), cycle),
    ];
    this.#kept.push({ cycle, writings });
    const end = new AbortController();
    const writers = Promise.all(
      writings.flatMap((writing) => {
        return Array.from({ length: WRITERS }, (_, writer) => writeOn(writing, writer, end.signal));
      }),
    );
    // What fails is told when they are awaited.
    writers.catch(() => {});
    try {
      await passing(this.#random.between(20, CALM_MS));
      await this.#do(fault);
      await passing(this.#random.between(0, CALM_MS));
    } finally {
      end.abort();
    }
    await writers;
    await this.#check();
    for (const { dialect, confirmed } of writings) this.#confirmed[dialect] += confirmed.size;
    this.#cycles++;
    this.#faults[fault]++;
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

  /** Ends the replicas, in order. */
  async end(): Promise<void> {
    await this.#client?.close();
    await Promise.all(this.#running.map((replica) => replica.stop()));
  }

  /** Where the replicas' files are, until `remove`. */
  get path(): string {
    return this.#replicas.path;
  }

  remove(): void {
    this.#replicas.remove();
  }

  async #do(fault: Fault): Promise<void> {
    const leader = this.#leader();
    if (fault === 'stop the leader') {
      leader.child.kill('SIGSTOP');
      await passing(2 * this.#sessionMs);
      leader.child.kill('SIGCONT');
      return;
    }
    const victims =
      fault === 'kill all' ? [...this.#running] : [fault === 'kill one' ? this.#random.pick(this.#running) : leader];
    await Promise.all(victims.map((victim) => this.#replicas.kill(victim)));
    this.#noteLeaders();
    if (fault === 'replace the leader') while (this.#leader() === leader) await passing(20);
    else await passing(this.#random.between(0, 2 * this.#sessionMs));
    for (const victim of victims) {
      const place = this.#running.indexOf(victim);
      this.#running[place] = await this.#replicas.start(victim.address, this.#words);
    }
    this.#pairs!.use(this.#doors('kv'));
  }

  /** The one that said last that it leads, as far as it printed. */
  #leader(): ReplicaProcess {
    const epochOf = (one: ReplicaProcess): number =>
      Number([...one.out().matchAll(/store leads epoch (\d+)/g)].at(-1)?.[1] ?? 0);
    return this.#running.reduce((best, one) => (epochOf(one) > epochOf(best) ? one : best));
  }

  #noteLeaders(): void {
    for (const replica of this.#running) {
      for (const [, epoch] of replica.out().matchAll(/store leads epoch (\d+)/g)) {
        this.#leaders.set(Number(epoch), replica.address);
      }
    }
  }

  /** Where the replicas speak a dialect. */
  #doors(dialect: 'kv' | 'http'): string[] {
    return this.#running.map((replica) => doorOf(replica, dialect));
  }

  /** Everything confirmed is there; a takeover may still be under way. */
  async #check(): Promise<void> {
    // A write shows that somebody leads, and what is read behind it is the leader's.
    await this.#client!.insert(PROBES, {});
    for (const { cycle, writings } of this.#kept) {
      for (const writing of writings) {
        const { dialect, confirmed } = writing;
        const there = new Set(await writing.found());
        const lost = [...confirmed].filter((id) => !there.has(id));
        assert.deepEqual(lost, [], `confirmed and lost of ${dialect} in ${cycle}: ${lost.length} of ${confirmed.size}`);
      }
    }
    while (this.#kept.length > KEPT) await this.#client!.destroy(this.#kept.shift()!.cycle);
  }
}

async function writeOn(writing: Writing, writer: number, signal: AbortSignal): Promise<void> {
  for (let number = 0; !signal.aborted; number++) await writing.write(writer, number, signal);
}

/** Lets time pass for other processes: what happens to them is the test, not how long it takes. */
function passing(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
