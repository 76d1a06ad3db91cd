/** What the page of a store may ask for: what happens, and what is to be done. */

import type { FastifyInstance } from 'fastify';
import type { LabStore } from '../store/lab-store';
import type { StoreEvent } from '../store-view';
import type { EventHub } from './event-hub';
import { bodyOf, DONE, FLAG, NAME } from './schemas';

/** A document fits a frame of the document protocol. */
const DOCUMENT = { type: 'string', minLength: 1, maxLength: 60_000 };

/** Adds the routes. */
export function addStoreRoutes(app: FastifyInstance, lab: LabStore, hub: EventHub<StoreEvent>): void {
  app.get('/events', (_request, reply) => {
    reply.hijack();
    hub.join(reply.raw, [{ kind: 'store', store: lab.view() }]);
  });
  app.post('/add', bodyOf({}), async () => {
    await lab.add();
    return DONE;
  });
  app.post<{ Body: { name: string; what: 'kill' | 'pause' | 'wake' | 'start' } }>(
    '/befall',
    bodyOf({ name: NAME, what: { enum: ['kill', 'pause', 'wake', 'start'] } }),
    async ({ body: { name, what } }) => {
      await lab.befall(name, what);
      return DONE;
    },
  );
  app.post<{ Body: { one: string; other: string; cut: boolean } }>(
    '/cut',
    bodyOf({ one: NAME, other: NAME, cut: FLAG }),
    async ({ body: { one, other, cut } }) => {
      lab.cut(one, other, cut);
      return DONE;
    },
  );
  app.post<{ Body: { document: string } }>('/insert', bodyOf({ document: DOCUMENT }), async ({ body: { document } }) =>
    lab.insert(document),
  );
  app.post<{ Body: { query: string } }>('/search', bodyOf({ query: DOCUMENT }), async ({ body: { query } }) =>
    lab.search(query),
  );
}
