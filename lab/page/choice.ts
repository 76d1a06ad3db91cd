/** Which overlay runs, where, and by which rule; and what can be exported of it. */

import type { CatalogueEntry, OverlayView } from '../view';
import { byId, make } from './dom';
import { exportPicture } from './export-picture';
import { post, reading } from './server';

export class ChoiceView {
  readonly #overlay = byId<HTMLSelectElement>('overlay');
  readonly #servents = byId<HTMLInputElement>('servents');
  readonly #ground = byId<HTMLSelectElement>('ground');
  readonly #higher = byId<HTMLInputElement>('rule-higher');
  readonly #bare = byId<HTMLInputElement>('rule-bare');
  #catalogue: readonly CatalogueEntry[] = [];
  #shown: OverlayView | undefined;
  #question: number | undefined | null = null;

  constructor(fail: (error: unknown) => void) {
    byId<HTMLFormElement>('overlay-form').addEventListener('submit', (event) => {
      event.preventDefault();
      const servents =
        this.#servents.disabled || this.#servents.value === '' ? {} : { servents: Number(this.#servents.value) };
      post('overlay', { overlay: this.#overlay.value, ground: this.#ground.value, ...servents }).catch(fail);
    });
    this.#overlay.addEventListener('change', () => this.#showEntry());
    this.#higher.addEventListener('change', () => post('rule', { literal: false }).catch(fail));
    this.#bare.addEventListener('change', () => post('rule', { literal: true }).catch(fail));
    byId('export-svg').addEventListener('click', exportPicture);
    reading.catalogue().then((catalogue) => this.#showCatalogue(catalogue), fail);
  }

  /** Shows what runs, and which question can be exported. */
  show(overlay: OverlayView, question: number | undefined): void {
    if (overlay !== this.#shown) {
      this.#shown = overlay;
      this.#higher.checked = !overlay.literal;
      this.#bare.checked = overlay.literal;
      for (const rule of [this.#higher, this.#bare]) rule.disabled = overlay.cannot.rule !== undefined;
      this.#ground.value = overlay.ground;
      this.#overlay.value = overlay.name;
      const where = { sockets: 'on real sockets', virtual: 'in virtual time', attached: 'elsewhere' }[overlay.ground];
      byId('headline').textContent = `${overlay.name}: ${overlay.servents.length} servents, ${where}`;
      byId('overlay-about').textContent = overlay.about;
      for (const id of ['overlay', 'ground', 'run']) {
        byId<HTMLButtonElement>(id).disabled = overlay.cannot.overlay !== undefined;
        byId(id).title = overlay.cannot.overlay ?? '';
      }
      this.#showEntry();
    }
    if (question === this.#question) return;
    this.#question = question;
    for (const [id, path] of [
      ['export-json', 'trace.jsonl'],
      ['export-pcap', 'trace.pcap'],
    ] as const) {
      const link = byId<HTMLAnchorElement>(id);
      if (question === undefined) link.removeAttribute('href');
      else link.href = `${path}?question=${question}`;
      link.setAttribute('aria-disabled', String(question === undefined));
    }
  }

  #showCatalogue(catalogue: readonly CatalogueEntry[]): void {
    this.#catalogue = catalogue;
    this.#overlay.replaceChildren(...catalogue.map(({ name }) => make('option', {}, name)));
    if (this.#shown) this.#overlay.value = this.#shown.name;
    this.#showEntry();
  }

  #showEntry(): void {
    const entry = this.#catalogue.find(({ name }) => name === this.#overlay.value);
    this.#servents.disabled = entry?.sizes !== true;
    this.#servents.placeholder = entry ? String(entry.servents) : '';
    if (entry && entry.name !== this.#shown?.name) byId('overlay-about').textContent = entry.about;
  }
}
