/**
 * Follows questions through an overlay by what its observers see: which datagram caused which, what each was to its receiver,
 * what it cost. Reads no clock; whoever calls says the time. The page is told as it goes.
 */

import type { DropReason } from '../../servent/outbox';
import { type Endpoint, endpointOf, formatEndpoint } from '../../shared/endpoint';
import { escapeBytes } from '../../shared/escape';
import { encodeClireq } from '../../shared/wire/overlay/clireq';
import { decode } from '../../shared/wire/overlay/message';
import { WireError } from '../../shared/wire/wire-error';
import type { AnswerView, Copy, EndView, Fate, LabEvent, QuestionView } from '../view';

/** Questions kept; the oldest goes first. */
const QUESTIONS_MAX = 20;
/** Copies kept of a question: a flood in 5,000 servents of 10 neighbours sends no more. */
const COPIES_MAX = 50_000;
/** The same client may ask for the same key again: after so long it is another question, milliseconds. */
const QUESTION_MS = 10_000;
/** Of a client whose question nobody heard: loopback, without a port. */
const UNKNOWN_CLIENT: Endpoint = endpointOf(0x7f00_0001, 0);

/** A copy, with what is needed to write it into a capture. */
export interface RecordedCopy {
  copy: Copy;
  source: Endpoint;
  destination: Endpoint;
  datagram: Uint8Array;
  /** Does the page know it? */
  told: boolean;
}

/** A question, and all that is known of it. */
export interface RecordedQuestion {
  view: QuestionView & { copies: Copy[]; answers: AnswerView[] };
  /** Bounded by COPIES_MAX. */
  recorded: RecordedCopy[];
  startMs: number;
  /** Undefined until the contact has heard it. */
  client: Endpoint | undefined;
  contact: Endpoint;
  /** Its bytes as latin1. */
  key: string;
  lastMs: number;
  sent: number;
  /** On their way, by way and content. Bounded by what was sent and has not come. */
  underWay: Map<string, RecordedCopy[]>;
  /** Who has heard each flood of the contact's, by sequence number: there is one for each CLIREQ it heard. */
  heard: Map<number, Set<string>>;
}

/** What a servent is hearing. */
interface Hearing {
  question: RecordedQuestion;
  at: string;
  record: RecordedCopy;
  sequence: number | undefined;
  nowMs: number;
}

export class FloodRecorder {
  readonly #nameOf: (endpoint: Endpoint) => string | undefined;
  readonly #tell: (event: LabEvent) => void;
  readonly #sees: boolean;
  /** Bounded by QUESTIONS_MAX. */
  #questions: RecordedQuestion[] = [];
  #last = 0;
  /** Undefined for what belongs to no question. */
  #hearing: Hearing | undefined;

  /**
   * @param nameOf gives the name of the servent at an endpoint
   * @param sees whether anybody tells what the servents hear; else only answers are known
   */
  constructor(nameOf: (endpoint: Endpoint) => string | undefined, tell: (event: LabEvent) => void, sees = true) {
    this.#nameOf = nameOf;
    this.#tell = tell;
    this.#sees = sees;
  }

  get questions(): readonly RecordedQuestion[] {
    return this.#questions;
  }

  questionOf(id: number): RecordedQuestion | undefined {
    return this.#questions.find(({ view }) => view.id === id);
  }

  /** The page asks the servent `contact` at the endpoint `at`; gives the question's number. */
  ask(key: Uint8Array, contact: string, at: Endpoint, nowMs: number): number {
    return this.#open(key, contact, at, true, nowMs, undefined).view.id;
  }

  /** A client shows an answer. */
  answer(id: number, answer: AnswerView): void {
    const question = this.questionOf(id);
    if (!question) return;
    question.view.answers.push(answer);
    this.#tell({ kind: 'answer', question: id, answer });
  }

