/** Asks a real servent as the client does, and tells the recorder what comes. */

import { summaryLine } from '../../client/lines';
import { lookup } from '../../client/lookup';
import { parseEndpoint } from '../../shared/endpoint';
import { OperatorError } from '../../shared/errors';
import { escapeValue } from '../../shared/escape';
import type { FloodRecorder } from './flood-recorder';

export interface SocketsQuestion {
  /** Name of the servent asked, and its `ip:port`. */
  contact: string;
  address: string;
  key: Uint8Array;
  timeoutMs: number;
  signal: AbortSignal;
}

/** Resolves once the question has ended. */
export async function askSockets(question: SocketsQuestion, recorder: FloodRecorder): Promise<void> {
  const { contact, address, key, timeoutMs, signal } = question;
  const id = recorder.ask(key, contact, parseEndpoint(address)!, performance.now());
  const answers = lookup(address, key, { timeoutMs, signal });
  try {
    for (;;) {
      const next = await answers.next();
      if (next.done) return recorder.end(id, { words: summaryLine(next.value, address), ms: next.value.ms });
      const { from, value, ms } = next.value;
      recorder.answer(id, { from, value: escapeValue(value), ms });
    }
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof OperatorError)) throw error;
    recorder.end(id, { words: error.message, ms: 0 });
  }
}
