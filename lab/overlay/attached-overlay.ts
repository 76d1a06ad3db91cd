/**
 * Servents that run elsewhere, each telling over HTTP what it knows, gathered into one picture. They can be asked; what they hear
 * is seen by nobody here.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError, usageError } from '../../shared/errors';
import { escapeText } from '../../shared/escape';
import type { Place } from '../../topologies/pictures/places';
import type { LinkView, OverlayView, PairsView, PanelView, Trial } from '../view';
import { askSockets } from './ask-sockets';
import { FloodRecorder, type RecordedQuestion } from './flood-recorder';
import { layOut } from './layout';
import { panelOf } from './panel';
import { type Attached, addressToAsk, linksOf, readStatus } from './reported-links';
import type { OverlayLabSettings, ShownOverlay } from './shown-overlay';

/** Between two looks at all, milliseconds. */
const LOOK_MS = 1000;
const NOT_HERE = 'the servents run elsewhere';

const CANNOT: Record<Trial, string> = {
  servent: NOT_HERE,
  link: NOT_HERE,
  loss: NOT_HERE,
  pair: `${NOT_HERE}, and tell only how many pairs they hold`,
  rule: NOT_HERE,
  overlay: NOT_HERE,
  ground: NOT_HERE,
  flood: `${NOT_HERE}, and tell how much they heard, not what: answers are seen, the flood is not`,
};

export class AttachedOverlay implements ShownOverlay {
  readonly #settings: OverlayLabSettings;
  readonly #servents: readonly Attached[];
  readonly #recorder: FloodRecorder;
  readonly #closing = new AbortController();
  #links: readonly LinkView[] = [];
  #places: readonly Place[] = [];
  #lastView = '';
  #looking: Promise<void> = Promise.resolve();

  private constructor(urls: readonly URL[], settings: OverlayLabSettings) {
    this.#settings = settings;
    this.#servents = urls.map((url, i) => ({ name: `n${i + 1}`, url, status: undefined, up: false }));
    this.#recorder = new FloodRecorder(() => undefined, settings.tell, false);
  }

  /** Looks at all of them once, and then again and again. @throws OperatorError `unreachable` where none answers */
  static async open(urls: readonly URL[], settings: OverlayLabSettings): Promise<AttachedOverlay> {
    const overlay = new AttachedOverlay(urls, settings);
    await overlay.#look();
    if (overlay.#servents.every(({ up }) => !up)) {
      throw new OperatorError(
        'unreachable',
        `expected a servent that serves HTTP, got nothing from ${urls.join(', ')}`,
      );
    }
    overlay.#looking = overlay.#lookOn();
    return overlay;
  }

  get questions(): readonly RecordedQuestion[] {
    return this.#recorder.questions;
  }

  view(): OverlayView {
    const servents = this.#servents.map(({ name, url, status, up }, i) => ({
      name,
      address: status ? escapeText(addressToAsk(url, status)) : escapeText(url.host),
      keys: status?.keys ?? 0,
      up,
      ...this.#places[i]!,
    }));
    const literal = this.#servents.some(({ status }) => status?.literal === true);
    const about = 'Servents that run elsewhere, as they tell themselves.';
    return { name: 'attached', about, ground: 'attached', literal, servents, links: this.#links, cannot: CANNOT };
  }

  ask(contact: string, key: string): void {
    const { url, status } = this.#serventOf(contact);
    if (!status) throw new OperatorError('unreachable', `expected ${contact} to tell its address, it says nothing`);
    const { timeoutMs, tell } = this.#settings;
    const { signal } = this.#closing;
    const question = { contact, address: addressToAsk(url, status), key: Buffer.from(key), timeoutMs, signal };
    askSockets(question, this.#recorder).catch((error: unknown) => tell({ kind: 'note', text: String(error) }));
  }

  panelOf(name: string): PanelView {
    const { status, up } = this.#serventOf(name);
    return panelOf(name, up, status && { counters: status, seen: status.seen });
  }

  pairsOf(name: string): PairsView {
    this.#serventOf(name);
    return { total: 0, page: 0, pages: 1, pairs: [] };
  }

  keysWith(): string[] {
    return [];
  }

  setServent(): Promise<void> {
    return refuse();
  }

  setLink(): Promise<void> {
    return refuse();
  }

  setPair(): Promise<void> {
    return refuse();
  }

  setRule(): Promise<void> {
    return refuse();
  }

  choose(): Promise<void> {
    return refuse();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#looking;
  }

  async #lookOn(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
      if (!signal.aborted) await this.#look();
    }
  }

  async #look(): Promise<void> {
    await Promise.all(
      this.#servents.map(async (servent) => {
        const status = await readStatus(servent.url, this.#closing.signal);
        servent.up = status !== undefined;
        // What it said last is kept: it is still known where it stands.
        servent.status = status ?? servent.status;
      }),
    );
    const links = linksOf(this.#servents);
    if (this.#places.length === 0 || JSON.stringify(links) !== JSON.stringify(this.#links)) {
      this.#links = links;
      const servents = this.#servents.map(({ name }) => ({ name, file: name }));
      this.#places = await layOut({
        name: '',
        about: '',
        servents,
        links: links.map(({ from, to }) => ({ from, to })),
      });
    }
    const text = JSON.stringify(this.view());
    if (text === this.#lastView) return;
    this.#lastView = text;
    this.#settings.tell({ kind: 'overlay', overlay: this.view() });
  }

  #serventOf(name: string): Attached {
    const servent = this.#servents.find((one) => one.name === name);
    if (!servent) throw usageError(`expected one of the attached servents, got "${name}"`);
    return servent;
  }
}

async function refuse(): Promise<never> {
  throw new OperatorError('refused', `expected servents of this lab: ${NOT_HERE}`);
}
