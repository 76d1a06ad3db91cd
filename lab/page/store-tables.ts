/** The replicas as a table with what can befall each, the links that can be cut, and the logs side by side. */

import type { ProcessState, ReplicaView, StoreView } from '../store-view';
import { byId, make } from './dom';
import { post } from './server';

type Befalls = 'kill' | 'pause' | 'wake' | 'start';

/** What can befall a replica, and in which state. */
const BEFALLS: readonly [what: Befalls, words: string, states: readonly ProcessState[]][] = [
  ['kill', 'Kill', ['running', 'paused', 'starting']],
  ['pause', 'Pause', ['running']],
  ['wake', 'Wake', ['paused']],
  ['start', 'Start', ['ended']],
];

const HEADINGS = ['replica', 'role', 'epoch', 'entry', 'lag', 'in sync', 'address', 'try'];

export class StoreTables {
  readonly #fail: (error: unknown) => void;
  #store: StoreView | undefined;

  constructor(fail: (error: unknown) => void) {
    this.#fail = fail;
    byId('add').addEventListener('click', () => this.#do('add', {}));
  }

  show(store: StoreView): void {
    if (store === this.#store) return;
    this.#store = store;
    const focused = (document.activeElement as HTMLElement | null)?.dataset['what'];
    byId('replicas').replaceChildren(
      make('thead', {}, make('tr', {}, ...HEADINGS.map((heading) => make('th', { scope: 'col' }, heading)))),
      make('tbody', {}, ...store.replicas.map((replica) => this.#row(replica))),
    );
    byId('links').replaceChildren(...this.#links(store));
    byId('logs').replaceChildren(...store.replicas.map(logOf));
    for (const log of document.querySelectorAll('.log')) log.scrollTop = log.scrollHeight;
    // What was made anew has lost the focus.
    if (focused) document.querySelector<HTMLElement>(`[data-what="${CSS.escape(focused)}"]`)?.focus();
  }

  #row({ name, address, process, status, inSync, pid }: ReplicaView): HTMLTableRowElement {
    const role = process === 'running' ? (status?.role ?? 'says nothing') : process;
    const cells = [
      role,
      status?.epoch ?? '',
      status?.position ?? '',
      status?.lag ?? '',
      inSync ? 'yes' : 'no',
      address,
    ];
    const buttons = BEFALLS.map(([what, words, states]) => {
      const can = states.includes(process);
      const title = can ? `process ${pid}` : `${name} is ${process}`;
      const click = (): void => this.#do('befall', { name, what });
      const label = make('span', { class: 'unseen' }, ` ${name}`);
      return make(
        'button',
        { type: 'button', click, disabled: !can, title, 'data-what': `${what} ${name}` },
        words,
        label,
      );
    });
    return make(
      'tr',
      { 'data-replica': name, 'data-role': role },
      make('th', { scope: 'row' }, name),
      ...cells.map((cell) => make('td', {}, String(cell))),
      make('td', {}, make('span', { class: 'row tight' }, ...buttons)),
    );
  }

  #links({ replicas, cuts }: StoreView): HTMLLIElement[] {
    return replicas.flatMap(({ name: one }, i) =>
      replicas.slice(i + 1).map(({ name: other }) => {
        const isCut = cuts.some((pair) => pair.includes(one) && pair.includes(other));
        const click = (): void => this.#do('cut', { one, other, cut: !isCut });
        const label = make('span', { class: 'unseen' }, ` the link ${one} - ${other}`);
        const button = make(
          'button',
          { type: 'button', click, 'data-what': `cut ${one} ${other}` },
          isCut ? 'Mend' : 'Cut',
          label,
        );
        return make('li', {}, make('span', { class: 'other' }, `${one} – ${other}${isCut ? ': cut' : ''}`), button);
      }),
    );
  }

  #do(path: string, body: object): void {
    post(path, body).catch(this.#fail);
  }
}

function logOf({ name, log }: ReplicaView): HTMLElement {
  const lines = log.length > 0 ? log.map((line) => make('li', {}, line)) : [make('li', {}, 'nothing yet')];
  return make(
    'section',
    { 'aria-label': `Log of ${name}` },
    make('h3', {}, name),
    make('ol', { class: 'log', tabindex: '0', 'aria-label': `Last lines of the log of ${name}` }, ...lines),
  );
}
