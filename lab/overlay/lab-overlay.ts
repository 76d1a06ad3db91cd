/** An overlay of the lab: does what the page asks for, one thing after another, and tells what came of it. */

import { type Endpoint, formatEndpoint } from '../../shared/endpoint';
import { OperatorError, usageError } from '../../shared/errors';
import { findTopology } from '../../topologies/graph/catalogue';
import type { LinkView, OverlayView, PairsView, PanelView, Trial } from '../view';
import { FloodRecorder, type RecordedQuestion } from './flood-recorder';
import type { Ground } from './ground';
import { layOut } from './layout';
import { type LinkChange, type ModelServent, OverlayModel } from './model';
import { panelOf } from './panel';
import type { OverlayChoice, OverlayLabSettings, ShownOverlay } from './shown-overlay';
import { SocketsGround } from './sockets-ground';
import { VirtualGround } from './virtual-ground';

/** Each has a socket or two and a secret of its own; more are for virtual time. */
const SOCKETS_MAX = 300;
/** A page can show no more. */
const VIRTUAL_MAX = 5000;
/** Suggestions for a key. */
const SUGGESTED_MAX = 20;

export class LabOverlay implements ShownOverlay {
  readonly #options: OverlayLabSettings;
  #choice!: OverlayChoice;
  #model!: OverlayModel;
  #ground!: Ground;
  #recorder!: FloodRecorder;
  /** Changes take turns. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: OverlayLabSettings) {
    this.#options = options;
  }

  /** Runs an overlay. @throws OperatorError for one that cannot be found, read, made or started */
  static async open(choice: OverlayChoice, options: OverlayLabSettings): Promise<LabOverlay> {
    const lab = new LabOverlay(options);
    await lab.#open(choice);
    return lab;
  }

  view(): OverlayView {
    const { topology, links, literal, servents } = this.#model;
    const { name, about } = topology;
    return {
      name,
      about,
      ground: this.#ground.kind,
      literal,
      servents: [...servents.values()].map((servent) => ({
        name: servent.name,
        address: this.addressOf(servent.name),
        keys: servent.pairs.size,
        up: servent.up,
        ...servent.place,
      })),
      links,
      cannot: this.#cannot(),
    };
  }

  get questions(): readonly RecordedQuestion[] {
    return this.#recorder.questions;
  }

  addressOf(name: string): string {
    return formatEndpoint(this.#ground.endpointOf(name));
  }

  /** Asks as the client does; what comes of it is told. @throws OperatorError `usage` for no such servent */
  ask(contact: string, key: string): void {
    this.#serventOf(contact);
    this.#ground.ask(contact, Buffer.from(key)).catch((error: unknown) => this.#failed(error));
  }

  /** Takes a servent down, or up again. */
  setServent(name: string, up: boolean): Promise<void> {
    return this.#change(async () => {
      const servent = this.#serventOf(name);
      if (servent.up === up) return;
      servent.up = up;
      await this.#ground.restart([name]);
      this.#note(`${name} is ${up ? 'up' : 'down'}`);
    });
  }

  /** Cuts or mends a link, or makes it one-way or lossy. */
  setLink(from: string, to: string, change: LinkChange): Promise<void> {
    return this.#change(async () => {
      const link = this.#model.linkBetween(from, to);
      if (!link) throw usageError(`expected two servents that are linked, got ${from} and ${to}`);
      const reason = change.lossPercent !== undefined && this.#cannot().loss;
      if (reason) throw usageError(`expected no loss: ${reason}`);
      Object.assign(link, change);
      // One-way as it was named: `from` alone knows `to`.
      if (change.oneWay) Object.assign(link, { from, to });
      await this.#ground.restart([link.from, link.to]);
      this.#note(`the link ${link.from} - ${link.to} is ${wordsOf(link)}`);
    });
  }

  /** Changes what a servent holds. @throws OperatorError `usage` for a pair that no servent can hold */
  setPair(name: string, key: string, value: string): Promise<void> {
    return this.#change(async () => {
      await this.#serventOf(name).pairs.set(key, value);
      await this.#ground.reload(name);
      this.#note(`${name} holds another value of a key`);
    });
  }

  /** Chooses the protocol's bare rule, or the one of the higher ttl. */
  setRule(literal: boolean): Promise<void> {
    return this.#change(async () => {
      this.#model.literal = literal;
      await this.#ground.restart([...this.#model.servents.keys()]);
      this.#note(literal ? 'every later copy is dropped' : 'a later copy with a higher ttl goes on');
    });
  }

  /** Puts another overlay in the place of this one. The old one runs on when the new one cannot. */
  choose(choice: OverlayChoice): Promise<void> {
    return this.#change(async () => {
      const old = this.#ground;
      await this.#open(choice);
      await old.close();
      this.#options.tell({ kind: 'questions', questions: [] });
    });
  }

  panelOf(name: string): PanelView {
    const { up } = this.#serventOf(name);
    return panelOf(name, up, this.#ground.statsOf(name));
  }

  pairsOf(name: string, text: string, page: number): PairsView {
    return this.#serventOf(name).pairs.search(text, page);
  }

  /** Keys that begin so, of whoever holds some. */
  keysWith(prefix: string): string[] {
    const found = new Set<string>();
    for (const { pairs } of this.#model.servents.values()) pairs.keysWith(prefix, SUGGESTED_MAX, found);
    return [...found].sort();
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#ground.close();
  }

  async #open(choice: OverlayChoice): Promise<void> {
    const topology = findTopology(choice.overlay, choice.sizes);
    const size = topology.servents.length;
    const [max, where] = choice.ground === 'sockets' ? [SOCKETS_MAX, 'on sockets'] : [VIRTUAL_MAX, 'in virtual time'];
    if (size > max) throw usageError(`expected at most ${max} servents ${where}, got ${size}`);
    const model = new OverlayModel(topology, await layOut(topology));
    let recorder: FloodRecorder | undefined;
    const makeRecorder = (nameOf: (endpoint: Endpoint) => string | undefined): FloodRecorder =>
      (recorder = new FloodRecorder(nameOf, this.#options.tell));
    const ground =
      choice.ground === 'sockets'
        ? await SocketsGround.open(model, this.#options.timeoutMs, makeRecorder)
        : await VirtualGround.open(model, choice.sizes.seed ?? 1, makeRecorder);
    this.#choice = choice;
    this.#model = model;
    this.#ground = ground;
    this.#recorder = recorder!;
  }

  /** Does one thing when those before are done, and tells what the overlay is then. @throws what it throws */
  #change(act: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(act).finally(() => this.#options.tell({ kind: 'overlay', overlay: this.view() }));
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #cannot(): Partial<Record<Trial, string>> {
    return {
      ...(this.#ground.kind === 'sockets' ? { loss: 'the sockets of loopback lose nothing; virtual time does' } : {}),
    };
  }

  #serventOf(name: string): ModelServent {
    const servent = this.#model.servents.get(name);
    if (!servent) throw usageError(`expected a servent of ${this.#choice.overlay}, got "${name}"`);
    return servent;
  }

  #note(text: string): void {
    this.#options.tell({ kind: 'note', text });
  }

  #failed(error: unknown): void {
    if (!(error instanceof OperatorError)) throw error;
    this.#note(error.message);
  }
}

function wordsOf({ up, oneWay, lossPercent, from }: LinkView): string {
  if (!up) return 'cut';
  const ways = oneWay ? `open, known to ${from} alone` : 'open both ways';
  return lossPercent > 0 ? `${ways}, and loses ${lossPercent} %` : ways;
}
