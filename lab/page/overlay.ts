/** The page of an overlay: hears the server and the person, keeps one state, and shows it once a frame where it has changed. */

import type { LabEvent } from '../view';
import { AskView } from './ask';
import { ChoiceView } from './choice';
import { byId } from './dom';
import { failing } from './failing';
import { FloodCanvas } from './flood-canvas';
import { GraphView } from './graph';
import { InspectorView } from './inspector';
import { PlaybackView } from './playback';
import { sceneAt } from './scene';
import { listen } from './server';
import { type Action, FIRST_STATE, reduce, type State, shownOf, timedOf } from './state';
import { TimelineView } from './timeline';

let state: State = FIRST_STATE;
let shown: State | undefined;
let shownAt: number | undefined;
const calm = matchMedia('(prefers-reduced-motion: reduce)');

const fail = failing();
const graph = new GraphView(
  (chosen) => act({ kind: 'choose', servent: chosen }),
  () => (shown = undefined),
);
const flood = new FloodCanvas(graph);
const ask = new AskView(fail);
const inspector = new InspectorView(fail, (servent) => ask.askAt(servent));
const choice = new ChoiceView(fail);
const timeline = new TimelineView((question) => act({ kind: 'show', question }));
const playback = new PlaybackView(act, () => state);

listen<LabEvent>(
  (events) => act({ kind: 'heard', events }),
  (connected) => act({ kind: 'connected', connected }),
);
requestAnimationFrame(frame);

function act(action: Action): void {
  state = reduce(state, action);
}

function frame(atMs: number): void {
  requestAnimationFrame(frame);
  const seconds = shownAt === undefined ? 0 : (atMs - shownAt) / 1000;
  shownAt = atMs;
  act({ kind: 'passed', seconds });
  if (state !== shown) show();
}

function show(): void {
  shown = state;
  const { overlay, connected, questions, notes, chosen } = state;
  const words = connected ? '' : 'The lab is not there. Trying again …';
  if (byId('connection').textContent !== words) byId('connection').textContent = words;
  if (!overlay) return;
  const question = shownOf(state);
  const timed = timedOf(state);
  // Without motion a datagram is there, or not yet.
  const scene = sceneAt(timed, calm.matches ? Math.floor(state.beat) : state.beat);
  graph.show(overlay, chosen);
  graph.mark(scene);
  flood.draw(scene, question?.contact);
  ask.show(overlay, question);
  inspector.show(overlay, chosen);
  choice.show(overlay, question?.id);
  timeline.show(overlay, questions, question, timed, notes);
  playback.show(state, scene);
}
