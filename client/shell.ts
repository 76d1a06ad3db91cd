/** The client's shell: asks for the keys given, those that come from a pipe, or those typed at a prompt. */

import { setMaxListeners } from 'node:events';
import { createInterface } from 'node:readline';
import { resolve } from '../shared/host-port';
import type { Streams } from '../shared/program/run-main';
import { ask, type Outcome, trimBlanks } from './ask';
import { Display } from './display';
import { type ClientOptions, keyFault } from './options';
import { prompt } from './prompt';
import { Waiting } from './waiting';

/** Questions under way at the same time: each has sockets of its own, and a servent limits what it takes from one address. */
const SIDE_BY_SIDE_MAX = 16;

const STATUS_OF: Record<Outcome, number> = { answered: 0, unanswered: 1, unreachable: 3 };

/** Runs the command. Gives the exit status: 1 when a key given as an argument had no answer, 3 when the contact is not reached. */
export async function run(options: ClientOptions, streams: Streams): Promise<number> {
  // A name that does not resolve is told at once, not at the first question.
  await resolve(options.contact);
  const gone = new AbortController();
  // Each question under way listens; Node.js takes more than ten for a leak, and would say so between the answers.
  setMaxListeners(SIDE_BY_SIDE_MAX, gone.signal);
  streams.onOutputClosed(() => gone.abort());
  try {
    if (options.keys.length === 0 && streams.input.isTTY && streams.output.isTTY) return await prompt(options, streams);
    const screen = {
      ...streams,
      out: (line: string) => above(streams, streams.out, line),
      err: (line: string) => above(streams, streams.err, line),
    };
    if (options.keys.length > 0) return await askAll(options, screen, gone.signal);
    return await askLines(options, screen, gone.signal);
  } catch (error) {
    // Nobody reads the answers any more: the work is done.
    if (gone.signal.aborted) return 0;
    throw error;
  }
}

/** Prints a line where the sign of life stood; its next tick comes below. */
function above(streams: Streams, print: (line: string) => void, line: string): void {
  streams.progress('');
  print(line);
}

/** Asks all keys, so many at once, in their order. Gives the worst status. */
async function askAll(options: ClientOptions, streams: Streams, signal: AbortSignal): Promise<number> {
  const keys = options.keys.map((key) => Buffer.from(key));
  const display = new Display(options, keys, streams);
  const waiting = new Waiting(streams.progress);
  let status = 0;
  const next = keys.values();
  const askNext = async (): Promise<void> => {
    for (const key of next) {
      status = Math.max(status, STATUS_OF[await ask(key, options, display, waiting, signal)]);
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE_MAX }, askNext));
  return status;
}

/** Keys from a pipe or a file, one a line; blank lines are skipped. Keys are bytes: nothing is decoded on the way. */
async function askLines(options: ClientOptions, streams: Streams, signal: AbortSignal): Promise<number> {
  const display = new Display(options, [], streams);
  const waiting = new Waiting(streams.progress);
  let status = 0;
  streams.input.setEncoding('latin1');
  for await (const line of createInterface({ input: streams.input, crlfDelay: Number.POSITIVE_INFINITY })) {
    const key = Buffer.from(trimBlanks(line), 'latin1');
    if (key.length === 0) continue;
    const fault = keyFault(key);
    if (fault) streams.err(`client: ${fault}`);
    // The input decides what is asked: that nobody has a key is no failure. That nobody could be asked is one.
    else if ((await ask(key, options, display, waiting, signal)) === 'unreachable') status = STATUS_OF.unreachable;
  }
  return status;
}