  /** The client has stopped asking: what has not come by now is lost. */
  end(id: number, end: EndView): void {
    const question = this.questionOf(id);
    if (!question) return;
    const { key, client = UNKNOWN_CLIENT, contact, startMs, view } = question;
    const unheard = [...question.underWay.values()].flat();
    if (this.#sees && view.copies.length === 0) {
      const clireq = encodeClireq({ text: Buffer.from(key, 'latin1') });
      unheard.push(this.#record(question, 'CLIREQ', clireq, client, contact, null, null, startMs));
    }
    for (const record of unheard) this.#settle(question, record, 'lost', 'nobody heard it', null);
    question.underWay.clear();
    question.view.end = end;
    this.#tell({ kind: 'ended', question: id, end });
  }

  /** A servent hears a datagram. */
  received(at: string, datagram: Uint8Array, from: Endpoint, own: Endpoint, nowMs: number): void {
    this.#hearing = undefined;
    const message = messageOf(datagram);
    if (message?.type === 'CLIREQ') {
      const question = this.#questionAsked(message.key, at, own, from, nowMs);
      const record =
        take(question, wayOf(from, own, 'CLIREQ', 0)) ??
        this.#record(question, 'CLIREQ', datagram, from, own, null, null, nowMs);
      this.#hearing = { question, at, record, sequence: undefined, nowMs };
    } else if (message?.type === 'QUERY') {
      const { client, sequence, ttl } = message;
      const question =
        this.#questionBy(client, message.key, nowMs) ?? this.#open(message.key, at, own, false, nowMs, client);
      const record =
        take(question, wayOf(from, own, String(sequence), ttl)) ??
        this.#record(question, 'QUERY', datagram, from, own, null, ttl, nowMs);
      this.#hearing = { question, at, record, sequence, nowMs };
    }
  }

  /** It sends a QUERY because of what it hears. */
  forwarded(query: Uint8Array, own: Endpoint, neighbour: Endpoint): void {
    const { question, record: cause, sequence: heard, at, nowMs } = this.#hearing ?? {};
    const message = messageOf(query);
    if (!question || message?.type !== 'QUERY') return;
    const { sequence, ttl } = message;
    // What a contact floods it need not hear.
    if (heard === undefined) heardOf(question, sequence).add(at!);
    const record = this.#record(question, 'QUERY', query, own, neighbour, cause!.copy.id, ttl, nowMs!);
    put(question, wayOf(own, neighbour, String(sequence), ttl), record);
  }

  /** It answers what it hears. */
  answered(response: Uint8Array, own: Endpoint, client: Endpoint): void {
    const { question, record: cause, nowMs } = this.#hearing ?? {};
    if (!question) return;
    const record = this.#record(question, 'RESPONSE', response, own, client, cause!.copy.id, null, nowMs!);
    // The client is watched by nobody: it shows the answer, or not.
    this.#settle(question, record, 'came', null, null);
  }

  /** What it hears it drops. */
  dropped(reason: DropReason): void {
    const { question, record, sequence, at, nowMs } = this.#hearing ?? {};
    if (!question) return;
    if (reason === 'seen') this.#settle(question, record!, 'duplicate', null, nowMs!);
    else if (sequence !== undefined && (reason === 'expired' || reason === 'no-neighbour')) {
      // Its way ends here, as it should.
      this.#settle(question, record!, this.#rank(question, sequence, at!), reason, nowMs!);
    } else this.#settle(question, record!, 'dropped', reason, nowMs!);
  }

  /** What it hears it answers, passes on, or both. */
  handled(): void {
    const { question, record, sequence, at, nowMs } = this.#hearing ?? {};
    if (!question) return;
    const fate = sequence === undefined ? 'came' : this.#rank(question, sequence, at!);
    this.#settle(question, record!, fate, null, nowMs!);
  }

  /** A datagram is known never to come. */
  lost(reason: string, datagram: Uint8Array, from: Endpoint, to: Endpoint): void {
    const message = messageOf(datagram);
    if (message?.type === 'QUERY') {
      const question = this.#questions.findLast(({ client }) => client === message.client);
      const record = question && take(question, wayOf(from, to, String(message.sequence), message.ttl));
      if (question && record) this.#settle(question, record, 'lost', reason, null);
    } else if (message?.type === 'RESPONSE') {
      const question = this.#questions.findLast(({ client }) => client === to);
      const record = question?.recorded.findLast(({ source, copy }) => source === from && copy.message === 'RESPONSE');
      if (question && record) this.#settle(question, record, 'lost', reason, null);
    }
  }

  #open(
    key: Uint8Array,
    contact: string,
    at: Endpoint,
    own: boolean,
    nowMs: number,
    client: Endpoint | undefined,
  ): RecordedQuestion {
    const view = { id: ++this.#last, key: escapeBytes(key), contact, own, copies: [], answers: [], end: null };
    const question: RecordedQuestion = {
      view,
      recorded: [],
      startMs: nowMs,
      client,
      contact: at,
      key: Buffer.from(key).toString('latin1'),
      lastMs: nowMs,
      sent: 0,
      underWay: new Map(),
      heard: new Map(),
    };
    this.#questions = [...this.#questions, question].slice(-QUESTIONS_MAX);
    // What comes of it is told as it comes.
    this.#tell({ kind: 'asked', question: { ...view, copies: [], answers: [] } });
    return question;
  }

  /** The question that a CLIREQ asks: the page's, if it has asked so there, or somebody else's. */
  #questionAsked(key: Uint8Array, contact: string, at: Endpoint, client: Endpoint, nowMs: number): RecordedQuestion {
    const known = this.#questionBy(client, key, nowMs);
    if (known) return known;
    const text = Buffer.from(key).toString('latin1');
    const own = this.#questions.find(
      (question) =>
        question.view.own &&
        question.client === undefined &&
        question.view.end === null &&
        question.key === text &&
        question.view.contact === contact,
    );
    if (!own) return this.#open(key, contact, at, false, nowMs, client);
    own.client = client;
    return own;
  }

  #questionBy(client: Endpoint, key: Uint8Array, nowMs: number): RecordedQuestion | undefined {
    const text = Buffer.from(key).toString('latin1');
    const found = this.#questions.findLast(
      (question) => question.client === client && question.key === text && question.view.end === null,
    );
    if (!found || nowMs - found.lastMs > QUESTION_MS) return undefined;
    found.lastMs = nowMs;
    return found;
  }

  #record(
    question: RecordedQuestion,
    message: Copy['message'],
    datagram: Uint8Array,
    source: Endpoint,
    destination: Endpoint,
    cause: number | null,
    ttl: number | null,
    nowMs: number,
  ): RecordedCopy {
    const from = message === 'CLIREQ' ? 'client' : (this.#nameOf(source) ?? formatEndpoint(source));
    const to = message === 'RESPONSE' ? 'client' : (this.#nameOf(destination) ?? formatEndpoint(destination));
    const copy: Copy = {
      id: question.sent++,
      cause,
      message,
      from,
      to,
      ttl,
      sentMs: since(question, nowMs),
      arrivedMs: null,
      fate: 'came',
      reason: null,
      bytes: datagram.length,
    };
    return { copy, source, destination, datagram: Buffer.from(datagram), told: false };
  }

  /** It is known what became of a datagram: the page is told. */
  #settle(
    question: RecordedQuestion,
    record: RecordedCopy,
    fate: Fate,
    reason: string | null,
    nowMs: number | null,
  ): void {
    Object.assign(record.copy, { fate, reason, arrivedMs: nowMs === null ? null : since(question, nowMs) });
    if (!record.told) {
      if (question.recorded.length >= COPIES_MAX) return;
      record.told = true;
      question.recorded.push(record);
      question.view.copies.push(record.copy);
    }
    this.#tell({ kind: 'copy', question: question.view.id, copy: { ...record.copy } });
  }

  #rank(question: RecordedQuestion, sequence: number, at: string): Fate {
    const heard = heardOf(question, sequence);
    const fate = heard.has(at) ? 'higher' : 'first';
    heard.add(at);
    return fate;
  }
}

function heardOf(question: RecordedQuestion, sequence: number): Set<string> {
  const heard = question.heard.get(sequence) ?? new Set();
  question.heard.set(sequence, heard);
  return heard;
}

function messageOf(datagram: Uint8Array): ReturnType<typeof decode> | undefined {
  try {
    return decode(datagram);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return undefined;
  }
}

function wayOf(from: Endpoint, to: Endpoint, flood: string, ttl: number): string {
  return `${from} ${to} ${flood} ${ttl}`;
}

function put({ underWay }: RecordedQuestion, way: string, record: RecordedCopy): void {
  const waiting = underWay.get(way);
  if (waiting) waiting.push(record);
  else underWay.set(way, [record]);
}

function take({ underWay }: RecordedQuestion, way: string): RecordedCopy | undefined {
  const waiting = underWay.get(way);
  const record = waiting?.shift();
  if (waiting?.length === 0) underWay.delete(way);
  return record;
}

/** Thousandths of a millisecond are enough to read. */
function since({ startMs }: RecordedQuestion, nowMs: number): number {
  return Math.round((nowMs - startMs) * 1000) / 1000;
}
