/** What the page of an overlay is told: types alone, of the server and the page alike. All text is safe to show as it is. */

/** Where the servents run. */
export type GroundKind =
  /** In this process, each on a socket of loopback. */
  | 'sockets'
  /** In the simulator's virtual time. */
  | 'virtual'
  /** Elsewhere: each tells over HTTP what it knows. */
  | 'attached';

/** What can be tried. */
export type Trial = 'servent' | 'link' | 'loss' | 'pair' | 'rule' | 'overlay' | 'ground' | 'flood';

export interface ServentView {
  name: string;
  /** `ip:port`. */
  address: string;
  keys: number;
  up: boolean;
  /** To the right and downwards; neighbours stand about 1 apart. */
  x: number;
  y: number;
}

export interface LinkView {
  from: string;
  to: string;
  up: boolean;
  /** Only `from` knows `to`. */
  oneWay: boolean;
  lossPercent: number;
  /** One way, milliseconds; null where nothing is said of it. */
  delayMs: number | null;
}

export interface OverlayView {
  name: string;
  about: string;
  ground: GroundKind;
  /** The protocol's bare rule, without the rule of the higher ttl. */
  literal: boolean;
  servents: readonly ServentView[];
  links: readonly LinkView[];
  /** What cannot be done here, and why. */
  cannot: Partial<Record<Trial, string>>;
}

/** What a datagram was to whom it was sent. */
export type Fate =
  /** The first of its flood that its receiver heard. */
  | 'first'
  /** A later one with more hops left than any before: it went on. */
  | 'higher'
  /** A later one that was dropped. */
  | 'duplicate'
  /** It never came; `reason` may say why. */
  | 'lost'
  /** Heard and dropped for another reason than being a copy, which `reason` names. */
  | 'dropped'
  /** A RESPONSE or a CLIREQ that came. */
  | 'came';

/** One datagram. */
export interface Copy {
  /** From 0, in the order in which they were sent. */
  id: number;
  /** The datagram that its sender heard when it sent this; null for a client's. */
  cause: number | null;
  message: 'CLIREQ' | 'QUERY' | 'RESPONSE';
  /** Names of servents, `client`, or an address of somebody else. */
  from: string;
  to: string;
  /** Hops left, of a QUERY. */
  ttl: number | null;
  /** Milliseconds since the question. */
  sentMs: number;
  /** Null for what is lost, and where nobody saw it come. */
  arrivedMs: number | null;
  fate: Fate;
  reason: string | null;
  bytes: number;
}

/** An answer as the client shows it. */
export interface AnswerView {
  from: string;
  value: string;
  ms: number;
}

/** How a question ended. */
export interface EndView {
  /** In the client's words. */
  words: string;
  ms: number;
}

export interface QuestionView {
  /** From 1. */
  id: number;
  key: string;
  /** Name of the servent asked. */
  contact: string;
  /** Asked from the page; else by somebody else's client. */
  own: boolean;
  /** In the order in which it was known what became of them. */
  copies: readonly Copy[];
  answers: readonly AnswerView[];
  /** Null while it is open, and for somebody else's. */
  end: EndView | null;
}

/** What the page hears, one after another. */
export type LabEvent =
  /** First, and after each change: the overlay whole. */
  | { kind: 'overlay'; overlay: OverlayView }
  /** First: the latest questions. None that went before counts any more. */
  | { kind: 'questions'; questions: readonly QuestionView[] }
  | { kind: 'asked'; question: QuestionView }
  | { kind: 'copy'; question: number; copy: Copy }
  | { kind: 'answer'; question: number; answer: AnswerView }
  | { kind: 'ended'; question: number; end: EndView }
  /** Something that was done, in words. */
  | { kind: 'note'; text: string };

/** What a servent says of itself. */
export interface PanelView {
  name: string;
  up: boolean;
  /** Queries remembered as seen. */
  seen: number;
  counters: readonly (readonly [name: string, count: number])[];
  /** Those that are not 0. */
  drops: readonly (readonly [reason: string, count: number])[];
}

/** A page of a servent's pairs. */
export interface PairsView {
  /** Pairs that match. */
  total: number;
  /** From 0. */
  page: number;
  pages: number;
  pairs: readonly (readonly [key: string, value: string])[];
}

/** An overlay that can be picked. */
export interface CatalogueEntry {
  name: string;
  about: string;
  servents: number;
  /** It can be made in other sizes. */
  sizes: boolean;
}
