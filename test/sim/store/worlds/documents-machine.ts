/** The real documents over an engine in memory, of which an earlier whole outlives the process, as it does on a disk. */

import type { Blocks } from '../../../../store/documents/blocks';
import type { Documents } from '../../../../store/documents/documents';
import type { Writer } from '../../../../store/documents/engine';
import { MemoryEngine } from '../../../../store/documents/memory-engine';
import type { Entry, Operation, Position } from '../../../../store/entry';
import type { Reply, Restore, Snapshot } from '../../../../store/state-machine';
import { answerOf } from '../../../support/store/answer';
import type { Witness, WorldMachine } from './machine';

/** What one message of a snapshot has, bytes: little, so that there are many. */
const SNAPSHOT_BYTES = 200;

class SurvivingEngine extends MemoryEngine {
  durable: Blocks<string>;
  readonly #writesKept: number;
  #writes = 0;

  constructor(durable: Blocks<string> | undefined, writesKept: number) {
    super(durable);
    this.durable = this.held;
    this.#writesKept = writesKept;
  }

  override write(work: (writer: Writer) => void): void {
    super.write(work);
    if (++this.#writes % this.#writesKept === 0) this.durable = this.held;
  }
}

export interface DocumentsMachineOptions {
  Machine: typeof Documents;
  witness: Witness;
  batchesKept: number;
  durable: unknown;
}

export class DocumentsMachine implements WorldMachine {
  readonly #options: DocumentsMachineOptions;
  readonly #engine: SurvivingEngine;
  readonly #documents: Documents;
  #goesWrong = false;
  isWrong = false;
  isFull = false;

  constructor(options: DocumentsMachineOptions) {
    this.#options = options;
    this.#engine = new SurvivingEngine(options.durable as Blocks<string> | undefined, options.batchesKept);
    this.#documents = new options.Machine(this.#engine);
  }

  get durable(): unknown {
    return this.#engine.durable;
  }

  get durableIndex(): number {
    return new this.#options.Machine(new MemoryEngine(this.#engine.durable)).applied.index;
  }

  get applied(): Position {
    return this.#documents.applied;
  }

  ready(entries: readonly Entry[]): number {
    return this.#documents.ready(entries);
  }

  apply(entries: readonly Entry[]): Reply[] {
    for (const entry of entries) this.#options.witness(entry);
    return this.#documents.apply(this.#goesWrong ? entries.map((entry) => this.#wrong(entry)) : entries);
  }

  read(operation: Operation): Reply {
    return answerOf(this.#documents.read(operation));
  }

  firstReply(request: string): Reply | undefined {
    return this.#documents.firstReply(request);
  }

  hash(): string {
    return this.#documents.hash();
  }

  get text(): string {
    const snapshot = this.#documents.snapshot();
    const lines = snapshot.next(Number.POSITIVE_INFINITY) ?? [];
    snapshot.close();
    return lines.join();
  }

  snapshot(): Snapshot {
    const snapshot = this.#documents.snapshot();
    const { position, hash } = snapshot;
    return { position, hash, next: () => snapshot.next(SNAPSHOT_BYTES), close: () => snapshot.close() };
  }

  restore(position: Position): Restore {
    return this.#documents.restore(position);
  }

  flush(): Promise<Position> {
    this.#engine.durable = this.#engine.held;
    return this.#documents.flush();
  }

  async room(): Promise<void> {}

  goWrong(): void {
    this.#goesWrong = true;
  }

  /** A put is one of another document. */
  #wrong(entry: Entry): Entry {
    const [name, collection, document, options] = entry.op;
    if (!this.#goesWrong || name !== 'put') return entry;
    this.#goesWrong = false;
    this.isWrong = true;
    return { ...entry, op: [name, collection!, { ...(document as object), _id: 'wrong' }, options!] };
  }
}
