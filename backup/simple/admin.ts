/** The simple wire's admins, on the server's port: one line of text each. Only `query` is answered. */

import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { OperatorError } from '../../shared/errors';
import { parseQuestion, readLine, type SimpleQuestion } from './wire';

/** A line must have come within so long, milliseconds. */
const LINE_WITHIN_MS = 10_000;

/** What the server does for them. */
export interface SimpleActions {
  register(question: Extract<SimpleQuestion, { type: 'reg' }>): Promise<unknown>;
  unregister(node: string, path: string): Promise<unknown>;
  /** The latest copy as a tar.gz; undefined when there is none. */
  latest(node: string, path: string): Promise<AsyncIterable<Buffer> | undefined>;
  shutdown(): void;
}

/** @param simpleListen serve who is not on this machine too */
export async function answerSimple(socket: Socket, actions: SimpleActions, simpleListen: boolean): Promise<void> {
  if (!simpleListen && !isLoopback(socket.remoteAddress)) {
    socket.destroy();
    throw new OperatorError('usage', `expected a simple admin on loopback, got ${socket.remoteAddress}`);
  }
  socket.setTimeout(LINE_WITHIN_MS, () => socket.destroy());
  try {
    // What comes behind the line is of no concern, and closing by the reader must not close the way back.
    const line = await readLine(socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>);
    const question = line === undefined ? undefined : parseQuestion(line);
    if (!question)
      throw new OperatorError(
        'usage',
        `expected reg:, unreg:, query: or shutdown, got ${JSON.stringify(line ?? '').slice(0, 200)}`,
      );
    socket.setTimeout(0);
    await act(question, socket, actions);
  } finally {
    socket.end();
  }
}

async function act(question: SimpleQuestion, socket: Socket, actions: SimpleActions): Promise<void> {
  if (question.type === 'shutdown') actions.shutdown();
  else if (question.type === 'reg') await actions.register(question);
  else if (question.type === 'unreg') await actions.unregister(question.node, question.path);
  else {
    const bytes = await actions.latest(question.node, question.path);
    if (bytes) await pipeline(bytes, socket);
  }
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (address === '::1' || /^(::ffff:)?127\./.test(address));
}
