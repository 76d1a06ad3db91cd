/** The memory that several workers' limits share: together they give no more than one would, on a clock of the test's. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { OwnBudgets } from '../../../../servent/budgets';
import { DEFENCE_DEFAULTS } from '../../../../servent/defence-settings';
import { type DefenceOptions, Defences } from '../../../../servent/defences';
import { newBudgetMemory, SharedBudgets } from '../../../../servent/workers/shared-budgets';
import { type Endpoint, endpointOf, ipOf } from '../../../../shared/endpoint';
import { at } from '../../../support/bytes';
import { type Draws, seeded } from '../../../support/seeded';

const WORKERS = 4;
const KEY = [0x01234567, 0x89abcdef] as const;
const CLIENTS = ['203.0.113.7:1', '203.0.113.8:1', '192.168.1.7:1', '10.0.0.9:1'].map(at);
const STRANGER = at('198.51.100.99:5000');
/** A tenth of the strangers' QUERYs by default, so that they bite. */
const OPTIONS: DefenceOptions = { ...DEFENCE_DEFAULTS, strangers: { perSecond: 200, burst: 400 } };
const SILENT = { notice: () => {} };

/** The limits of so many workers over one memory. */
function together(workers: number, options = OPTIONS): Defences[] {
  const memory = newBudgetMemory();
  return Array.from({ length: workers }, () => new Defences(options, [], new SharedBudgets(memory, KEY)));
}

/** What comes to a servent, at times that go on. */
function* traffic({ below, pick }: Draws, count: number) {
  for (let i = 0, nowMs = 0; i < count; i++) {
    nowMs += below(2000) === 0 ? below(2000) : below(3) / 4;
    yield { nowMs, what: below(3), client: pick(CLIENTS), bytes: 1 + below(below(4) === 0 ? 65_507 : 300) };
  }
}

/** Whether limits let it pass. */
function passes(
  defences: Defences,
  { nowMs, what, client, bytes }: ReturnType<typeof traffic> extends Generator<infer One> ? One : never,
): boolean {
  if (what === 0) return defences.refuseQuestion(client, bytes, nowMs, SILENT) === undefined;
  if (what === 1) return defences.refuseAnswer(client, bytes, nowMs, SILENT) === undefined;
  return defences.refuseQuery(STRANGER, client, nowMs) === undefined;
}

describe('the shared budgets', () => {
  it('let several workers pass together what one with its own would, datagram for datagram', () => {
    seeded((random) => {
      const workers = together(WORKERS);
      const one = new Defences(OPTIONS, [], new OwnBudgets());
      let refused = 0;
      for (const datagram of traffic(random, 20_000)) {
        const passed = passes(random.pick(workers), datagram);
        expect(passed, JSON.stringify(datagram)).to.equal(passes(one, datagram));
        if (!passed) refused++;
      }
      expect(refused).to.be.above(1000);
    })();
  });

  it('send a victim no more than the promise, however many ports and workers forged queries come by', () => {
    const workers = together(WORKERS);
    const victim = ipOf(at('203.0.113.7:1'));
    const sent = (fromMs: number, forMs: number): { answers: number; bytes: number } => {
      const got = { answers: 0, bytes: 0 };
      for (let i = 0; i < forMs * 10; i++) {
        const client = endpointOf(victim, 1 + (i % 65_535));
        if (workers[i % WORKERS]!.refuseAnswer(client, 506, fromMs + i / 10, SILENT) !== undefined) continue;
        got.answers++;
        got.bytes += 506;
      }
      return got;
    };
    // As SECURITY.md has it, for values of 500 bytes.
    expect(sent(0, 1000)).to.deep.equal({ answers: 174, bytes: 88_044 });
    expect(sent(1000, 20_000).bytes / 20).to.equal(25_300);
  });

  it('are shared by strangers, and by notices: ten at once of all workers, and one of an address', () => {
    const workers = together(WORKERS, { ...OPTIONS, strangers: { perSecond: 1, burst: 1 } });
    const served = workers.filter((worker) => worker.refuseQuery(STRANGER, CLIENTS[0]!, 0) === undefined);
    expect(served).to.have.length(1);
    const noticed: number[] = [];
    const out = { notice: (_: unknown, ip: number) => void noticed.push(ip) };
    for (let address = 0; address < 40; address++) {
      const client = endpointOf(0xcb00_7100 + address, 7);
      for (let i = 0; i < 126 + WORKERS; i++) workers[i % WORKERS]!.refuseQuestion(client, 3, 0, out);
    }
    expect(noticed).to.have.length(10);
    expect(new Set(noticed)).to.have.length(10);
  });

  it('give who shares a bucket no more than one, and a private address none of a public one’s', () => {
    const budgets = new SharedBudgets(newBudgetMemory(), KEY);
    const [first] = CLIENTS as [Endpoint];
    budgets.of(ipOf(first)).answers = 7;
    const sharing: number[] = [];
    for (let ip = 0; ip < 400_000; ip++) if (budgets.of(ip).answers === 7) sharing.push(ip);
    expect(sharing).to.have.length.within(1, 20);
    const privates = sharing.filter((ip) => ip >>> 24 === 10);
    for (let ip = 0x0a00_0000; ip < 0x0a00_0000 + 400_000; ip++) if (budgets.of(ip).answers === 7) privates.push(ip);
    expect(privates).to.deep.equal([]);
  });

  it('are one thread’s at a time', async () => {
    const THREADS = 3;
    const TIMES = 200;
    const memory = newBudgetMemory();
    const script = `
      require('ts-node/register');
      const { workerData } = require('node:worker_threads');
      const { SharedBudgets } = require(workerData.module);
      const budgets = new SharedBudgets(workerData.memory, [1, 2]);
      const nobody = new Int32Array(new SharedArrayBuffer(4));
      const ready = new Int32Array(workerData.ready);
      Atomics.add(ready, 0, 1);
      while (Atomics.load(ready, 0) < ${THREADS}) Atomics.wait(nobody, 0, 0, 1);
      for (let i = 0; i < ${TIMES}; i++) {
        budgets.lock();
        const { questions } = budgets.of(7);
        Atomics.wait(nobody, 0, 0, 0.01); // Whoever does not wait for the lock comes between.
        budgets.of(7).questions = questions + 1;
        budgets.unlock();
      }`;
    const ready = new SharedArrayBuffer(4);
    const workerData = { memory, ready, module: require.resolve('../../../../servent/workers/shared-budgets') };
    const threads = Array.from({ length: THREADS }, () => new Worker(script, { eval: true, workerData }));
    await Promise.all(threads.map((thread) => once(thread, 'exit')));
    expect(new SharedBudgets(memory, [1, 2]).of(7).questions).to.equal(THREADS * TIMES);
  });
});
