/**
 * Simulated overlays in the words of the domain: `line(6).holding('ssh', [3, 4]).ask('ssh', { at: 0 })`. Servents are
 * numbered from 0. Everything is run to its end in virtual time.
 */

import { createHash } from 'node:crypto';
import { parseKeyValueFile } from '../../../servent/key-value-file';
import type { PairTable } from '../../../servent/pair-table';
import { constant, type Delay, type Path, PERFECT_PATH } from '../../../simulator/path';
import { generate, graphOfShape } from '../../../topologies/graph/generators';
import { type Graph, graphOf } from '../../../topologies/graph/graph';
import { answerers } from '../../../topologies/graph/reach';
import { serventAt } from '../../../topologies/simulated/address';
import type { OverlayObserver } from '../../../topologies/simulated/observer';
import { SimulatedOverlay, type SimulatedOverlayOptions } from '../../../topologies/simulated/overlay';
import type { Question } from '../../../topologies/simulated/question';
import { traceTo } from './trace';

/** What a question brought. */
export interface Outcome {
  /** Who answered, in ascending order; twice who answered twice. */
  answerers: number[];
  values: string[];
  /** CLIREQs sent. */
  asked: number;
  /** From the question to its end, milliseconds. */
  ms: number;
}

export class Overlay {
  readonly graph: Graph;
  readonly #options: Omit<SimulatedOverlayOptions, 'graph' | 'observers'> = { seed: 1 };
  readonly #observers: Partial<OverlayObserver>[] = [];
  /** Lines of each servent's key-value file. */
  readonly #lines = new Map<number, string[]>();
  #network: SimulatedOverlay | undefined;

  constructor(graph: Graph) {
    this.graph = graph;
  }

  holding(key: string, servents: Iterable<number>): this {
    for (const servent of servents) {
      this.#lines.set(servent, [...(this.#lines.get(servent) ?? []), `${key}\t${key} at ${servent}`]);
    }
    return this;
  }

  /** Sets what the network is made of. */
  with(options: Partial<Omit<SimulatedOverlayOptions, 'graph' | 'observers'>>): this {
    Object.assign(this.#options, options);
    return this;
  }

  seed(seed: number): this {
    return this.with({ seed });
  }

  /** One delay everywhere. */
  delay(delay: Delay): this {
    return this.path({ delay });
  }

  /** What happens on every way. */
  path(path: Partial<Path>): this {
    return this.with({ path: { ...PERFECT_PATH, ...this.#options.path, ...path } });
  }

  /** A delay for each link; 1 ms elsewhere. */
  delays(delaysMs: readonly number[]): this {
    return this.with({ paths: delaysMs.map((ms) => ({ ...PERFECT_PATH, delay: constant(ms) })) });
  }

  literal(): this {
    return this.with({ literal: true });
  }

  observing(observer: Partial<OverlayObserver>): this {
    this.#observers.push(observer);
    return this;
  }

  /** The network; from the first use on, nothing about it can be changed. */
  get network(): SimulatedOverlay {
    return (this.#network ??= new SimulatedOverlay({
      pairs: (servent) => this.#pairs(servent),
      ...this.#options,
      graph: this.graph,
      observers: this.#observers,
    }));
  }

  /** Asks, and runs until nothing is left to happen. */
  ask(key: string, { at }: { at: number }): Outcome {
    const question = this.network.ask({ contact: at, key: Buffer.from(key) });
    this.network.run();
    return this.outcome(question);
  }

  outcome({ answers, summary }: Question): Outcome {
    return {
      answerers: answers.map(({ from }) => serventAt(from, this.graph.size)).sort((a, b) => a - b),
      values: answers.map(({ value }) => Buffer.from(value).toString()),
      asked: summary?.asked ?? 0,
      ms: summary?.ms ?? 0,
    };
  }

  /** Who must answer when nothing is lost. */
  expected(key: string, { at }: { at: number }): number[] {
    return answerers(this.graph, at, (servent) => this.holds(key, servent));
  }

  holds(key: string, servent: number): boolean {
    return this.#lines.get(servent)?.some((line) => line.startsWith(`${key}\t`)) ?? false;
  }

  #pairs(servent: number): PairTable {
    return parseKeyValueFile(Buffer.from((this.#lines.get(servent) ?? []).join('\n'))).pairs;
  }
}

export function line(servents: number): Overlay {
  return overlay('line', servents);
}

export function ring(servents: number): Overlay {
  return overlay('ring', servents);
}

export function mesh(servents: number): Overlay {
  return overlay('mesh', servents);
}

export function directedRing(servents: number): Overlay {
  return overlay('directed-ring', servents);
}

/** 0 knows 4 over 1, slow, and over 2 and 3, fast; 5 is behind 4. */
export function diamond(): Overlay {
  const shape = generate('diamond', {});
  return new Overlay(graphOfShape(shape)).delays(shape.delaysMs!);
}

/** Links as pairs, one-way where a third word says so. */
export function overlayOf(servents: number, links: readonly (readonly [number, number, 'one-way'?])[]): Overlay {
  return new Overlay(
    graphOf({
      size: servents,
      from: links.map(([from]) => from),
      to: links.map(([, to]) => to),
      oneWay: (link) => links[link]![2] === 'one-way',
    }),
  );
}

/** A hash of everything that happens from now on; read it when the network has run. */
export function traceHash(of: Overlay): () => string {
  const hash = createHash('sha256');
  of.observing(traceTo((text) => hash.update(text).update('\n')));
  return () => hash.digest('hex');
}

function overlay(kind: string, servents: number): Overlay {
  return new Overlay(graphOfShape(generate(kind, { servents })));
}
