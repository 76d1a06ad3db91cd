/** All that the page of a store knows, and how it changes: a reducer over what the server tells and what the person does. */

import type { MessageView, StoreEvent, StoreView } from '../store-view';

export interface StoreState {
  connected: boolean;
  store: StoreView | undefined;
  /** The latest last. Bounded by MESSAGES_MAX. */
  messages: readonly MessageView[];
  /** What happened, in words, the latest last. Bounded by EVENTS_MAX. */
  events: readonly string[];
  /** Index of the entry whose write is shown. */
  shown: number | undefined;
  /** Where its playback is: see `writeOf`. */
  beat: number;
  playing: boolean;
}

export type StoreAction =
  | { kind: 'connected'; connected: boolean }
  | { kind: 'heard'; events: readonly StoreEvent[] }
  | { kind: 'play'; playing: boolean }
  | { kind: 'seek'; beat: number }
  | { kind: 'passed'; seconds: number };

const MESSAGES_MAX = 400;
const EVENTS_MAX = 100;
/** A write is over: entries there, on disk and back, committed and told. */
export const LAST_BEAT = 3;
/** Beats a second. */
const SPEED = 0.9;

export const FIRST_STORE_STATE: StoreState = {
  connected: false,
  store: undefined,
  messages: [],
  events: [],
  shown: undefined,
  beat: 0,
  playing: false,
};

/** The state after an action. The same object where nothing changes. */
export function reduceStore(state: StoreState, action: StoreAction): StoreState {
  switch (action.kind) {
    case 'connected':
      return { ...state, connected: action.connected };
    case 'heard':
      return action.events.reduce(heardOne, state);
    case 'play':
      return { ...state, playing: action.playing, beat: action.playing && state.beat >= LAST_BEAT ? 0 : state.beat };
    case 'seek':
      return { ...state, playing: false, beat: Math.max(0, Math.min(LAST_BEAT, action.beat)) };
    case 'passed': {
      if (!state.playing) return state;
      const beat = Math.min(LAST_BEAT, state.beat + action.seconds * SPEED);
      return { ...state, beat, playing: beat < LAST_BEAT };
    }
  }
}

function heardOne(state: StoreState, event: StoreEvent): StoreState {
  switch (event.kind) {
    case 'store':
      return { ...state, store: event.store };
    case 'note':
      return withEvent(state, event.text);
    case 'message': {
      const { message } = event;
      const next = withEvent(state, wordsOfMessage(message));
      const messages = [...state.messages, message].slice(-MESSAGES_MAX);
      // A new write is shown at once, unless one is being shown.
      const begins = message.what === 'append' && message.index > (state.shown ?? 0) && !state.playing;
      return { ...next, messages, ...(begins ? { shown: message.index, beat: 0, playing: true } : {}) };
    }
  }
}

function withEvent(state: StoreState, words: string): StoreState {
  return { ...state, events: [...state.events, words].slice(-EVENTS_MAX) };
}

/** One message in words. */
export function wordsOfMessage({ from, to, what, first, index, atMs }: MessageView): string {
  const entries = first === index ? `entry ${index}` : `entries ${first} to ${index}`;
  const said = {
    append: `${entries}, for its disk`,
    ack: `all up to entry ${index} is on disk here`,
    commit: `all up to entry ${index} is committed`,
    lead: 'I lead; this is the last that we both have',
    changed: 'the configuration has changed',
    join: 'I would follow',
    snapshot: 'here is a state in the place of a log',
  }[what];
  return `${from} to ${to}: ${said} (${(atMs / 1000).toFixed(3)} s)`;
}

/** How one entry went to each follower and came back. */
export interface Write {
  leader: string;
  followers: readonly { name: string; acked: boolean; told: boolean }[];
}

/** The write of an entry, from the messages about it; undefined where none is known. */
export function writeOf(messages: readonly MessageView[], index: number): Write | undefined {
  const covers = (message: MessageView): boolean => message.first <= index && index <= message.index;
  const appends = messages.filter((message) => message.what === 'append' && covers(message));
  const leader = appends.at(-1)?.from;
  if (leader === undefined) return undefined;
  const names = [...new Set(appends.filter(({ from }) => from === leader).map(({ to }) => to))];
  const after = messages.filter(({ id }) => id > appends[0]!.id);
  const followers = names.map((name) => ({
    name,
    acked: after.some(({ what, from, index: upTo }) => what === 'ack' && from === name && upTo >= index),
    told: after.some(({ what, to, index: upTo }) => what === 'commit' && to === name && upTo >= index),
  }));
  return { leader, followers };
}
