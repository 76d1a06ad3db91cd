/** One worker of several: serves with its core what is its own of what comes to its sockets, and hands over the rest. */

import { parentPort, workerData } from 'node:worker_threads';
import { serveBound } from '../../shared/udp/batch-transport';
import { ServentCore } from '../core';
import { PairTable } from '../pair-table';
import { Serving } from '../serving';
import { workerOf } from './distribution';
import { Handover } from './handover';
import { SharedBudgets } from './shared-budgets';
import { countedError, countedIn } from './shared-counters';
import type { Order, Report, WorkerSetup } from './worker-pool';

if (parentPort) void work(workerData as WorkerSetup, parentPort);

async function work(setup: WorkerSetup, pool: NonNullable<typeof parentPort>): Promise<void> {
  const { worker, workers, budgets } = setup;
  const say = (report: Report): void => pool.postMessage(report);
  const counted = countedIn(setup.counted);
  const core = new ServentCore({
    ...setup.core,
    pairs: PairTable.from(setup.pairs),
    budgets: new SharedBudgets(budgets.memory, budgets.key),
  });
  const serving = new Serving(core, {
    counters: counted,
    onNotice: (reason, address) => say({ reason, address }),
  });
  const handover = new Handover(setup.ports, setup.waiting);
  // Limits are kept by the clock of the main thread, which began earlier.
  const clockAheadMs = performance.timeOrigin - setup.clockStartMs;
  const serve = (datagram: Uint8Array, from: number, nowMs: number): void => {
    serving.received(datagram, from, nowMs + clockAheadMs);
    counted.seen = core.seenCount;
    if (setup.core.defences?.dryRun) Object.assign(counted.wouldDrop, core.wouldDrop);
  };
  await serving.open(() =>
    serveBound(setup.sockets, {
      received: (datagram, from, nowMs) => {
        const owner = workerOf(datagram, from, workers);
        if (owner === worker) serve(datagram, from, nowMs);
        else if (!handover.give(datagram, from, owner)) counted.lost++;
      },
      sendFailed: (code, to) => serving.sendFailed(countedError(code, counted), to),
    }),
  );
  handover.takeAs(worker, (datagram, from) => serve(datagram, from, performance.now()));
  pool.on('message', async (order: Order) => {
    if (order === 'close') {
      handover.close();
      await serving.close();
      return say('closed');
    }
    await serving.setPairs(PairTable.from(order.pairs));
    say('swapped');
  });
  say('ready');
}
