/** The HTTP dialect of a replica: forms (forms specification). Which replica it speaks for may change while it listens. */

import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Fault } from '../../../shared/http/fault';
import { createHttp, type HttpOptions, listen } from '../../../shared/http/service';
import type { Status } from '../../../shared/wire/documents';
import type { Dialect, Served } from '../dialect';
import type { Replica } from '../replica';
import { addCollections } from './collections';
import { addDescription } from './description';
import { addForms } from './forms';
import { addProbes } from './probes';
import { Unavailable } from './reading';
import { SyncLog } from './sync-log';
import { faultSaid } from './words';

export interface RestOptions {
  host: string;
  /** 0 for one the system chooses. */
  port: number;
  /** Host names under which it may be asked. */
  names: readonly string[];
  minInSync: number;
  /** Something went wrong here; one sentence. */
  note: (text: string) => void;
}

/** Of a form, bytes. */
const BODY_MAX = 1024 * 1024;

/** Opens the port; whoever asks before there is a replica is told to ask again. @throws OperatorError `port` */
export async function openRest(options: RestOptions): Promise<Dialect> {
  const http = httpOptions(options);
  const { note } = options;
  let served: Served | undefined;
  let log: SyncLog | undefined;
  const replica = (): Replica => {
    if (served) return served.replica;
    throw new Unavailable({ kind: 'refused', reason: 'the replica is not ready' });
  };
  const service = await listen(createRest(http, { replica, minInSync: options.minInSync }), http);
  return {
    name: 'http',
    address: service.address,
    serve: (next) => {
      served = next;
      if (next) log ??= new SyncLog(join(next.folder, 'sync_log.txt'), note);
    },
    compared: (comparison, segments) => log?.add(comparison, segments, new Date()),
    close: async () => {
      await service.close();
      await log?.close();
    },
  };
}

/** All routes, without a port. */
export function createRest(http: HttpOptions, options: { replica: () => Replica; minInSync: number }): FastifyInstance {
  const app = createHttp(http);
  addDescription(app);
  const probes = async (all: FastifyInstance): Promise<void> => addProbes(all, () => statusOf(options.replica));
  // Its measuring is of all routes, not of its own alone.
  void app.register(Object.assign(probes, { [Symbol.for('skip-override')]: true }));
  void app.register(async (forms) => addForms(forms, options));
  void app.register(async (collections) => addCollections(collections, options.replica));
  return app;
}

/** How this dialect wants its HTTP. */
export function httpOptions({ host, port, names, note }: Omit<RestOptions, 'minInSync'>): HttpOptions {
  const failed = (error: unknown): void => note(`a request failed: ${(error as Error)?.message ?? error}`);
  return { host, port, names, bodyMax: BODY_MAX, faultBody, failed };
}

/** Forms speak Spanish; what lies beside them speaks English. */
function faultBody(fault: Fault, path: string): object {
  return /^\/(collections|status|metrics|healthz|readyz|docs|openapi)\b/.test(path)
    ? { status: 'error', message: fault.reason }
    : faultSaid(fault);
}

function statusOf(replica: () => Replica): Status | undefined {
  try {
    return replica().status();
  } catch (error) {
    if (error instanceof Unavailable) return undefined;
    throw error;
  }
}
