/** All that the page knows, and how it changes: a reducer over what the server tells and what the person does. Touches no document. */

import type { LabEvent, LinkView, OverlayView, QuestionView } from '../view';
import { beatsOf, lastBeat, type TimedCopy } from './beats';

export interface State {
  connected: boolean;
  overlay: OverlayView | undefined;
  /** The latest last. Bounded by QUESTIONS_MAX. */
  questions: readonly QuestionView[];
  /** Number of the question shown. */
  shown: number | undefined;
  /** Where its playback is. */
  beat: number;
  playing: boolean;
  /** Beats a second. */
  speed: number;
  /** Name of the servent chosen in the picture. */
  chosen: string | undefined;
  /** What was done, the latest last. Bounded by NOTES_MAX. */
  notes: readonly string[];
}

export type Action =
  | { kind: 'connected'; connected: boolean }
  | { kind: 'heard'; events: readonly LabEvent[] }
  | { kind: 'show'; question: number }
  | { kind: 'play'; playing: boolean }
  | { kind: 'seek'; beat: number }
  | { kind: 'speed'; speed: number }
  /** So many seconds have passed. */
  | { kind: 'passed'; seconds: number }
  | { kind: 'choose'; servent: string | undefined };

const QUESTIONS_MAX = 20;
const NOTES_MAX = 50;

export const FIRST_STATE: State = {
  connected: false,
  overlay: undefined,
  questions: [],
  shown: undefined,
  beat: 0,
  playing: false,
  speed: 1,
  chosen: undefined,
  notes: [],
};

/** The state after an action. The same object where nothing changes. */
export function reduce(state: State, action: Action): State {
  switch (action.kind) {
    case 'connected':
      return { ...state, connected: action.connected };
    case 'heard':
      return heard(state, action.events);
    case 'show':
      return { ...state, shown: action.question, beat: 0, playing: true };
    case 'play':
      // From its end it plays from the beginning.
      return {
        ...state,
        playing: action.playing,
        beat: action.playing && state.beat >= lastOf(state) ? 0 : state.beat,
      };
    case 'seek':
      return { ...state, playing: false, beat: clamp(action.beat, 0, lastOf(state)) };
    case 'speed':
      return { ...state, speed: action.speed };
    case 'passed':
      return passed(state, action.seconds);
    case 'choose':
      return { ...state, chosen: action.servent };
  }
}

/** The question shown. */
export function shownOf({ questions, shown }: State): QuestionView | undefined {
  return questions.find(({ id }) => id === shown);
}

/** Reckoned once for each list of datagrams. */
const reckoned = new WeakMap<readonly unknown[], TimedCopy[]>();

/** The datagrams of the question shown, by beats. */
export function timedOf(state: State): readonly TimedCopy[] {
  const question = shownOf(state);
  if (!question) return [];
  const known = reckoned.get(question.copies);
  if (known) return known;
  const timed = beatsOf(question.copies);
  reckoned.set(question.copies, timed);
  return timed;
}

/** The links of a servent. */
export function linksOf({ links }: OverlayView, name: string): LinkView[] {
  return links.filter(({ from, to }) => from === name || to === name);
}

function lastOf(state: State): number {
  return lastBeat(timedOf(state));
}

function passed(state: State, seconds: number): State {
  if (!state.playing) return state;
  const last = lastOf(state);
  const beat = Math.min(state.beat + seconds * state.speed, last);
  // Before its end is known there may be more to come.
  const playing = beat < last || (shownOf(state)?.end === null && shownOf(state)?.own === true);
  return beat === state.beat && playing ? state : { ...state, beat, playing };
}

/** A flood tells of thousands of datagrams: those that follow one another are taken in at once. */
function heard(state: State, events: readonly LabEvent[]): State {
  let next = state;
  for (let i = 0; i < events.length; ) {
    const event = events[i++]!;
    if (event.kind !== 'copy') {
      next = heardOne(next, event);
      continue;
    }
    const copies = new Map([[event.copy.id, event.copy]]);
    for (let other = events[i]; other?.kind === 'copy' && other.question === event.question; other = events[++i]) {
      copies.set(other.copy.id, other.copy);
    }
    next = withQuestion(next, event.question, (known) => ({
      ...known,
      copies: [...known.copies.filter(({ id }) => !copies.has(id)), ...copies.values()],
    }));
  }
  return next;
}

function heardOne(state: State, event: Exclude<LabEvent, { kind: 'copy' }>): State {
  switch (event.kind) {
    case 'overlay': {
      const { overlay } = event;
      const chosen = overlay.servents.some(({ name }) => name === state.chosen) ? state.chosen : undefined;
      return { ...state, overlay, chosen };
    }
    case 'questions': {
      const shown = event.questions.at(-1)?.id;
      return { ...state, questions: event.questions, shown, beat: 0, playing: false };
    }
    case 'asked': {
      const questions = [...state.questions, event.question].slice(-QUESTIONS_MAX);
      return { ...state, questions, shown: event.question.id, beat: 0, playing: true };
    }
    case 'answer':
      return withQuestion(state, event.question, (known) => ({ ...known, answers: [...known.answers, event.answer] }));
    case 'ended':
      return withQuestion(state, event.question, (known) => ({ ...known, end: event.end }));
    case 'note':
      return { ...state, notes: [...state.notes, event.text].slice(-NOTES_MAX) };
  }
}

function withQuestion(state: State, id: number, change: (known: QuestionView) => QuestionView): State {
  return { ...state, questions: state.questions.map((known) => (known.id === id ? change(known) : known)) };
}

function clamp(value: number, min: number, max: number): number {
  return Math.max(min, Math.min(max, value));
}
