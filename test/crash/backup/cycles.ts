/**
 * A server and an agent as processes, and a tree that changes: in each cycle one of them, or an admin, is killed at a random moment
 * of a run or a restore and started again. Then the next run goes well, `verify` finds nothing, and copies are equal to what the tree was.
 */

import { strict as assert } from 'node:assert';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdminClient } from '../../../backup/admin/client';
import { restore } from '../../../backup/restore/restore';
import { readyEvent } from '../../../shared/program/start-program';
import { portOf } from '../../support/backup/served';
import { snapshot } from '../../support/backup/trees';
import { type Command, start } from '../../support/commands';
import type { Draws } from '../../support/seeded';

/** Who is killed: an admin that follows a run, or one that restores. */
export const VICTIMS = ['server', 'agent', 'run', 'restore'] as const;
export type Victim = (typeof VICTIMS)[number];

const FILES = 60;
const FILE_MAX = 300_000;
/** Files written anew, or lengthened, in a cycle. */
const CHANGES = 8;
/** An admin's process needs about so long to start and to do its work, milliseconds: kills fall before, in and behind. */
const ADMIN_MS = 700;
const KEEP = 5;

export class CrashingBackup {
  /** Kills by victim; `midway`: those that cut a run off. */
  readonly tally = { cycles: 0, server: 0, agent: 0, run: 0, restore: 0, midway: 0, copies: 0, restored: 0 };
  readonly #random: Draws;
  readonly #folder = mkdtempSync(join(tmpdir(), 'crash-backup-'));
  readonly #tree = join(this.#folder, 'tree');
  #server!: Command;
  #agent!: Command;
  #node = '127.0.0.1:0';
  #admin!: AdminClient;
  #address = '127.0.0.1:0';
  /** What the tree was, by when the run that made a copy of it began. Bounded by the cycles. */
  readonly #trees = new Map<number, string[]>();
  /** How long a run takes that nobody disturbs, milliseconds. */
  #runMs = 0;

  constructor(random: Draws) {
    this.#random = random;
  }

