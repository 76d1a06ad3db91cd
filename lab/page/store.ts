/** The page of a store: hears the server and the person, keeps one state, and shows it once a frame where it has changed. */

import type { DoneView, StoreEvent } from '../store-view';
import { byId, make } from './dom';
import { failing } from './failing';
import { listen, post } from './server';
import { StorePicture } from './store-picture';
import { FIRST_STORE_STATE, LAST_BEAT, reduceStore, type StoreAction, type StoreState, writeOf } from './store-state';
import { StoreTables } from './store-tables';

let state: StoreState = FIRST_STORE_STATE;
let shown: StoreState | undefined;
let shownAt: number | undefined;
const calm = matchMedia('(prefers-reduced-motion: reduce)');

const fail = failing();
const picture = new StorePicture(() => (shown = undefined));
const tables = new StoreTables(fail);

listen<StoreEvent>(
  (events) => act({ kind: 'heard', events }),
  (connected) => act({ kind: 'connected', connected }),
);
byId('again').addEventListener('click', () => act({ kind: 'seek', beat: 0 }));
byId('back').addEventListener('click', () => act({ kind: 'seek', beat: Math.ceil(state.beat) - 1 }));
byId('forth').addEventListener('click', () => act({ kind: 'seek', beat: Math.floor(state.beat) + 1 }));
byId('play').addEventListener('click', () => act({ kind: 'play', playing: !state.playing }));
const position = byId<HTMLInputElement>('position');
position.addEventListener('input', () => act({ kind: 'seek', beat: Number(position.value) }));
onSubmit('insert', async (document) => {
  byId('inserted').textContent = 'Waiting until it is acknowledged …';
  const done = await post<DoneView>('insert', { document });
  byId('inserted').textContent = 'inserted' in done ? `Acknowledged: ${done.inserted}` : '';
});
onSubmit('search', async (query) => {
  const done = await post<DoneView>('search', { query });
  const found = 'found' in done ? done.found : [];
  const lines = found.length > 0 ? found : ['Nothing was found.'];
  byId('found').replaceChildren(...lines.map((line) => make('li', {}, line)));
});
requestAnimationFrame(frame);

function act(action: StoreAction): void {
  state = reduceStore(state, action);
}

function frame(atMs: number): void {
  requestAnimationFrame(frame);
  act({ kind: 'passed', seconds: shownAt === undefined ? 0 : (atMs - shownAt) / 1000 });
  shownAt = atMs;
  if (state !== shown) show();
}

function show(): void {
  const before = shown;
  shown = state;
  const { store, connected, messages, events, shown: index, beat, playing } = state;
  const words = connected ? '' : 'The lab is not there. Trying again …';
  if (byId('connection').textContent !== words) byId('connection').textContent = words;
  if (!store) return;
  const shownWrite = index === undefined ? undefined : writeOf(messages, index);
  picture.show(store, shownWrite, calm.matches ? Math.floor(beat) + (playing ? 0.5 : 0) : beat);
  tables.show(store);
  position.value = String(beat);
  write('play', playing ? 'Pause' : 'Play');
  write(
    'caption',
    index === undefined ? 'Insert a document, and watch it go to every replica and back.' : captionOf(index, beat),
  );
  const leader = store.replicas.find(({ status }) => status?.role === 'leader');
  write('headline', leader ? `${leader.name} leads epoch ${leader.status!.epoch}` : 'Nobody leads');
  const { acknowledged, missing, looked } = store.check;
  const verdict =
    missing.length > 0
      ? `Missing: ${missing.join(', ')}`
      : looked === 0
        ? 'not looked yet'
        : `all there, looked ${looked} times`;
  write('check', acknowledged === 0 ? 'Nothing was inserted here yet.' : `${acknowledged} acknowledged: ${verdict}`);
  byId('check-card').classList.toggle('bad', missing.length > 0);
  if (events !== before?.events)
    byId('events').replaceChildren(...[...events].reverse().map((event) => make('li', {}, event)));
}

/** Leaves alone what says so already: this is done many times a second. */
function write(id: string, text: string): void {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

function captionOf(index: number, beat: number): string {
  const stage = ['the leader sends it', 'on the disks: the followers confirm', 'committed: the followers are told'];
  return `Entry ${index}: ${beat >= LAST_BEAT ? 'done' : stage[Math.floor(beat)]}`;
}

function onSubmit(id: string, submit: (text: string) => Promise<void>): void {
  byId(`${id}-form`).addEventListener('submit', (event) => {
    event.preventDefault();
    submit(byId<HTMLInputElement>(id).value).catch(fail);
  });
}
