/** `backup server`: runs a server until a signal or an admin ends it, and prints what happens. */

import { setFlagsFromString } from 'node:v8';
import { escapeText } from '../../shared/escape';
import { interrupted, type Streams } from '../../shared/program/run-main';
import type { ServerOptions } from '../options';
import { readTextFile, readToken } from '../text-file';
import { runWords } from '../words';
import { BackupServer } from './server';

/**
 * The space for new objects stays as large as it is when the program has been loaded, instead of growing to 48 MiB: what a run leaves
 * behind is collected sooner, for no more time.
 */
const SMALL_YOUNG_SPACE = '--semi-space-growth-factor=1';

/** Runs the command. Gives the exit status. @throws OperatorError */
export async function runServer(options: ServerOptions, streams: Streams): Promise<number> {
  const { folder, listen, parallel, bandwidth, tokenFile, tlsCaFile, simpleListen, json } = options;
  setFlagsFromString(SMALL_YOUNG_SPACE);
  const say = (line: string, event: object): void => streams.out(json ? JSON.stringify(event) : line);
  const ended = interrupted(streams);
  const server = await BackupServer.start({
    ...listen,
    folder,
    parallel,
    bandwidth,
    simpleListen,
    token: await readToken(tokenFile),
    tlsCa: tlsCaFile === undefined ? undefined : await readTextFile(tlsCaFile, 'certificates'),
    onRun: (run) => say(runWords(run), { event: 'run', ...run }),
    onProblem: (message) => streams.err(`backup server: ${escapeText(message)}`),
  });
  say(`backup server listening on ${server.address}, copies in ${folder}`, {
    event: 'ready',
    address: server.address,
    folder,
  });
  // The person's signal is how a server is ended: no failure.
  await Promise.race([ended, server.shutdown]);
  await server.close();
  say('backup server has ended', { event: 'bye' });
  return 0;
}