  async start(): Promise<void> {
    mkdirSync(this.#tree);
    for (let i = 0; i < FILES; i++) this.#write(i);
    await this.#startAgent();
    await this.#startServer();
    const request = { node: this.#node, path: '', everyMs: 3_600_000, keep: KEEP, wire: 'http', tls: false } as const;
    await this.#admin.ask('register', { ...request, paranoid: false });
    await this.#goesWell();
  }

  /** Changes the tree, kills, starts again, and looks at what is kept. @throws AssertionError */
  async cycle(victim: Victim): Promise<void> {
    for (let i = 0; i < CHANGES; i++) this.#write(this.#random.below(FILES));
    this.tally.cycles++;
    this.tally[victim]++;
    if (victim === 'server' || victim === 'agent') await this.#killInRun(victim);
    else await this.#killAdmin(victim);
    await this.#goesWell();
    await this.#isWhole();
    const { copies } = await this.#admin.ask('query', { node: this.#node, path: '' });
    const kept = copies.filter(({ copy }) => copy !== undefined);
    assert.equal(kept.length, Math.min(KEEP, this.#trees.size), 'copies that are kept');
    await this.#isEqual(1);
    const older = this.#random.between(1, kept.length);
    if (older > 1) await this.#isEqual(older);
  }

  /** What server and agent said last. */
  notes(): string {
    return [this.#server, this.#agent].map((program) => program.out().slice(-2000) + program.err()).join('\n');
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #killInRun(victim: 'server' | 'agent'): Promise<void> {
    const running = this.#run().then(
      ({ outcome }) => outcome,
      () => 'cut off',
    );
    await passing(this.#random.between(0, 1.2 * this.#runMs));
    await kill(victim === 'server' ? this.#server : this.#agent);
    if (!['copied', 'unchanged'].includes(await running)) this.tally.midway++;
    if (victim === 'server') await this.#startServer();
    else await this.#startAgent();
  }

  async #killAdmin(victim: 'run' | 'restore'): Promise<void> {
    const target = join(this.#folder, 'target');
    const words = victim === 'run' ? ['run', this.#node, '.'] : ['restore', this.#node, '.', target];
    const admin = start('backup', [...words, '--server', this.#address]);
    await passing(this.#random.between(0, ADMIN_MS));
    await kill(admin);
    if (victim === 'run') return;
    // What it left is no hindrance.
    await this.#restore(1, target);
    rmSync(target, { recursive: true });
  }

  /** The next run goes well, and its copy is of the tree as it is. */
  async #goesWell(): Promise<void> {
    const startMs = performance.now();
    // One that was under way may end with the victim's end; the next does not.
    for (let tries = 0; ; tries++) {
      const run = await this.#run();
      if (run.outcome !== 'failed') break;
      assert(tries < 3, `expected a run to go well, got ${run.error}`);
    }
    this.#runMs = performance.now() - startMs;
    const { copies } = await this.#admin.ask('query', { node: this.#node, path: '' });
    const latest = copies.find(({ copy }) => copy === 1);
    assert(latest, 'there is a copy');
    this.#trees.set(latest.atMs, snapshot(Buffer.from(this.#tree)));
    this.tally.copies = this.#trees.size;
  }

  async #isWhole(): Promise<void> {
    for await (const line of this.#admin.lines('verify', {})) {
      if (line.type === 'damage') assert.fail(`verify found damage: ${JSON.stringify(line)}`);
    }
  }

  /** A copy, restored, is what the tree was then. */
  async #isEqual(copy: number): Promise<void> {
    const { copies } = await this.#admin.ask('query', { node: this.#node, path: '' });
    const target = join(this.#folder, `restored-${this.tally.restored++}`);
    await this.#restore(copy, target);
    assert.deepEqual(
      snapshot(Buffer.from(target)),
      this.#trees.get(copies.find((each) => each.copy === copy)!.atMs),
      `copy ${copy} is not what the tree was`,
    );
    rmSync(target, { recursive: true });
  }

  async #restore(copy: number, target: string): Promise<void> {
    const sent = await this.#admin.bytes('restore', { node: this.#node, path: '', copy, below: '' });
    const { missing } = await restore(sent.bytes, target, { overwrite: true, name: 'restored' }, () => {});
    assert.deepEqual(missing, []);
  }

  async #run(): Promise<{ outcome: string; error?: string | undefined }> {
    for await (const line of this.#admin.lines('run', { node: this.#node, path: '' }))
      if (line.type === 'end') return line;
    return { outcome: 'failed', error: 'no end' };
  }

  async #startServer(): Promise<void> {
    const words = ['server', join(this.#folder, 'repository'), '--listen', this.#address, '--json'];
    this.#server = start('backup', words);
    this.#address = (await readyEvent<{ address: string }>(this.#server, 'the server')).address;
    this.#admin = new AdminClient({ host: '127.0.0.1', port: portOf(this.#address), token: undefined });
  }

  async #startAgent(): Promise<void> {
    this.#agent = start('backup', ['agent', '--root', this.#tree, '--listen', this.#node, '--json']);
    this.#node = (await readyEvent<{ address: string }>(this.#agent, 'the agent')).address;
  }

  #write(number: number): void {
    const path = join(this.#tree, `file-${number}`);
    const bytes = Buffer.alloc(this.#random.below(FILE_MAX) & ~3);
    for (let at = 0; at < bytes.length; at += 4) bytes.writeInt32LE(this.#random.bits(), at);
    if (this.#random.below(2) === 0) writeFileSync(path, bytes);
    else appendFileSync(path, bytes.subarray(0, 1000));
  }
}

async function kill(program: Command): Promise<void> {
  program.child.kill('SIGKILL');
  await program.ended();
}

/** Lets time pass for other processes: what happens to them is the test, not how long it takes. */
function passing(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
