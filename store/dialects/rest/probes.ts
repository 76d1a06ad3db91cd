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

  addMetrics(app, { program: 'store', measures: MEASURES, now: status });
}

const STARTING = 'the replica is not ready';

function unreadiness(status: Status | undefined): string | undefined {
  if (!status) return STARTING;
  if (status.leader === null) return 'nobody leads';
  return status.role === 'joining' ? 'the replica is not in sync' : undefined;
}

const MEASURES: readonly Measure<Status>[] = [
  {
    name: 'store_is_leader',
    help: '1 where this replica leads',
    read: ({ role }) => Number(role === 'leader'),
  },
  {
    name: 'store_has_leader',
    help: '1 where this replica knows who leads',
    read: ({ leader }) => Number(leader !== null),
  },
  { name: 'store_epoch', help: 'The latest epoch that this replica knows', read: ({ epoch }) => epoch },
  { name: 'store_applied_entries', help: 'Index of the last entry applied', read: ({ position }) => position },
  { name: 'store_lag_entries', help: "Entries of the leader's log not applied here yet", read: ({ lag }) => lag },
  {
    name: 'store_in_sync_replicas',
    help: 'Replicas without which nothing is committed',
    read: ({ inSync }) => inSync.length,
  },
  { name: 'store_members', help: 'Replicas that take part', read: ({ members }) => members.length },
];
