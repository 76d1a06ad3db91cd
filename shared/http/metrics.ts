/** `/metrics` in Prometheus' text format: what the service was asked and how long it took, the process, and what its owner measures. */

import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** One number that is read when it is asked for. */
export interface Measure {
  /** With its unit, by Prometheus' conventions. */
  name: string;
  help: string;
  /** Undefined: there is none now. */
  read: () => number | undefined;
}

/** From a quarter of a millisecond to ten seconds. */
const SECONDS = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Adds the route, and measures all others. */
export function addMetrics(app: FastifyInstance, measures: readonly Measure[]): void {
  const register = new Registry();
  collectDefaultMetrics({ register });
  for (const { name, help, read } of measures) {
    new Gauge({
      name,
      help,
      registers: [register],
      collect() {
        this.reset();
        const value = read();
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  }
  const taken = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'How long requests took, by route',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers: [register],
  });
  app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    // Routes, not paths: those are as many as strangers like.
    const labels = { method, route: routeOptions.url ?? 'none', status: reply.statusCode };
    taken.observe(labels, reply.elapsedTime / 1000);
  });
  const schema = { tags: ['replica'], summary: "Measurements, in Prometheus' text format" };
  app.get('/metrics', { schema }, async (_request, reply) => {
    void reply.type(register.contentType);
    return register.metrics();
  });
}
