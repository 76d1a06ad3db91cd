/** The lab's shell: runs what the page shows, serves the page, and ends both when the person interrupts. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import { OperatorError } from '../shared/errors';
import { createHttp, type HttpOptions, listen } from '../shared/http/service';
import { interrupted, type Streams } from '../shared/program/run-main';
import type { HttpPlace, LabOptions } from './options';
import { LabOverlay } from './overlay/lab-overlay';
import { EventHub } from './server/event-hub';
import { addOverlayRoutes } from './server/overlay-routes';
import { addPage } from './server/page-files';
import type { LabEvent } from './view';

/** Of a request: a key and a value. */
const BODY_MAX = 256 * 1024;

/** Runs until the person interrupts. Gives the exit status. */
export async function run(options: LabOptions, streams: Streams): Promise<number> {
  const ended = interrupted(streams);
  const hub = new EventHub<LabEvent>();
  const { choice, timeoutMs } = options;
  const lab = await LabOverlay.open(choice, { timeoutMs, tell: (event) => hub.tell(event) });
  try {
    const http = httpOptions(options.http, streams);
    const app = createHttp(http);
    addPage(app, 'overlay');
    void app.register(async (routes) => {
      routes.setErrorHandler(refuse);
      addOverlayRoutes(routes, lab, hub);
    });
    const service = await listen(app, http);
    const first = lab.view().servents[0]!.address;
    streams.out(
      options.json
        ? JSON.stringify({ event: 'ready', http: service.address, servent: first })
        : `Open http://${service.address} in a browser; Ctrl-C ends all.`,
    );
    try {
      return await ended;
    } finally {
      hub.close();
      await service.close();
    }
  } finally {
    await lab.close();
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
