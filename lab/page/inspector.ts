/** A servent's own panel: what can be tried with it and its links, its counters, drops and seen memory, and its pairs. */

import type { LinkView, OverlayView, PairsView, PanelView, ServentView } from '../view';
import { byId, fillTable, make } from './dom';
import { post, reading } from './server';
import { linksOf } from './state';

/** What it counts is read again so often, milliseconds. */
const READ_MS = 1000;

export class InspectorView {
  readonly #place = byId('inspected');
  readonly #fail: (error: unknown) => void;
  readonly #askAt: (servent: string) => void;
  #overlay: OverlayView | undefined;
  #chosen: string | undefined;
  readonly #controls = make('div');
  readonly #counters = make('table');
  readonly #pairs = make('div');

  constructor(fail: (error: unknown) => void, askAt: (servent: string) => void) {
    this.#fail = fail;
    this.#askAt = askAt;
    setInterval(() => this.#read().catch(() => {}), READ_MS);
  }

  show(overlay: OverlayView, chosen: string | undefined): void {
    const isOther = chosen !== this.#chosen;
    if (!isOther && overlay === this.#overlay) return;
    this.#overlay = overlay;
    this.#chosen = chosen;
    const servent = overlay.servents.find(({ name }) => name === chosen);
    byId('inspector-title').textContent = servent ? `Servent ${servent.name}` : 'Servent';
    if (!servent) return this.#place.replaceChildren(make('p', { class: 'dim' }, 'Choose a servent in the picture.'));
    this.#showControls(overlay, servent);
    if (!isOther) return;
    this.#pairs.replaceChildren(...this.#pairControls(overlay, servent.name));
    this.#place.replaceChildren(
      this.#controls,
      make('h3', {}, 'Counters'),
      this.#counters,
      make('h3', {}, 'Pairs'),
      this.#pairs,
    );
    this.#read().catch(this.#fail);
  }

  #showControls(overlay: OverlayView, { name, address, keys, up }: ServentView): void {
    const focused =
      this.#controls.contains(document.activeElement) && document.activeElement?.getAttribute('data-what');
    const rows = linksOf(overlay, name).map((link) => this.#linkRow(overlay, link, name));
    this.#controls.replaceChildren(
      make('p', { class: 'dim' }, `${address}, ${keys} keys, ${up ? 'up' : 'down'}`),
      make(
        'div',
        { class: 'row' },
        make('button', { click: () => this.#askAt(name) }, 'Ask here'),
        this.#button('up', up ? 'Take down' : 'Bring up', overlay.cannot.servent, 'servent', { name, up: !up }),
      ),
      make('h3', {}, 'Links'),
      rows.length === 0 ? make('p', { class: 'dim' }, 'It has none.') : make('ul', { class: 'links' }, ...rows),
      ...(overlay.cannot.loss && rows.length > 0
        ? [make('p', { class: 'dim' }, `No losses: ${overlay.cannot.loss}.`)]
        : []),
    );
    if (focused) this.#controls.querySelector<HTMLElement>(`[data-what="${CSS.escape(focused)}"]`)?.focus();
  }

  #linkRow({ cannot }: OverlayView, { from, to, up, oneWay, lossPercent }: LinkView, name: string): HTMLLIElement {
    const other = from === name ? to : from;
    const ways: [words: string, change: object][] = [
      ['both ways', { from, to, oneWay: false }],
      [`${name} to ${other} only`, { from: name, to: other, oneWay: true }],
      [`${other} to ${name} only`, { from: other, to: name, oneWay: true }],
    ];
    const now = !oneWay ? 0 : from === name ? 1 : 2;
    const way = make('select', {
      'aria-label': `Ways of the link to ${other}`,
      'data-what': `way ${other}`,
      disabled: cannot.link !== undefined || !up,
      change: () => this.#post('link', ways[way.selectedIndex]![1]),
    });
    way.append(...ways.map(([words], i) => make('option', { selected: i === now }, words)));
    const loss = make('input', {
      type: 'number',
      min: '0',
      max: '100',
      value: String(lossPercent),
      'aria-label': `Loss on the link to ${other}, percent`,
      'data-what': `loss ${other}`,
      disabled: cannot.loss !== undefined || !up,
      change: () => this.#post('link', { from, to, lossPercent: Number(loss.value) }),
    });
    return make(
      'li',
      {},
      make('span', { class: 'other' }, other),
      this.#button(
        `link ${other}`,
        up ? 'Cut' : 'Mend',
        cannot.link,
        'link',
        { from, to, up: !up },
        `the link to ${other}`,
      ),
      way,
      make('span', { class: 'loss' }, loss, ' % lost'),
    );
  }

  /** A button that has something done, or says why it cannot be. */
  #button(what: string, words: string, cannot: string | undefined, path: string, body: object, of = ''): HTMLElement {
    const click = (): void => this.#post(path, body);
    return make(
      'button',
      { click, disabled: cannot !== undefined, title: cannot ?? '', 'data-what': what },
      words,
      ...(of === '' ? [] : [make('span', { class: 'unseen' }, ` ${of}`)]),
    );
  }

  #pairControls(overlay: OverlayView, name: string): HTMLElement[] {
    const cannot = overlay.cannot.pair;
    if (cannot) return [make('p', { class: 'dim' }, `None are shown: ${cannot}.`)];
    const found = make('table', { class: 'pairs' });
    const pages = make('p', { class: 'row dim' });
    const search = make('input', { type: 'search', autocomplete: 'off', maxlength: '200' });
    const read = async (page: number): Promise<void> => {
      const view = await reading.pairs(name, search.value, page);
      if (name === this.#chosen) showPairs(view, found, pages, (other) => read(other).catch(this.#fail));
    };
    search.addEventListener('input', () => read(0).catch(this.#fail));
    read(0).catch(this.#fail);
    const key = make('input', { required: true, autocomplete: 'off' });
    const value = make('input', { required: true, autocomplete: 'off' });
    const form = make(
      'form',
      {
        submit: (event) => {
          event.preventDefault();
          const set = post('pair', { servent: name, key: key.value, value: value.value });
          set.then(() => read(0)).catch(this.#fail);
        },
      },
      make('label', {}, 'Key ', key),
      make('label', {}, 'Value ', value),
      make('button', { type: 'submit' }, 'Set'),
    );
    return [make('label', {}, 'Search ', search), found, pages, form];
  }

  async #read(): Promise<void> {
    const chosen = this.#chosen;
    if (chosen === undefined) return;
    const panel = await reading.panel(chosen);
    if (chosen === this.#chosen) fillTable(this.#counters, ['what', 'count'], countersOf(panel));
  }

  #post(path: string, body: object): void {
    post(path, body).catch(this.#fail);
  }
}

function countersOf({ counters, drops, seen }: PanelView): string[][] {
  return [
    ...counters.map(([name, count]) => [name, String(count)]),
    ...drops.map(([reason, count]) => [`dropped: ${reason}`, String(count)]),
    ['queries remembered as seen', String(seen)],
  ];
}

function showPairs(view: PairsView, table: HTMLTableElement, pages: HTMLElement, turn: (page: number) => void): void {
  fillTable(
    table,
    ['key', 'value'],
    view.pairs.map(([key, value]) => [key, value]),
  );
  pages.replaceChildren(
    make('button', { click: () => turn(view.page - 1), disabled: view.page === 0 }, 'Back'),
    ` ${view.total} pairs, page ${view.page + 1} of ${view.pages} `,
    make('button', { click: () => turn(view.page + 1), disabled: view.page + 1 >= view.pages }, 'On'),
  );
}
