/** The client's shell: asks for the keys given, those that come from a pipe, or those typed at a prompt. */

import { createInterface } from 'node:readline';
import { resolve } from '../shared/host-port';
import type { Io } from '../shared/program/run-main';
import { ask, trimBlanks } from './ask';
import { type ClientOptions, keyFault } from './options';
import { prompt } from './prompt';

/** Runs the command. Gives the exit status: 1 when a key given as an argument had no answer. */
export async function run(options: ClientOptions, io: Io): Promise<number> {
  // A name that does not resolve is told at once, not at the first question.
  await resolve(options.contact);
  const gone = new AbortController();
  io.onOutputClosed(() => gone.abort());
  try {
    if (options.keys.length > 0) return await askAll(options, io, gone.signal);
    if (io.input.isTTY) await prompt(options, io);
    else await askLines(options, io, gone.signal);
    return 0;
  } catch (error) {
    // Nobody reads the answers any more: the work is done.
    if (gone.signal.aborted) return 0;
    throw error;
  }
}

async function askAll(options: ClientOptions, io: Io, signal: AbortSignal): Promise<number> {
  let missed = false;
  for (const key of options.keys) {
    if (!(await ask(Buffer.from(key), options, io.out, signal))) missed = true;
  }
  return missed ? 1 : 0;
}

/** Keys from a pipe or a file, one a line; blank lines are skipped. Keys are bytes: nothing is decoded on the way. */
async function askLines(options: ClientOptions, io: Io, signal: AbortSignal): Promise<void> {
  io.input.setEncoding('latin1');
  for await (const line of createInterface({ input: io.input, crlfDelay: Number.POSITIVE_INFINITY })) {
    const key = Buffer.from(trimBlanks(line), 'latin1');
    if (key.length === 0) continue;
    const fault = keyFault(key);
    if (fault) io.err(`client: ${fault}`);
    else await ask(key, options, io.out, signal);
  }
}
