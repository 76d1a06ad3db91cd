/** The store's command: starts a replica, says so, and ends it when told. */

import { escapeJson, escapeText } from '../shared/escape';
import type { Streams } from '../shared/program/run-main';
import type { StoreCommandOptions } from './options';
import { readyEvent, readyLine, turnEvent, turnLine } from './report';
import { connect } from './server';

/** Runs the command. Gives the exit status. */
export async function run({ path, settings, json }: StoreCommandOptions, streams: Streams): Promise<number> {
  const say = (line: string, event: object): void => streams.out(json ? escapeJson(JSON.stringify(event)) : line);
  const sayTurn = (): void => say(turnLine(server.status()), turnEvent(server.status()));
  let isReady = false;
  const server = connect(path, settings, {
    note: (text) => streams.err(`store: ${escapeText(text)}`),
    // The ready line is the first one, for whoever waits for it.
    turned: () => isReady && sayTurn(),
  });
  const ended = new Promise<void>((end) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) streams.onSignal(signal, end);
  });
  const serve = async (): Promise<void> => {
    await server.run();
    say(readyLine(server), readyEvent(server));
    isReady = true;
    sayTurn();
    await server.ended;
  };
  try {
    await Promise.race([serve(), ended]);
  } finally {
    await server.close();
  }
  say('store bye', { event: 'bye' });
  return 0;
}
