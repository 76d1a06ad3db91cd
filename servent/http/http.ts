/** A servent over HTTP, for who watches it: `/metrics`, `/status` and `/healthz`. It only tells: nothing here changes anything. */

import createDebug from 'debug';
import type { Fault } from '../../shared/http/fault';
import { addMetrics } from '../../shared/http/metrics';
import { createHttp, type HttpOptions, type HttpService, listen } from '../../shared/http/service';
import { version } from '../../shared/program/version';
import type { ServentStatus } from '../status';
import { MEASURES } from './measures';

/** No request here has a body that means something. */
const BODY_MAX = 1024;

const trace = createDebug('servent:http');

/** Opens the port, 0 for one the system chooses. @throws OperatorError `port` */
export async function openHttp(
  { host, port }: { host: string; port: number },
  status: () => ServentStatus,
): Promise<HttpService> {
  const options: HttpOptions = { host, port, names: [host], bodyMax: BODY_MAX, faultBody, failed: trace };
  const app = createHttp(options);
  const running = version();
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/status', async () => ({ version: running, ...status() }));
  addMetrics(app, { program: 'servent', measures: MEASURES, now: status });
  return listen(app, options);
}

function faultBody({ reason }: Fault): object {
  return { status: 'error', message: reason };
}
