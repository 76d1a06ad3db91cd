/** What the page of an overlay may ask for: what happens, what there is, and what is to be done. */

import type { FastifyInstance } from 'fastify';
import { KINDS } from '../../topologies/graph/generators';
import { catalogue } from '../overlay/catalogue';
import { captureOf, jsonLinesOf } from '../overlay/export';
import type { LinkChange } from '../overlay/model';
import type { OverlayChoice, ShownOverlay } from '../overlay/shown-overlay';
import type { LabEvent } from '../view';
import type { EventHub } from './event-hub';
import { bodyOf, DONE, FLAG, NAME, queryOf } from './schemas';

/** A key fits a datagram. */
const TEXT_MAX = 65_507;
const text = { type: 'string', maxLength: TEXT_MAX };

/** Adds the routes. */
export function addOverlayRoutes(app: FastifyInstance, lab: ShownOverlay, hub: EventHub<LabEvent>): void {
  app.get('/events', (_request, reply) => {
    reply.hijack();
    const questions = lab.questions.map(({ view }) => view);
    hub.join(reply.raw, [
      { kind: 'overlay', overlay: lab.view() },
      { kind: 'questions', questions },
    ]);
  });
  addReading(app, lab);
  addDoing(app, lab);
}

function addReading(app: FastifyInstance, lab: ShownOverlay): void {
  app.get('/catalogue', async () => catalogue());
  app.get<{ Querystring: { prefix: string } }>('/keys', queryOf({ prefix: text }), async ({ query: { prefix } }) =>
    lab.keysWith(prefix),
  );
  app.get<{ Querystring: { servent: string } }>(
    '/servent',
    queryOf({ servent: NAME }),
    async ({ query: { servent } }) => lab.panelOf(servent),
  );
  app.get<{ Querystring: { servent: string; text: string; page: string } }>(
    '/pairs',
    queryOf({ servent: NAME, text, page: { type: 'string', pattern: '^[0-9]{1,9}$' } }),
    async ({ query: { servent, text, page } }) => lab.pairsOf(servent, text, Number(page)),
  );
  const number = { type: 'string', pattern: '^[0-9]{1,9}$' };
  app.get<{ Querystring: { question: string } }>(
    '/trace.jsonl',
    queryOf({ question: number }),
    async (request, reply) =>
      reply
        .type('application/jsonl; charset=utf-8')
        .header('content-disposition', 'attachment; filename="trace.jsonl"')
        .send(jsonLinesOf(lab, Number(request.query.question))),
  );
  app.get<{ Querystring: { question: string } }>('/trace.pcap', queryOf({ question: number }), async (request, reply) =>
    reply
      .type('application/vnd.tcpdump.pcap')
      .header('content-disposition', 'attachment; filename="trace.pcap"')
      .send(captureOf(lab, Number(request.query.question))),
  );
}

function addDoing(app: FastifyInstance, lab: ShownOverlay): void {
  app.post<{ Body: { contact: string; key: string } }>(
    '/ask',
    bodyOf({ contact: NAME, key: { ...text, minLength: 1 } }),
    async ({ body }) => {
      lab.ask(body.contact, body.key);
      return DONE;
    },
  );
  app.post<{ Body: { name: string; up: boolean } }>('/servent', bodyOf({ name: NAME, up: FLAG }), async ({ body }) => {
    await lab.setServent(body.name, body.up);
    return DONE;
  });
  app.post<{ Body: { from: string; to: string } & LinkChange }>(
    '/link',
    bodyOf(
      { from: NAME, to: NAME, up: FLAG, oneWay: FLAG, lossPercent: { type: 'number', minimum: 0, maximum: 100 } },
      ['from', 'to'],
    ),
    async ({ body: { from, to, ...change } }) => {
      await lab.setLink(from, to, change);
      return DONE;
    },
  );
  app.post<{ Body: { servent: string; key: string; value: string } }>(
    '/pair',
    bodyOf({ servent: NAME, key: text, value: text }),
    async ({ body: { servent, key, value } }) => {
      await lab.setPair(servent, key, value);
      return DONE;
    },
  );
  app.post<{ Body: { literal: boolean } }>('/rule', bodyOf({ literal: FLAG }), async ({ body: { literal } }) => {
    await lab.setRule(literal);
    return DONE;
  });
  const count = { type: 'integer', minimum: 0, maximum: 5000 };
  app.post<{ Body: { overlay: string; ground: OverlayChoice['ground']; servents?: number } }>(
    '/overlay',
    bodyOf({ overlay: NAME, ground: { enum: ['sockets', 'virtual'] }, servents: count }, ['overlay', 'ground']),
    async ({ body: { overlay, ground, servents } }) => {
      // A page picks from the catalogue; files are the command line's.
      const known = catalogue().some((entry) => entry.name === overlay);
      await lab.choose({ overlay: known ? overlay : '', ground, sizes: KINDS.has(overlay) ? { servents } : {} });
      return DONE;
    },
  );
}
