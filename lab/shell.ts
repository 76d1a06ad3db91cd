/** The lab's shell: runs what the page shows, serves the page, and ends both when the person interrupts. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { OperatorError } from '../shared/errors';
import { createHttp, type HttpOptions, listen } from '../shared/http/service';
import { interrupted, type Streams } from '../shared/program/run-main';
import type { HttpPlace, LabOptions, OverlayLabOptions, StoreLabOptions } from './options';
import { AttachedOverlay } from './overlay/attached-overlay';
import { LabOverlay } from './overlay/lab-overlay';
import { EventHub } from './server/event-hub';
import { addOverlayRoutes } from './server/overlay-routes';
import { addPage } from './server/page-files';
import { addStoreRoutes } from './server/store-routes';
import { LabStore } from './store/lab-store';
import type { StoreEvent } from './store-view';
import type { LabEvent } from './view';

/** Of a request: a key and a value, or a document. */
const BODY_MAX = 256 * 1024;

/** Runs until the person interrupts. Gives the exit status. */
export function run(options: LabOptions, streams: Streams): Promise<number> {
  return options.command === 'store' ? runStore(options, streams) : runOverlay(options, streams);
}

async function runOverlay(options: OverlayLabOptions, streams: Streams): Promise<number> {
  const ended = interrupted(streams);
  const hub = new EventHub<LabEvent>();
  const tell = (event: LabEvent): void => hub.tell(event);
  const { shown, timeoutMs } = options;
  const settings = { timeoutMs, tell };
  const lab =
    'attach' in shown
      ? await AttachedOverlay.open(shown.attach, settings)
      : await LabOverlay.open(shown.choice, settings);
  try {
    const facts = { servent: lab.view().servents[0]!.address };
    return await serve('overlay', options, facts, (routes) => addOverlayRoutes(routes, lab, hub), hub, ended, streams);
  } finally {
    await lab.close();
  }
}

async function runStore(options: StoreLabOptions, streams: Streams): Promise<number> {
  const ended = interrupted(streams);
  const hub = new EventHub<StoreEvent>();
  const opening = LabStore.open(options.replicas, (event) => hub.tell(event));
  const lab = await Promise.race([opening, ended]);
  // Whoever interrupts the start leaves nothing running either.
  if (typeof lab === 'number') {
    await opening.then((store) => store.close());
    return lab;
  }
  try {
    return await serve('store', options, {}, (routes) => addStoreRoutes(routes, lab, hub), hub, ended, streams);
  } finally {
    await lab.close();
  }
}

/** Serves a page until the person interrupts. @param facts what the ready line's JSON says besides the address */
async function serve(
  page: string,
  { http: place, json }: LabOptions,
  facts: object,
  addRoutes: (app: FastifyInstance) => void,
  hub: { close(): void },
  ended: Promise<number>,
  streams: Streams,
): Promise<number> {
  const http = httpOptions(place, streams);
  const app = createHttp(http);
  addPage(app, page);
  void app.register(async (routes) => {
    routes.setErrorHandler(refuse);
    addRoutes(routes);
  });
  const service = await listen(app, http);
  const { address } = service;
  streams.out(
    json
      ? JSON.stringify({ event: 'ready', http: address, ...facts })
      : `Open http://${address} in a browser; Ctrl-C ends all.`,
  );
  try {
    return await ended;
  } finally {
    hub.close();
    await service.close();
  }
}

function httpOptions(place: HttpPlace, streams: Streams): HttpOptions {
  return {
    ...place,
    bodyMax: BODY_MAX,
    faultBody: ({ reason }) => ({ status: 'error', message: reason }),
    failed: (error) => streams.err(`a request failed: ${(error as Error)?.stack ?? error}`),
  };
}

/** What the person at the page can mend is told in one sentence; the rest is the service's affair. */
function refuse(error: unknown, _request: FastifyRequest, reply: FastifyReply): void {
  if (!(error instanceof OperatorError)) throw error;
  void reply.code(409).send({ status: 'error', message: error.message });
}
