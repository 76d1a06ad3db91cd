/** `/metrics` in Prometheus' text format: what the service was asked and how long it took, the process, and what its owner measures. */

import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { version } from '../program/version';

/** What is measured of a program, all of it read from one state when it is asked for. */
export interface Measured<State> {
  /** Whose it is: its measures' names begin so. */
  program: string;
  measures: readonly Measure<State>[];
  /** Undefined: there is nothing to measure now. */
  now: () => State | undefined;
}

/** One number, or one for each value of a label. */
export type Measure<State> = {
  /** With its unit, by Prometheus' conventions: it ends in `_total` if, and only if, it counts. */
  name: string;
  help: string;
} & (
  | { label?: never; read: (state: State) => number | undefined }
  | { label: string; read: (state: State) => Readonly<Record<string, number>> }
);

/** From a quarter of a millisecond to ten seconds. */
const SECONDS = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What the library has under a gauge's proper name too. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Adds the route, and measures all others. */
export function addMetrics<State>(app: FastifyInstance, { program, measures, now }: Measured<State>): void {
  const register = new Registry();
  collectDefaultMetrics({ register });
  for (const name of MISNAMED) register.removeSingleMetric(name);
  const build = {
    name: `${program}_build_info`,
    help: 'Always 1; the label tells the version',
    labelNames: ['version'],
  };
  new Gauge({ ...build, registers: [register] }).set({ version: version() }, 1);
  let state: State | undefined;
  for (const measure of measures) addMeasure(register, measure, () => state);
  measureRequests(app, register);
  const schema = { tags: ['replica'], summary: "Measurements, in Prometheus' text format" };
  app.get('/metrics', { schema }, async (_request, reply) => {
    state = now();
    void reply.type(register.contentType);
    return register.metrics();
  });
}

function addMeasure<State>(register: Registry, measure: Measure<State>, now: () => State | undefined): void {
  const { name, help, label } = measure;
  const options = { name, help, labelNames: label === undefined ? [] : [label], registers: [register] };
  const metric: Counter | Gauge = name.endsWith('_total')
    ? new Counter({ ...options, collect: () => collect() })
    : new Gauge({ ...options, collect: () => collect() });
  const collect = (): void => {
    metric.reset();
    const state = now();
    const found = state === undefined ? undefined : measure.read(state);
    if (typeof found === 'number') metric.inc(found);
    else if (label === undefined) metric.remove();
    else for (const [value, number] of Object.entries(found ?? {})) metric.inc({ [label]: value }, number);
  };
}

function measureRequests(app: FastifyInstance, register: Registry): void {
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
}
