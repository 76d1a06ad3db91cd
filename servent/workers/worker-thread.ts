/** One worker of several: serves with its core what is its own of what comes to its sockets, and hands over the rest. */

import { parentPort, workerData } from 'node:worker_threads';
import type { Endpoint } from '../../shared/endpoint';
import { serveBound } from '../../shared/udp/batch-transport';
import type { TransportEvents } from '../../shared/udp/transport';
import { ServentCore } from '../core';
import { PairTable } from '../pair-table';
import { Serving } from '../serving';
import { workerOf } from './distribution';
import { Handover } from './handover';
import { SharedBudgets } from './shared-budgets';
import { countedError, countedIn } from './shared-counters';
import type { Order, Report, WorkerSetup } from './worker-pool';

if (parentPort) work(workerData as WorkerSetup, parentPort);

function work(setup: WorkerSetup, pool: NonNullable<typeof parentPort>): void {
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
  // Limits are kept by the clock of the main thread, which may have begun earlier.
  const clockAheadMs = performance.timeOrigin - setup.clockStartMs;
  const serve = (datagram: Uint8Array, from: Endpoint, nowMs: number): void => {
    serving.received(datagram, from, nowMs + clockAheadMs);
    counted.seen = core.seenCount;
    if (setup.core.defences?.dryRun) Object.assign(counted.wouldDrop, core.wouldDrop);
  };
  const events: TransportEvents = {
    received: (datagram, from, nowMs) => {
      const owner = workerOf(datagram, from, workers);
      if (owner === worker) serve(datagram, from, nowMs);
      else if (!handover.give(datagram, from, owner)) counted.lost++;
    },
    sendFailed: (code, to) => serving.sendFailed(countedError(code, counted), to),
  };
  const carryOut = async (order: Order): Promise<Report> => {
    if (order === 'close') {
      handover.close();
      await serving.close();
      return 'closed';
    }
    if ('pairs' in order) {
      await serving.setPairs(PairTable.from(order.pairs));
      return 'swapped';
    }
    await serving.open(() => serveBound(order.sockets, events));
    handover.takeAs(worker, (datagram, from) => serve(datagram, from, performance.now()));
    return 'serving';
  };
  pool.on('message', async (order: Order) => say(await carryOut(order)));
  say('there');
}
