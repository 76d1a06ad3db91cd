/** How a replica is, for who runs it: `/healthz`, `/readyz`, `/status` and `/metrics` (forms specification, section 1). */

import type { FastifyInstance } from 'fastify';
import { addMetrics, type Measure } from '../../../shared/http/metrics';
import type { Status } from '../../../shared/wire/documents';

/** Adds the routes. `status` is undefined while there is no replica. */
export function addProbes(app: FastifyInstance, status: () => Status | undefined): void {
  const tags = ['replica'];

  app.get('/healthz', { schema: { tags, summary: 'Is the process alive?' } }, async () => ({ status: 'ok' }));

  app.get('/readyz', { schema: { tags, summary: 'Can forms be read and taken here?' } }, async (_request, reply) => {
    const reason = unreadiness(status());
    return reason === undefined ? { status: 'ok' } : reply.code(503).send({ status: 'error', message: reason });
  });

  app.get(
    '/status',
    { schema: { tags, summary: 'Role, epoch, leader, in-sync set, lag' } },
    async (_request, reply) => {
      return status() ?? reply.code(503).send({ status: 'error', message: STARTING });
    },
  );

  addMetrics(app, measuresOf(status));
}

const STARTING = 'the replica is not ready';

function unreadiness(status: Status | undefined): string | undefined {
  if (!status) return STARTING;
  if (status.leader === null) return 'nobody leads';
  return status.role === 'joining' ? 'the replica is not in sync' : undefined;
}

function measuresOf(status: () => Status | undefined): Measure[] {
  const measure = (name: string, help: string, of: (status: Status) => number): Measure => ({
    name,
    help,
    read: () => {
      const now = status();
      return now && of(now);
    },
  });
  return [
    measure('store_is_leader', '1 where this replica leads', ({ role }) => Number(role === 'leader')),
    measure('store_has_leader', '1 where this replica knows who leads', ({ leader }) => Number(leader !== null)),
    measure('store_epoch', 'The latest epoch that this replica knows', ({ epoch }) => epoch),
    measure('store_applied_entries', 'Index of the last entry applied', ({ position }) => position),
    measure('store_lag_entries', "Entries of the leader's log not applied here yet", ({ lag }) => lag),
    measure('store_in_sync_replicas', 'Replicas without which nothing is committed', ({ inSync }) => inSync.length),
    measure('store_members', 'Replicas that take part', ({ members }) => members.length),
  ];
}
