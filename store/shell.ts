/** The store's commands: starts a replica, says so, and ends it when told; or looks at one. */

import { setFlagsFromString } from 'node:v8';
import { escapeJson, escapeText } from '../shared/escape';
import { interrupted, type Streams } from '../shared/program/run-main';
import { exportAll, printLog, verify } from './commands/files';
import { importAll, printStatus, takeOver } from './commands/replicas';
import { followForeignLeader } from './dialects/key-value/foreign-leader';
import type { ServeOptions, StoreCommandOptions } from './options';
import { readyEvent, readyLine, turnEvent, turnLine } from './report';
import { connect } from './server';
import { parseStore } from './settings';

/**
 * V8 makes what seems to live long where the old objects are. By what was written while much waited, it takes parts of questions and
 * writes for such, and each keeps what hangs on it until the next full collection: an eighth of a replica's time.
 */
const NOTHING_BORN_OLD = '--no-allocation-site-pretenuring';

/** Runs the command. Gives the exit status. */
export async function run(options: StoreCommandOptions, streams: Streams): Promise<number> {
  const gone = new AbortController();
  switch (options.command) {
    case 'serve':
      return options.follow === undefined ? serve(options, streams) : follow(options, options.follow, streams);
    case 'status':
      return printStatus(options, streams);
    case 'import':
      return importAll(options, streams);
    case 'takeover':
      return takeOver(options, streams);
    case 'verify':
      return verify(options, streams);
    case 'export':
    case 'log':
      streams.onOutputClosed(() => gone.abort());
      void interrupted(streams).then(() => gone.abort());
      return options.command === 'log'
        ? printLog(options, streams, gone.signal)
        : exportAll(options, streams, gone.signal);
  }
}

async function serve({ path, settings, json }: ServeOptions, streams: Streams): Promise<number> {
  setFlagsFromString(NOTHING_BORN_OLD);
  const say = (line: string, event: object): void => streams.out(json ? escapeJson(JSON.stringify(event)) : line);
  const sayTurn = (): void => say(turnLine(server.status()), turnEvent(server.status()));
  let isReady = false;
  const server = connect(path, settings, {
    note: (text) => streams.err(`store: ${escapeText(text)}`),
    // The ready line is the first one, for whoever waits for it.
    turned: () => isReady && sayTurn(),
    line: (text) => say(text, { event: 'kv', line: text }),
  });
  const ended = new Promise<void>((end) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) streams.onSignal(signal, end);
  });
  const work = async (): Promise<void> => {
    await server.run();
    say(readyLine(server), readyEvent(server));
    isReady = true;
    sayTurn();
    await server.ended;
  };
  try {
    await Promise.race([work(), ended]);
  } finally {
    await server.close();
  }
  say('store bye', { event: 'bye' });
  return 0;
}

/** A server of the key-value dialect without a replica. */
async function follow({ path, settings, json }: ServeOptions, leader: string, streams: Streams): Promise<number> {
  const { kv, connectionsMax, kvLog } = parseStore(path, settings);
  const say = (line: string, event: object): void => streams.out(json ? escapeJson(JSON.stringify(event)) : line);
  const print = kvLog ? (line: string): void => say(line, { event: 'kv', line }) : undefined;
  const ended = interrupted(streams);
  const port = await followForeignLeader({ ...kv!, connectionsMax, leader, print });
  const address = `${kv!.host}:${port.port}`;
  say(`store serving, kv at ${address}, following ${leader}`, { event: 'ready', kv: address, leader });
  await ended;
  await port.close();
  say('store bye', { event: 'bye' });
  return 0;
}
