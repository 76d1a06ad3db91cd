/** One question over a socket of its own: gives the core the datagrams and the time, and its answers to whoever iterates. */

import { type Endpoint, formatEndpoint } from '../shared/endpoint';
import { OperatorError } from '../shared/errors';
import { type Peer, resolve } from '../shared/host-port';
import { openDgramTransport } from '../shared/udp/dgram-transport';
import { RECEIVE_BUFFER_BYTES } from '../shared/udp/transport';
import { ClientCore, type ClientOutbox, type CoreAnswer, type Summary } from './core';
import { type LookupOptions, parseQuestion, type Question } from './settings';

/** An answer to a question. */
export interface Answer {
  /** The servent that answered, `ip:port`. */
  from: string;
  /** The bytes of the value. */
  value: Uint8Array;
  /** Milliseconds since the question. */
  ms: number;
}

/**
 * Asks a servent for a key and gives every answer as it comes (specification, section 5). The generator's return value is
 * the summary. Leaving the loop early frees the socket.
 * @param contact the servent to ask, `ip:port`, `name:port`, or its endpoint
 * @param key its bytes, or text that stands for its UTF-8 bytes; 1 to 65,505 bytes
 * @throws OperatorError `usage` for a contact that is none or an option out of its range, `host` for a name without an address, `send` when the system refuses to send;
 *   WireError `empty-key` or `too-long` for the key; the signal's reason
 */
export async function* lookup(
  contact: string | Peer,
  key: string | Uint8Array,
  options: LookupOptions = {},
): AsyncGenerator<Answer, Summary> {
  return yield* answersTo(parseQuestion(contact, key, options));
}

/** As `lookup`, for a question that is checked. */
export async function* answersTo(asked: Question): AsyncGenerator<Answer, Summary> {
  const { contact: peer, timeoutMs, signal, ...question } = asked;
  signal?.throwIfAborted();
  const core = new ClientCore({ ...question, contact: await resolve(peer), waitMs: timeoutMs });
  const events = new EventQueue();
  const transport = await openDgramTransport(
    { ip: 0, port: 0, receiveBufferBytes: RECEIVE_BUFFER_BYTES },
    {
      received: (datagram, from, nowMs) => core.receive(datagram, from, nowMs, outbox),
      sendFailed: (code, to) => events.fail(sendError(code, to)),
    },
  );
  let timer: NodeJS.Timeout | undefined;
  const outbox: ClientOutbox = {
    send: (bytes, to) => transport.send(bytes, to),
    wake(atMs) {
      clearTimeout(timer);
      // Timers round down; a millisecond early would only wake us twice.
      timer = setTimeout(() => core.wake(performance.now(), outbox), Math.ceil(atMs - performance.now()));
    },
    answer: (answer) => events.push(answer),
    drop: () => {},
    done: (summary) => events.end(summary),
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
class EventQueue {
  readonly #events: (CoreAnswer | Summary)[] = [];
  #failure: { reason: unknown } | undefined;
  #notify: () => void = () => {};

  push(answer: CoreAnswer): void {
    this.#events.push(answer);
    this.#notify();
  }

  end(summary: Summary): void {
    this.#events.push(summary);
    this.#notify();
  }

  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#notify();
  }

  /** The next event. @throws what `fail` was given, at once */
  async next(): Promise<CoreAnswer | Summary> {
    for (;;) {
      if (this.#failure) throw this.#failure.reason;
      const event = this.#events.shift();
      if (event) return event;
      await new Promise<void>((notify) => (this.#notify = notify));
    }
  }
}
