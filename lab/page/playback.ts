/** Playback: play, pause, a hop back or on, slower or faster. Where motion is not wanted, it goes from hop to hop. */

import { lastBeat } from './beats';
import { byId } from './dom';
import type { Scene } from './scene';
import { type Action, type State, shownOf, timedOf } from './state';

export class PlaybackView {
  readonly #play = byId<HTMLButtonElement>('play');
  readonly #position = byId<HTMLInputElement>('position');
  readonly #caption = byId('caption');

  constructor(act: (action: Action) => void, stateNow: () => State) {
    byId('again').addEventListener('click', () => act({ kind: 'seek', beat: 0 }));
    byId('back').addEventListener('click', () => act({ kind: 'seek', beat: Math.ceil(stateNow().beat) - 1 }));
    byId('forth').addEventListener('click', () => act({ kind: 'seek', beat: Math.floor(stateNow().beat) + 1 }));
    this.#play.addEventListener('click', () => act({ kind: 'play', playing: !stateNow().playing }));
    this.#position.addEventListener('input', () => act({ kind: 'seek', beat: Number(this.#position.value) }));
    const speed = byId<HTMLInputElement>('speed');
    speed.addEventListener('input', () => act({ kind: 'speed', speed: 2 ** Number(speed.value) }));
  }

  show(state: State, scene: Scene): void {
    const last = lastBeat(timedOf(state));
    write(this.#play, state.playing ? 'Pause' : 'Play');
    this.#position.max = String(last);
    this.#position.value = String(state.beat);
    const question = shownOf(state);
    const under = scene.moving.length;
    write(
      this.#caption,
      question
        ? `“${question.key}” at ${question.contact}: hop ${Math.floor(state.beat)} of ${last}, ${scene.marks.size} heard, ${scene.answered.size} answered${under > 0 ? `, ${under} under way` : ''}`
        : 'Ask for a key, here or with any client, and watch it run through the overlay.',
    );
  }
}

/** Leaves alone what says so already: this is done many times a second. */
function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
