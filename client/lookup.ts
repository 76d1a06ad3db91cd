/** One question over a socket of its own: gives the core the datagrams and the time, and its answers to whoever iterates. */

import { type Endpoint, formatEndpoint } from '../shared/endpoint';
import { OperatorError } from '../shared/errors';
import { formatPeer, type Peer, resolve } from '../shared/host-port';
import { openTransport } from '../shared/udp/open-transport';
import { RECEIVE_BUFFER_BYTES } from '../shared/udp/transport';
import { ClientCore, type ClientDropReason, type ClientOutbox, type CoreAnswer, type Summary } from './core';
import { type LookupOptions, parseQuestion, type Question } from './settings';
import { trace } from './trace';

/** An answer to a question. */
export interface Answer {
  /** The servent that answered, `ip:port`. */
  from: string;
  /** The bytes of the value. */
  value: Uint8Array;
  /** Milliseconds since the question. */
  ms: number;
}

/** How a question ended, and what came that was no answer to it. */
export interface LookupSummary extends Summary {
  /** Datagrams that were no answers, by reason. */
  dropped: Readonly<Partial<Record<ClientDropReason, number>>>;
}

/** What the system says of a contact that it cannot reach. Any other failure to send is not the contact's. */
const UNREACHABLE_CODES = /^(ECONNREFUSED|E(HOST|NET)(UNREACH|DOWN))$/;

/**
 * Asks a servent for a key and gives every answer as it comes (specification, section 5). The generator's return value is
 * the summary. Leaving the loop early frees the socket.
 * @param contact the servent to ask, `ip:port`, `name:port`, or its endpoint
 * @param key its bytes, or text that stands for its UTF-8 bytes; 1 to 65,505 bytes
 * @throws OperatorError `usage` for a contact that is none or an option out of its range, `host` for a name without an address,
 *   `unreachable` when the system says twice that the contact cannot be reached, `send` when it refuses to send;
 *   WireError `empty-key` or `too-long` for the key; the signal's reason
 */
export async function* lookup(
  contact: string | Peer,
  key: string | Uint8Array,
  options: LookupOptions = {},
): AsyncGenerator<Answer, LookupSummary> {
  const question = parseQuestion(contact, key, options);
  const summary = yield* answersTo(question);
  if (!summary.unreachable) return summary;
  const got = formatPeer(question.contact);
  throw new OperatorError(
    'unreachable',
    `expected a servent that can be reached, got ${got}: the system says twice that it cannot be`,
  );
}

/** As `lookup`, for a question that is checked; where the contact cannot be reached its summary says so. */
export async function* answersTo(asked: Question): AsyncGenerator<Answer, LookupSummary> {
  const { contact: peer, timeoutMs, signal, onUnreachable, ...question } = asked;
  signal?.throwIfAborted();
  const contact = await resolve(peer);
  const core = new ClientCore({ ...question, contact, waitMs: timeoutMs });
  const events = new AnswerQueue();
  const dropped: Partial<Record<ClientDropReason, number>> = {};
  // Answers come from anybody, so the socket that asks is connected to nobody. As a peer the contact has one beside it on the same
  // port, which hears when nobody listens. Where the transport has none for peers there is silence.
  const transport = await openTransport(
    'auto',
    { ip: 0, port: 0, receiveBufferBytes: RECEIVE_BUFFER_BYTES, peers: [contact] },
    {
      received(datagram, from, nowMs) {
        trace.received(datagram, from);
        core.receive(datagram, from, nowMs, outbox);
      },
      sendFailed(code) {
        trace.failed(code, contact);
        if (!UNREACHABLE_CODES.test(code)) return events.fail(sendError(code, contact));
        onUnreachable?.(code);
        core.unreachable(performance.now(), outbox);
      },
    },
  );
  let timer: NodeJS.Timeout | undefined;
  const outbox: ClientOutbox = {
    ask(clireq, servent) {
      trace.sent(clireq, servent);
      transport.send(clireq, servent);
    },
    wake(atMs) {
      clearTimeout(timer);
      // Timers round down; a millisecond early would only wake us twice.
      timer = setTimeout(() => core.wake(performance.now(), outbox), Math.ceil(atMs - performance.now()));
    },
    // The bytes are lent; who iterates comes for them later.
    answer: (answer) => events.push({ ...answer, value: Buffer.from(answer.value) }),
    drop(reason) {
      trace.dropped(reason);
      dropped[reason] = (dropped[reason] ?? 0) + 1;
    },
    done: (summary) => events.end({ ...summary, dropped }),
  };
  const abort = (): void => events.fail(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    core.ask(performance.now(), outbox);
    for (;;) {
      const event = await events.next();
      if ('answers' in event) return event;
      yield { from: formatEndpoint(event.from), value: event.value, ms: event.ms };
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    await transport.close();
  }
}

function sendError(code: string, to: Endpoint): OperatorError {
  return new OperatorError(
    'send',
    `expected a servent that can be reached, got ${formatEndpoint(to)}: ${code} when sending`,
  );
}

/** Answers on their way from the socket to whoever iterates. Bounded by what one question can bring in. */
class AnswerQueue {
  readonly #events: (CoreAnswer | LookupSummary)[] = [];
  #failure: { reason: unknown } | undefined;
  #notify: () => void = () => {};

  push(answer: CoreAnswer): void {
    this.#events.push(answer);
    this.#notify();
  }

  end(summary: LookupSummary): void {
    this.#events.push(summary);
    this.#notify();
  }

  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#notify();
  }

  /** The next event. @throws what `fail` was given, at once */
  async next(): Promise<CoreAnswer | LookupSummary> {
    for (;;) {
      if (this.#failure) throw this.#failure.reason;
      const event = this.#events.shift();
      if (event) return event;
      await new Promise<void>((notify) => (this.#notify = notify));
    }
  }
}
