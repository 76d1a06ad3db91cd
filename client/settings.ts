/** What a question can be told, however it is told: the settings' types, defaults and ranges. Knows no command line. */

import { checkBoolean, checkObject, checkRange, type NumberRange, shown } from '../shared/checks';
import { usageError } from '../shared/errors';
import { type Peer, peerOf } from '../shared/host-port';
import { ANSWER_WAIT_MS } from './core';

/** What `lookup` takes besides the contact and the key. */
export interface LookupOptions {
  /** How long to wait for a first answer (twice, the question is sent again) and for one more, milliseconds. Default 4000. */
  timeoutMs?: number;
  /** End at this many answers, a whole number or Infinity. Default: all that come. */
  count?: number;
  /** End the key text with one NUL byte, as some implementations expect. Default false. */
  nul?: boolean;
  /** Ends the question early: the iteration then throws the signal's reason. */
  signal?: AbortSignal;
  /**
   * Told at once, where the system tells, that the question did not reach the contact: `ECONNREFUSED` when nobody listens there,
   * `ENETUNREACH` without a way to it, ... It is asked once more all the same, for a servent that is just starting.
   */
  onUnreachable?: (code: string) => void;
}

/** A question, each part checked and in the form it is worked with. */
export interface Question {
  contact: Peer;
  key: Uint8Array;
  timeoutMs: number;
  count: number;
  nul: boolean;
  signal: AbortSignal | undefined;
  onUnreachable: ((code: string) => void) | undefined;
}

/** A day: longer than anybody waits for a datagram. A timer that is asked for longer than it can count fires at once. */
export const SECONDS_MAX = 86_400;

export const COUNT_RANGE: NumberRange = { min: 1, max: 2 ** 31, unit: 'answers', integer: true };

/** Every option there is, so that the compiler finds one that is missing here. */
const KNOWN: Record<keyof LookupOptions, true> = {
  timeoutMs: true,
  count: true,
  nul: true,
  signal: true,
  onUnreachable: true,
};

/** Checks what a library's caller gives. @throws OperatorError `usage` that names the setting */
export function parseQuestion(contact: string | Peer, key: string | Uint8Array, options: LookupOptions): Question {
  checkObject('the options of a lookup', options, Object.keys(KNOWN));
  const { timeoutMs = ANSWER_WAIT_MS, count = Number.POSITIVE_INFINITY, nul = false, signal, onUnreachable } = options;
  if (typeof key !== 'string' && !(key instanceof Uint8Array)) {
    throw usageError(`expected a text or bytes for the key, got ${shown(key)}`);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw usageError(`expected an AbortSignal for signal, got ${shown(signal)}`);
  }
  if (onUnreachable !== undefined && typeof onUnreachable !== 'function') {
    throw usageError(`expected a function for onUnreachable, got ${shown(onUnreachable)}`);
  }
  return {
    contact: peerOf(contact, 'the servent to ask'),
    key: typeof key === 'string' ? Buffer.from(key) : key,
    timeoutMs: checkTimeout(timeoutMs),
    count: count === Number.POSITIVE_INFINITY ? count : checkRange('count', count, COUNT_RANGE),
    nul: checkBoolean('nul', nul),
    signal,
    onUnreachable,
  };
}

function checkTimeout(timeoutMs: number): number {
  const max = SECONDS_MAX * 1000;
  if (timeoutMs > 0 && timeoutMs <= max) return timeoutMs;
  throw usageError(
    `expected a number of milliseconds above 0 and at most ${max} for timeoutMs, got ${shown(timeoutMs)}`,
  );
}
