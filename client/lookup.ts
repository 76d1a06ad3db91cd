/** One question over a socket of its own: gives the core the datagrams and the time, and its answers to whoever iterates. */

import { type Endpoint, formatEndpoint } from '../shared/endpoint';
import { OperatorError, usageError } from '../shared/errors';
import { type HostPort, hostPortOf, resolve } from '../shared/host-port';
import { openDgramTransport } from '../shared/udp/dgram-transport';
import { RECEIVE_BUFFER_BYTES } from '../shared/udp/transport';
import { ANSWER_WAIT_MS, ClientCore, type ClientOutbox, type CoreAnswer, type Summary } from './core';

/** A day: longer than anybody waits for a datagram. */
const TIMEOUT_MAX_MS = 86_400_000;

/** An answer to a question. */
export interface Answer {
  /** The servent that answered, `ip:port`. */
  from: string;
  /** The bytes of the value. */
  value: Uint8Array;
  /** Milliseconds since the question. */
  ms: number;
}

export interface LookupOptions {
  /** How long to wait for a first answer (twice, the question is sent again) and for one more, milliseconds. Default 4000. */
  timeoutMs?: number;
  /** End at this many answers. Default: all that come. */
  count?: number;
  /** End the key text with one NUL byte, as some implementations expect. Default false. */
  nul?: boolean;
  /** Ends the question early: the iteration then throws the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Asks a servent for a key and gives every answer as it comes (specification, section 5). The generator's return value is
 * the summary. Leaving the loop early frees the socket.
 * @param contact the servent to ask, `ip:port` or `name:port`
 * @param key its bytes, or text that stands for its UTF-8 bytes; 1 to 65,505 bytes
 * @throws OperatorError `usage` for a contact that is none or an option out of its range, `host` for a name without an address, `send` when the system refuses to send;
 *   WireError `empty-key` or `too-long` for the key; the signal's reason
 */
export async function* lookup(
  contact: HostPort | string,
  key: string | Uint8Array,
  options: LookupOptions = {},
): AsyncGenerator<Answer, Summary> {
  const { timeoutMs = ANSWER_WAIT_MS, count = Number.POSITIVE_INFINITY, nul = false, signal } = options;
  signal?.throwIfAborted();
  // A timer that is asked for longer than it can count fires at once.
  if (!(timeoutMs > 0 && timeoutMs <= TIMEOUT_MAX_MS)) {
    throw usageError(`expected a timeoutMs above 0 and at most ${TIMEOUT_MAX_MS}, got ${timeoutMs}`);
  }
  if (!(count >= 1)) throw usageError(`expected a count of at least 1, got ${count}`);
  const core = new ClientCore({
    contact: await resolve(typeof contact === 'string' ? hostPortOf(contact, 'the servent to ask') : contact),
    key: typeof key === 'string' ? Buffer.from(key) : key,
    nul,
    waitMs: timeoutMs,
    count,
  });
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
